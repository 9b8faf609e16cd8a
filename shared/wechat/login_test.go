package wechat

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/wechatsim"
	"wxlottery/shared/fault"
	"wxlottery/shared/secret"
)

const (
	testAppID  = "wx0123456789abcdef"
	testSecret = "0secret0secret0secret0secret0sec"
)

// simulated starts a simulator below a path prefix and returns it with a client of it.
func simulated(t *testing.T) (*wechatsim.Sim, *Client) {
	t.Helper()
	sim := wechatsim.New(wechatsim.Config{
		AppID: testAppID, Secret: testSecret,
		Templates: map[string][]string{"result": {"thing1", "phrase2"}},
		Pages:     []string{"pages/event/event"},
	})
	mux := http.NewServeMux()
	mux.Handle("/_sim/wechat/api/", http.StripPrefix("/_sim/wechat/api", sim.API()))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return sim, client(t, server.URL+"/_sim/wechat/api")
}

func client(t *testing.T, baseURL string) *Client {
	t.Helper()
	c, err := New(Config{AppID: testAppID, Secret: secret.New(testSecret), BaseURL: baseURL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func codeOf(t *testing.T, sim *wechatsim.Sim, openID string) string {
	t.Helper()
	code, err := sim.Code(openID, "union-1")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// wantFault checks what a client of the service would be told.
func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("error %v of type %T, want a fault", err, err)
	}
	if f.Kind != kind || f.Code != code {
		t.Errorf("fault %s of kind %d, want %s of kind %d", f.Code, f.Kind, code, kind)
	}
}

func TestAGoodCodeGivesItsUser(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	got, err := c.Code2Session(t.Context(), codeOf(t, sim, "alice"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Session{OpenID: "alice", UnionID: "union-1"}, got); d != "" {
		t.Errorf("session (-want +got):\n%s", d)
	}
}

func TestACodeOfWrongShapeNeverReachesWeChat(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	for _, code := range []string{"", "a b", "a\n", "a&secret=x", "ü", strings.Repeat("a", 129)} {
		_, err := c.Code2Session(t.Context(), code)
		wantFault(t, err, fault.Malformed, "invalid_code")
		if code != "" && strings.Contains(err.Error(), code) {
			t.Errorf("the error quotes the code: %v", err)
		}
	}
	if calls := sim.Log(); len(calls) != 0 {
		t.Errorf("WeChat was asked %d times", len(calls))
	}
}

func TestEveryErrcodeHasItsFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		errcode int
		kind    fault.Kind
		code    string
		retry   time.Duration
	}{
		{40029, fault.LoginRequired, "login_code_spent", 0},
		{40163, fault.LoginRequired, "login_code_spent", 0},
		{40226, fault.Forbidden, "user_blocked", 0},
		{45011, fault.RateLimited, "rate_limited", time.Minute},
		{40013, fault.Internal, "internal", 0},
		{40125, fault.Internal, "internal", 0},
		{41002, fault.Internal, "internal", 0},
		{41004, fault.Internal, "internal", 0},
		{40002, fault.Internal, "internal", 0},
		{41008, fault.Internal, "internal", 0},
		{99999, fault.Internal, "internal", 0},
	} {
		sim, client := simulated(t)
		if err := sim.Fault(wechatsim.Fault{API: "jscode2session", ErrCode: c.errcode}); err != nil {
			t.Fatal(err)
		}
		_, err := client.Code2Session(t.Context(), codeOf(t, sim, "alice"))
		wantFault(t, err, c.kind, c.code)
		if got := fault.From(err).RetryAfter; got != c.retry {
			t.Errorf("%d: retry after %s, want %s", c.errcode, got, c.retry)
		}
		var e *Error
		if !errors.As(err, &e) || e.API != "jscode2session" || e.Code != c.errcode || e.RID == "" {
			t.Errorf("%d: cause %+v, want the errcode and a rid", c.errcode, e)
		}
		if n := len(sim.Log()); n != 1 {
			t.Errorf("%d: %d calls, want one", c.errcode, n)
		}
	}
}

func TestOurOwnMistakesAreRefusedByTheRealRules(t *testing.T) {
	t.Parallel()
	sim, good := simulated(t)
	for name, cfg := range map[string]Config{
		"app id": {AppID: "wx-other", Secret: secret.New(testSecret)},
		"secret": {AppID: testAppID, Secret: secret.New("other")},
	} {
		cfg.BaseURL = good.base.String()
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Code2Session(t.Context(), codeOf(t, sim, "alice"))
		if f := fault.From(err); f.Code != "internal" {
			t.Errorf("wrong %s: fault %s, want internal", name, f.Code)
		}
	}
	code := codeOf(t, sim, "alice")
	if _, err := good.Code2Session(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	_, err := good.Code2Session(t.Context(), code)
	wantFault(t, err, fault.LoginRequired, "login_code_spent")
}

func TestABusyWeChatIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		busy, calls int
		ok          bool
	}{
		{1, 2, true},
		{2, 2, false},
	} {
		sim, client := simulated(t)
		if err := sim.Fault(wechatsim.Fault{API: "jscode2session", ErrCode: -1, N: c.busy}); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_, err := client.Code2Session(t.Context(), codeOf(t, sim, "alice"))
		if c.ok != (err == nil) {
			t.Errorf("busy %d times: %v", c.busy, err)
		}
		if !c.ok {
			wantFault(t, err, fault.Unavailable, "unavailable")
		}
		if n := len(sim.Log()); n != c.calls {
			t.Errorf("busy %d times: %d calls, want %d", c.busy, n, c.calls)
		}
		if d := time.Since(begin); d < busyPause {
			t.Errorf("busy %d times: asked again within %s", c.busy, d)
		}
	}
}

func TestABusyWeChatIsNotAskedAgainWithoutTimeLeft(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	c.pause = time.Hour
	if err := sim.Fault(wechatsim.Fault{API: "jscode2session", ErrCode: -1}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := c.Code2Session(ctx, codeOf(t, sim, "alice"))
	wantFault(t, err, fault.Unavailable, "unavailable")
	if n := len(sim.Log()); n != 1 {
		t.Errorf("%d calls, want one", n)
	}
}

func TestACallOfACallerWhoLeavesDuringThePauseEnds(t *testing.T) {
	t.Parallel()
	sim, c := simulated(t)
	c.pause = time.Hour
	if err := sim.Fault(wechatsim.Fault{API: "jscode2session", ErrCode: -1}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := c.Code2Session(ctx, codeOf(t, sim, "alice"))
	wantFault(t, err, fault.Unavailable, "unavailable")
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	key := secret.New(testSecret)
	for name, c := range map[string]Config{
		"no app id":    {Secret: key},
		"no secret":    {AppID: testAppID},
		"no scheme":    {AppID: testAppID, Secret: key, BaseURL: "api.weixin.qq.com"},
		"other scheme": {AppID: testAppID, Secret: key, BaseURL: "ftp://api.weixin.qq.com"},
		"user":         {AppID: testAppID, Secret: key, BaseURL: "https://u:p@api.weixin.qq.com"},
		"query":        {AppID: testAppID, Secret: key, BaseURL: "https://api.weixin.qq.com?a=b"},
		"no URL":       {AppID: testAppID, Secret: key, BaseURL: "http://%zz"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	c, err := New(Config{AppID: testAppID, Secret: key})
	if err != nil || c.base.String() != "https://api.weixin.qq.com" {
		t.Errorf("default base URL %v, %v", c.base, err)
	}
}
