package secretsmanager

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/shared/fault"
)

const (
	arn   = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:lottery/db-AbCdEf"
	token = "IQoJb3JpZ2luX2VjEHMaCWV1LXdlc3Q=" // what must never be seen
	value = "bob:hunter2@tcp(db.example:3306)/lottery"
)

func TestASecretIsAskedForAsTheExtensionWantsIt(t *testing.T) {
	t.Parallel()
	e := play(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" || r.URL.Path != "/secretsmanager/get" || r.URL.Query().Get("secretId") != arn || len(r.URL.Query()) != 1 ||
			r.Header.Get("X-Aws-Parameters-Secrets-Token") != token {
			says(401, "no")(w, r)
			return
		}
		secretString(value)(w, r)
	})
	got, err := e.client(t).Text(t.Context(), arn)
	if err != nil || got.Reveal() != value || e.asked.Load() != 1 {
		t.Errorf("%q after %d requests, %v", got.Reveal(), e.asked.Load(), err)
	}
}

func TestOneLineBreakAtTheEndIsNoPartOfASecret(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x": "x", "x\n": "x", "x\r\n": "x", "x\n\n": "x\n", " x ": " x ", "x\r": "x\r", "a\nb": "a\nb", "": "", "密码\n": "密码",
	} {
		got, err := play(t, secretString(text)).client(t).Text(t.Context(), arn)
		if err != nil || got.Reveal() != want {
			t.Errorf("%q: %q, %v", text, got.Reveal(), err)
		}
	}
}

func TestASecretOfTheLargestSizeFits(t *testing.T) {
	t.Parallel()
	want := strings.Repeat("密码k\n", 65536/8) + "end"
	got, err := play(t, secretString(want)).client(t).Text(t.Context(), arn)
	if err != nil || got.Reveal() != want {
		t.Errorf("%d bytes, %v", len(got.Reveal()), err)
	}
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]http.HandlerFunc{
		"not ready": says(400, notReady), "a 400 of any kind": says(400, "an unexpected error occurred while executing request"),
		"too many": says(429, ""), "broken": says(500, "oops"), "gateway": says(503, ""), "hangs": hangs, "breaks off": breaksOff,
	} {
		e := play(t, first, first, secretString(value))
		got, err := e.client(t).Text(t.Context(), arn)
		if err != nil || got.Reveal() != value || e.asked.Load() != 3 {
			t.Errorf("%s: %d requests, %v", name, e.asked.Load(), err)
		}
	}
}

