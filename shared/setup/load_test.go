package setup

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"wxlottery/shared/cloud"
	"wxlottery/shared/config"
	"wxlottery/shared/fault"
)

type program struct {
	Database config.Database
	Redis    config.Redis
	WeChat   config.WeChat
	Keys     config.Keys
}

const (
	dsn   = "bob:hunter2@tcp(db.example:3306)/lottery"
	token = "session-token-hunter2"
)

var secrets = map[string]string{
	"DB_DSN": dsn + "\n", "REDIS_PASSWORD": "swordfish", "WECHAT_SECRET": "opensesame", "MASTER_KEYS": "1:" + strings.Repeat("ab", 32),
}

func arnOf(name string) string { return "arn:aws:secretsmanager:eu-west-1:123456789012:secret:" + name }

// extension plays the extension; asked are the names of the secrets it was asked for.
type extension struct {
	port   string
	mu     sync.Mutex
	asked  []string
	answer http.HandlerFunc // instead of the secret, if set
}

func play(t *testing.T) *extension {
	t.Helper()
	e := &extension{}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	_, e.port, _ = net.SplitHostPort(server.Listener.Addr().String())
	return e
}

func (e *extension) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Query().Get("secretId"), arnOf(""))
	e.mu.Lock()
	e.asked = append(e.asked, name)
	answer := e.answer
	e.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"SecretString": secrets[name]})
}

// environ is that of a function on AWS whose secrets are all elsewhere, changed by settings; the later one counts.
func (e *extension) environ(settings ...string) []string {
	all := []string{"AWS_SESSION_TOKEN=" + token, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT=" + e.port, "REDIS_ADDR=cache:6379", "WECHAT_APPID=wx1"}
	for name := range secrets {
		all = append(all, name+"_SECRET_ARN="+arnOf(name))
	}
	return append(all, settings...)
}

func TestSecretsAreFetchedByTheirARN(t *testing.T) {
	t.Parallel()
	e := play(t)
	got, err := load[program](t.Context(), e.environ("DB_DSN=", "REDIS_PASSWORD="))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"DB_DSN": got.Database.DSN.Reveal(), "REDIS_PASSWORD": got.Redis.Password.Reveal(),
		"WECHAT_SECRET": got.WeChat.Secret.Reveal(), "MASTER_KEYS": got.Keys.Master.Reveal(),
	} {
		if value != strings.TrimSuffix(secrets[name], "\n") {
			t.Errorf("%s is not what the secret says", name)
		}
	}
	if slices.Sort(e.asked); !slices.Equal(e.asked, []string{"DB_DSN", "MASTER_KEYS", "REDIS_PASSWORD", "WECHAT_SECRET"}) {
		t.Errorf("asked for %q", e.asked)
	}
}

// Each answer waits until all four secrets are asked for.
func TestSecretsAreFetchedAtTheSameTime(t *testing.T) {
	t.Parallel()
	e := play(t)
	var here sync.WaitGroup
	here.Add(len(secrets))
	e.answer = func(w http.ResponseWriter, r *http.Request) {
		here.Done()
		here.Wait()
		name := strings.TrimPrefix(r.URL.Query().Get("secretId"), arnOf(""))
		_ = json.NewEncoder(w).Encode(map[string]any{"SecretString": secrets[name]})
	}
	if _, err := load[program](t.Context(), e.environ()); err != nil {
		t.Error(err)
	}
}

func TestWithoutAnARNNothingIsAskedFor(t *testing.T) {
	t.Parallel()
	e := play(t)
	plain := []string{"DB_DSN=" + dsn, "REDIS_ADDR=cache:6379", "WECHAT_APPID=wx1", "WECHAT_SECRET=s", "MASTER_KEYS=" + secrets["MASTER_KEYS"]}
	for _, environ := range [][]string{
		plain,
		append(e.environ("DB_DSN_SECRET_ARN=", "REDIS_PASSWORD_SECRET_ARN=", "WECHAT_SECRET_SECRET_ARN=", "MASTER_KEYS_SECRET_ARN="), plain...),
	} {
		got, err := load[program](t.Context(), environ)
		if err != nil || got.Database.DSN.Reveal() != dsn {
			t.Error(err)
		}
	}
	if len(e.asked) > 0 {
		t.Errorf("asked for %q", e.asked)
	}
}

func TestOnlySecretsOfTheProgramAreAskedFor(t *testing.T) {
	t.Parallel()
	e := play(t)
	type small struct{ Database config.Database }
	if _, err := load[small](t.Context(), e.environ("DB_SET_SESSION_SECRET_ARN="+arnOf("DB_SET_SESSION"))); err != nil {
		t.Error(err)
	}
	if !slices.Equal(e.asked, []string{"DB_DSN"}) {
		t.Errorf("asked for %q", e.asked)
	}
}

