// Package secretsmanager reads secrets of AWS Secrets Manager through the AWS Parameters and Secrets Lambda extension: a
// process beside the function that asks AWS with the function's role, keeps the answers for a few minutes, and serves them
// on localhost. So no SDK is linked.
package secretsmanager

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wxlottery/shared/fault"
	"wxlottery/shared/pause"
	"wxlottery/shared/secret"
)

const (
	tries   = 3
	timeout = 2 * time.Second        // of one try
	wait    = 100 * time.Millisecond // before the second try; twice that before the third

	// answerLimit is the largest answer that is read: a secret has at most 64 KB, and escapes and details around it.
	answerLimit = 128 << 10
)

// Client asks the extension.
type Client struct {
	url     string
	token   secret.Text
	http    *http.Client
	timeout time.Duration
	wait    time.Duration // before the second try; twice that before the third
}

// New makes a client from an environment in the form of os.Environ: the platform has put the session token of the function's
// role there, which the extension wants to see, and the deployment perhaps the extension's port.
func New(environ []string) (*Client, error) {
	token, port := lookup(environ, "AWS_SESSION_TOKEN"), lookup(environ, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT")
	if token == "" {
		return nil, errors.New("secretsmanager: AWS_SESSION_TOKEN is not set, so this is not AWS Lambda")
	}
	if port == "" {
		port = "2773"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, errors.New("secretsmanager: PARAMETERS_SECRETS_EXTENSION_HTTP_PORT is no port")
	}
	return &Client{
		url:   "http://" + net.JoinHostPort("localhost", port) + "/secretsmanager/get",
		token: secret.New(token), http: direct(), timeout: timeout, wait: wait,
	}, nil
}

// direct talks to this machine only: by no proxy, along no redirect, and on no connection that is older than the request,
// since what was open before the platform froze the process may be dead after it.
func direct() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{Proxy: nil, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Text returns the text of a secret, without one line break at its end: text that came from a file has one, and nothing
// that is kept here needs it. A failure that may pass (the extension is starting or overloaded, or AWS does not answer) is
// tried again within the time ctx leaves, and then a fault.Unavailable; every other failure is a plain error.
func (c *Client) Text(ctx context.Context, arn string) (secret.Text, error) {
	if !IsARN(arn) {
		return secret.Text{}, errors.New("secretsmanager: this is not the ARN of a secret")
	}
	var err error
	for i := range tries {
		if i > 0 && !pause.For(ctx, c.wait<<(i-1)) {
			break
		}
		var text secret.Text
		if text, err = c.try(ctx, arn); err == nil {
			return text, nil
		}
		if !errors.Is(err, errPasses) {
			return secret.Text{}, fmt.Errorf("secretsmanager: read %s: %w", arn, err)
		}
	}
	return secret.Text{}, fault.Down(fmt.Errorf("secretsmanager: read %s: %w", arn, err))
}

// try asks once.
func (c *Client) try(ctx context.Context, arn string) (secret.Text, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"?"+url.Values{"secretId": {arn}}.Encode(), nil)
	if err != nil {
		return secret.Text{}, err
	}
	req.Header.Set("X-Aws-Parameters-Secrets-Token", c.token.Reveal())
	res, err := c.http.Do(req)
	if err != nil {
		return secret.Text{}, passes("the extension does not answer (is its layer there?)", err)
	}
	defer res.Body.Close()
	return read(res)
}

// IsARN reports whether s has the form of a secret's ARN, in any partition of AWS.
func IsARN(s string) bool {
	parts := strings.SplitN(s, ":", 7)
	return len(parts) == 7 && parts[0] == "arn" && parts[2] == "secretsmanager" && parts[5] == "secret" && parts[6] != ""
}

// lookup returns the last value of a variable.
func lookup(environ []string, name string) (value string) {
	for _, v := range environ {
		if s, ok := strings.CutPrefix(v, name+"="); ok {
			value = s
		}
	}
	return value
}