func TestWhatDoesNotPassInThreeTriesIsUnavailable(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		text   string
	}{
		"not ready":   {says(400, notReady), "still starting"},
		"400":         {says(400, "an unexpected error occurred while executing request "+value), "the extension's log says which"},
		"500":         {says(500, value), "answers 500"},
		"hangs":       {hangs, "deadline"},
		"breaks off":  {breaksOff, "broke off"},
		"no listener": {nil, "is its layer there?"},
	} {
		e := play(t, tt.answer)
		if tt.answer == nil {
			e.Close()
		}
		got, err := e.client(t).Text(t.Context(), arn)
		wantFault(t, name, got.Reveal(), err, fault.Unavailable, tt.text)
		if n := e.asked.Load(); n != 3 && tt.answer != nil {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

func TestWhatDoesNotPassIsAskedOnceAndIsOurFault(t *testing.T) {
	t.Parallel()
	elsewhere := play(t, secretString(value))
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		text   string
	}{
		"denied":       {says(400, `AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/x is not authorized `+value), "400 AccessDenied"},
		"forbidden":    {says(403, value), "answers 403"},
		"unauthorized": {says(401, value), "answers 401"},
		"not found":    {says(404, value), "answers 404"},
		"no secret":    {says(400, "ResourceNotFoundException"), "400 ResourceNotFound"},
		"no key":       {says(500, "DecryptionFailure"), "500 DecryptionFailure"},
		"redirect":     {http.RedirectHandler(elsewhere.URL, http.StatusFound).ServeHTTP, "answers 302"},
		"garbage":      {says(200, value), "no JSON object"},
		"a list":       {says(200, `["`+value+`"]`), "no JSON object"},
		"a number":     {says(200, `{"SecretString":7}`), "no JSON object"},
		"binary":       {says(200, `{"SecretBinary":"`+value+`","SecretString":null}`), "no SecretString"},
		"empty":        {says(200, `{}`), "no SecretString"},
		"too large":    {says(200, `{"SecretString":"`+strings.Repeat("x", answerLimit)+`"}`), "over 131072 bytes"},
	} {
		e := play(t, tt.answer)
		got, err := e.client(t).Text(t.Context(), arn)
		wantFault(t, name, got.Reveal(), err, fault.Internal, tt.text)
		if n := e.asked.Load(); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
	if elsewhere.asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// wantFault also looks for what must not be in an error.
func wantFault(t *testing.T, name, got string, err error, kind fault.Kind, text string) {
	t.Helper()
	if err == nil || got != "" || fault.From(err).Kind != kind {
		t.Errorf("%s: %q, kind %v", name, got, fault.From(err))
		return
	}
	s := err.Error()
	if !strings.Contains(s, text) || !strings.Contains(s, arn) || strings.Contains(s, token) || strings.Contains(s, "hunter2") {
		t.Errorf("%s: the error is %s", name, s)
	}
	if kind == fault.Unavailable && fault.From(err).RetryAfter == 0 {
		t.Errorf("%s: no Retry-After", name)
	}
}

func TestTheDeadlineOfTheRequestEndsTheTries(t *testing.T) {
	t.Parallel()
	e := play(t, hangs)
	c := e.client(t)
	c.timeout, c.wait = time.Hour, time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := c.Text(ctx, arn)
	if fault.From(err).Kind != fault.Unavailable || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 10*time.Second || e.asked.Load() != 1 {
		t.Errorf("%v after %v and %d requests", err, time.Since(begin), e.asked.Load())
	}
}

func TestAPauseLongerThanTheRequestIsNotBegun(t *testing.T) {
	t.Parallel()
	e := play(t, says(503, ""))
	c := e.client(t)
	c.wait = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begin := time.Now()
	if _, err := c.Text(ctx, arn); fault.From(err).Kind != fault.Unavailable || e.asked.Load() != 1 || time.Since(begin) > 30*time.Second {
		t.Errorf("%v after %v and %d requests", err, time.Since(begin), e.asked.Load())
	}
}

func TestAnEndedRequestEndsAPause(t *testing.T) {
	t.Parallel()
	e := play(t, says(503, ""))
	c := e.client(t)
	c.wait = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := c.Text(ctx, arn); fault.From(err).Kind != fault.Unavailable || e.asked.Load() != 1 {
		t.Errorf("%v after %d requests", err, e.asked.Load())
	}
}

func TestSecretsAreReadAtTheSameTime(t *testing.T) {
	t.Parallel()
	var here sync.WaitGroup
	here.Add(4)
	e := play(t, func(w http.ResponseWriter, r *http.Request) {
		here.Done()
		here.Wait()
		secretString(r.URL.Query().Get("secretId"))(w, r)
	})
	c := e.client(t)
	c.timeout = 10 * time.Second
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			id := fmt.Sprint(arn, i)
			if got, err := c.Text(t.Context(), id); err != nil || got.Reveal() != id {
				t.Errorf("%s: %q, %v", id, got.Reveal(), err)
			}
		})
	}
	wg.Wait()
}

func TestNoConnectionIsKept(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	from := map[string]bool{}
	e := play(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		from[r.RemoteAddr] = true
		mu.Unlock()
		secretString(value)(w, r)
	})
	c := e.client(t)
	for range 3 {
		if _, err := c.Text(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
	}
	if len(from) != 3 {
		t.Errorf("%d connections for 3 requests", len(from))
	}
}

func TestNoProxyIsAsked(t *testing.T) {
	t.Parallel()
	if tr, ok := direct().Transport.(*http.Transport); !ok || tr.Proxy != nil {
		t.Error("the session token could go to a proxy")
	}
}

func TestOnlyTheARNOfASecretIsAskedFor(t *testing.T) {
	t.Parallel()
	e := play(t, secretString(value))
	for _, s := range []string{"", value, "lottery/db", "arn:aws:ssm:eu-west-1:1:parameter:x", "arn:aws:secretsmanager:eu-west-1:1:secret:", "x" + arn} {
		_, err := e.client(t).Text(t.Context(), s)
		if err == nil || strings.Contains(err.Error(), "hunter2") || IsARN(s) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if e.asked.Load() != 0 {
		t.Error("it was asked for")
	}
	for _, s := range []string{arn, strings.Replace(arn, ":aws:", ":aws-cn:", 1)} {
		if !IsARN(s) {
			t.Errorf("%s is refused", s)
		}
	}
}

func TestAClientNeedsATokenAndAPort(t *testing.T) {
	t.Parallel()
	for _, environ := range [][]string{
		nil,
		{"AWS_SESSION_TOKEN="},
		{"AWS_SESSION_TOKEN=" + token, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT=evil.example/" + token},
		{"AWS_SESSION_TOKEN=" + token, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT=0"},
		{"AWS_SESSION_TOKEN=" + token, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT=70000"},
	} {
		if _, err := New(environ); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%d variables: %v", len(environ), err)
		}
	}
	c, err := New([]string{"AWS_SESSION_TOKEN=" + token, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT="})
	if err != nil || c.url != "http://localhost:2773/secretsmanager/get" {
		t.Errorf("%v, %v", c, err)
	}
	if s := fmt.Sprintf("%v %+v %#v", c, c, *c); strings.Contains(s, token) {
		t.Error("the token is printed with its client")
	}
}
