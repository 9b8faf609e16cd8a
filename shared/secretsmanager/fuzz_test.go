package secretsmanager

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzAnswer: whatever the extension says is a secret or an error, and the error quotes nothing of it.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"SecretString":"hunter2\n"}`, `{"SecretString":null,"SecretBinary":"aHVudGVyMg=="}`, `{"SecretString":5}`, `[]`, `null`, ``, `"x"`,
		"not ready to serve traffic, please wait", "AccessDeniedException: hunter2",
	} {
		f.Add(200, body)
		f.Add(400, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		text, err := read(&http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))})
		switch {
		case err == nil && status != http.StatusOK:
			t.Errorf("status %d gave a secret", status)
		case err != nil && !text.IsZero():
			t.Error("an error and a secret")
		case err != nil && len(body) > 40 && strings.Contains(err.Error(), body):
			t.Errorf("the answer is in %v", err)
		case err != nil && errors.Is(err, errPasses) && status == http.StatusOK:
			t.Errorf("a whole answer with 200 will not pass: %v", err)
		}
	})
}
