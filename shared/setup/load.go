package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"wxlottery/shared/config"
	"wxlottery/shared/fault"
	"wxlottery/shared/secretsmanager"
)

// bySecretARN makes of a variable's name the name of the one that says where in AWS Secrets Manager its value is.
const bySecretARN = "_SECRET_ARN"

// Load reads T from the environment, as config.Load does. A secret variable NAME may be missing there: when NAME_SECRET_ARN
// is set, its value is that secret of AWS Secrets Manager. A variable that T has no secret field for is never asked for, so
// a function needs permission for what it uses only. A failure that may pass is a fault.Unavailable.
func Load[T any](ctx context.Context) (T, error) {
	return load[T](ctx, os.Environ())
}

func load[T any](ctx context.Context, environ []string) (T, error) {
	found, err := fetch(ctx, environ, config.Variables[T]())
	if err != nil {
		var zero T
		return zero, err
	}
	return config.Load[T](slices.Concat(environ, found))
}

// fetch returns the variables whose values are elsewhere, as NAME=value.
func fetch(ctx context.Context, environ []string, vars []config.Variable) ([]string, error) {
	wanted, err := wants(environ, vars)
	if err != nil || len(wanted) == 0 {
		return nil, err
	}
	client, err := secretsmanager.New(environ)
	if err != nil {
		return nil, err
	}
	found, errs := make([]string, len(wanted)), make([]error, len(wanted))
	var wg sync.WaitGroup
	for i, w := range wanted {
		wg.Go(func() {
			text, err := client.Text(ctx, w.arn)
			if err != nil {
				errs[i] = fmt.Errorf("setup: %s: %w", w.name+bySecretARN, err)
			}
			found[i] = w.name + "=" + text.Reveal()
		})
	}
	wg.Wait()
	return found, worst(errs)
}

// worst joins the errors that will not pass by themselves, where there are any: a client must not be told to try again soon
// because another one may pass.
func worst(errs []error) error {
	var lasting []error
	for _, err := range errs {
		if err != nil && fault.From(err).Kind != fault.Unavailable {
			lasting = append(lasting, err)
		}
	}
	if len(lasting) > 0 {
		return errors.Join(lasting...)
	}
	return errors.Join(errs...)
}

type want struct{ name, arn string }

// wants lists the secret variables that name a secret. An empty one counts as not set: deploy files pass on parameters that
// nobody gave.
func wants(environ []string, vars []config.Variable) (wanted []want, err error) {
	set := map[string]string{}
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		set[name] = value
	}
	var faults []string
	for _, v := range vars {
		arn := set[v.Name+bySecretARN]
		switch {
		case !v.Secret || arn == "":
		case set[v.Name] != "":
			faults = append(faults, fmt.Sprintf("%s and %[1]s%s are both set", v.Name, bySecretARN))
		case !secretsmanager.IsARN(arn):
			faults = append(faults, v.Name+bySecretARN+" is not the ARN of a secret")
		default:
			wanted = append(wanted, want{v.Name, arn})
		}
	}
	if len(faults) > 0 {
		return nil, errors.New("setup: " + strings.Join(faults, "; "))
	}
	return wanted, nil
}
