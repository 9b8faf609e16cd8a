package secretsmanager

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"wxlottery/shared/secret"
)

// errPasses marks what may be gone at the next try.
var errPasses = errors.New("it may pass")

func passes(what string, cause error) error {
	var withURL *url.Error
	if errors.As(cause, &withURL) {
		cause = withURL.Err // the URL only repeats the ARN
	}
	return fmt.Errorf("%s: %w (%w)", what, cause, errPasses)
}

// read makes a secret or an error of an answer. Nothing of the answer itself gets into the error.
func read(res *http.Response) (secret.Text, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, answerLimit+1))
	switch {
	case err != nil:
		return secret.Text{}, passes("the extension's answer broke off", err)
	case res.StatusCode != http.StatusOK:
		return secret.Text{}, refusal(res.StatusCode, string(body))
	case len(body) > answerLimit:
		return secret.Text{}, fmt.Errorf("the answer is over %d bytes", answerLimit)
	}
	var answer struct{ SecretString *string }
	if json.Unmarshal(body, &answer) != nil {
		return secret.Text{}, errors.New("the answer is no JSON object of a secret (is something else listening on the extension's port?)")
	}
	if answer.SecretString == nil {
		return secret.Text{}, errors.New("the secret has no SecretString; it must be text, not binary")
	}
	return secret.New(withoutLineBreak(*answer.SecretString)), nil
}

func withoutLineBreak(s string) string {
	if line, ok := strings.CutSuffix(s, "\r\n"); ok {
		return line
	}
	return strings.TrimSuffix(s, "\n")
}

// final are the errors of Secrets Manager that no further try will change.
var final = []string{
	"AccessDenied", "ResourceNotFound", "DecryptionFailure", "InvalidParameter", "InvalidRequest", "ValidationException",
	"UnrecognizedClient", "InvalidSignature",
}

// refusal is the error of an answer other than 200. The extension says 400 and a sentence for nearly everything: that it
// is not ready yet, that it is overloaded, and that AWS refused, without telling why (its own log does). So a 400 passes,
// unless its sentence names an error that does not.
func refusal(status int, body string) error {
	for _, name := range final {
		if strings.Contains(body, name) {
			return fmt.Errorf("the extension answers %d %s", status, name)
		}
	}
	err := fmt.Errorf("the extension answers %d", status)
	switch {
	case status == http.StatusBadRequest && strings.Contains(body, "not ready"):
		return passes("the extension is still starting", err)
	case status == http.StatusBadRequest:
		return passes("the role may not read the secret, or there is none, or AWS does not answer; the extension's log says which", err)
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		return passes("the extension fails", err)
	}
	return err
}