func TestContradictionsAreNamedAllAtOnceWithoutValues(t *testing.T) {
	t.Parallel()
	e := play(t)
	_, err := load[program](t.Context(), e.environ("DB_DSN="+dsn, "REDIS_PASSWORD=hunter2", "WECHAT_SECRET_SECRET_ARN=hunter2"))
	want := "setup: DB_DSN and DB_DSN_SECRET_ARN are both set; REDIS_PASSWORD and REDIS_PASSWORD_SECRET_ARN are both set; " +
		"WECHAT_SECRET_SECRET_ARN is not the ARN of a secret"
	if err == nil || err.Error() != want || fault.From(err).Kind != fault.Internal {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if len(e.asked) > 0 {
		t.Errorf("asked for %q", e.asked)
	}
}

func TestASecretIsHeldToTheRulesOfItsVariable(t *testing.T) {
	t.Parallel()
	e := play(t)
	_, err := load[program](t.Context(), e.environ("DB_DSN_SECRET_ARN="+arnOf("WECHAT_SECRET"), "WECHAT_SECRET_SECRET_ARN="+arnOf("none")))
	want := "config: WECHAT_SECRET is empty; DB_DSN is neither user:pass@tcp(host:port)/db nor sqlite:/path/to/file.db"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAFailureNamesVariableAndARNAndNoSecret(t *testing.T) {
	t.Parallel()
	for body, kind := range map[string]fault.Kind{"AccessDeniedException hunter2": fault.Internal, "hunter2": fault.Unavailable} {
		e := play(t)
		e.answer = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, http.StatusBadRequest) }
		_, err := load[program](t.Context(), e.environ())
		if err == nil || fault.From(err).Kind != kind {
			t.Fatalf("%s: %v", body, err)
		}
		for name := range secrets {
			if text := err.Error(); !strings.Contains(text, name+"_SECRET_ARN: ") || !strings.Contains(text, arnOf(name)) {
				t.Errorf("%s is not named: %s", name, text)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a secret is in %v", err)
		}
	}
}

// One secret is refused for good, the others may come: that is no reason to try again soon.
func TestAFailureThatLastsCountsMoreThanOneThatPasses(t *testing.T) {
	t.Parallel()
	e := play(t)
	e.answer = func(w http.ResponseWriter, r *http.Request) {
		reason := "not ready to serve traffic"
		if strings.HasSuffix(r.URL.Query().Get("secretId"), "WECHAT_SECRET") {
			reason = "AccessDeniedException"
		}
		http.Error(w, reason, http.StatusBadRequest)
	}
	_, err := load[program](t.Context(), e.environ())
	if err == nil || fault.From(err).Kind != fault.Internal || !strings.Contains(err.Error(), "WECHAT_SECRET_SECRET_ARN") {
		t.Error(err)
	}
}

func TestWithoutASessionTokenThereAreNoSecrets(t *testing.T) {
	t.Parallel()
	_, err := load[program](t.Context(), []string{"DB_DSN_SECRET_ARN=" + arnOf("DB_DSN")})
	if err == nil || !strings.Contains(err.Error(), "AWS_SESSION_TOKEN is not set") {
		t.Error(err)
	}
}

// A function that starts before the extension answers 503 and recovers by itself.
func TestAFailureIsNotRemembered(t *testing.T) {
	t.Parallel()
	e := play(t)
	e.answer = func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not ready to serve traffic", http.StatusBadRequest)
	}
	h := cloud.Wrap(cloud.Lazy(func(ctx context.Context) (http.Handler, error) {
		_, err := load[program](ctx, e.environ())
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), err
	}))
	for _, want := range []int{503, 200} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
		if w.Code != want || (w.Header().Get("Retry-After") != "") != (want == 503) || strings.Contains(w.Body.String(), "arn:") {
			t.Errorf("%d %v %s, want %d", w.Code, w.Header(), w.Body, want)
		}
		e.mu.Lock()
		e.answer = nil
		e.mu.Unlock()
	}
}

func TestLoadReadsTheProcessesEnvironment(t *testing.T) {
	e := play(t)
	for _, v := range e.environ("DB_DSN=", "TICK_HORIZON=7s") {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	got, err := Load[struct {
		Database config.Database
		Tick     config.Tick
	}](t.Context())
	if err != nil || got.Database.DSN.Reveal() != dsn || got.Tick.Horizon.String() != "7s" {
		t.Error(got, err)
	}
}
