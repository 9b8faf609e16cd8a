package secretsmanager

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// extension plays the extension on a port of its own. It answers the n-th request, from 1 on, by the n-th answer, and then
// by the last one; asked counts.
type extension struct {
	*httptest.Server
	asked atomic.Int32
}

func play(t *testing.T, answers ...http.HandlerFunc) *extension {
	t.Helper()
	e := &extension{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(e.asked.Add(1))
		answers[min(n, len(answers))-1](w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *extension) client(t *testing.T) *Client {
	t.Helper()
	_, port, _ := net.SplitHostPort(e.Listener.Addr().String())
	c, err := New([]string{"AWS_SESSION_TOKEN=" + token, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT=" + port})
	if err != nil {
		t.Fatal(err)
	}
	c.wait, c.timeout = time.Millisecond, 200*time.Millisecond
	return c
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func secretString(s string) http.HandlerFunc {
	return says(200, fmt.Sprintf(`{"ARN":%q,"Name":"lottery/db","VersionId":"5c2e","SecretString":%q,"SecretBinary":null,"VersionStages":["AWSCURRENT"],"ResultMetadata":{}}`, arn, s))
}

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func breaksOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"SecretString":"`+value)
}

const notReady = "not ready to serve traffic, please wait"
