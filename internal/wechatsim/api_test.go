package wechatsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

// fixture is a simulator behind two servers, its clock standing still until advanced.
type fixture struct {
	*Sim
	t            *testing.T
	api, control string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	sim := New(Config{
		AppID: "wx1", Secret: "s3cret", Now: func() time.Time { return start },
		Templates: map[string][]string{
			"result": {"thing1", "phrase2", "time3", "number4", "amount5"},
			"short":  {"thing1"},
		},
		Pages: []string{"pages/event/event", "pages/index/index"},
	})
	api, control := httptest.NewServer(sim.API()), httptest.NewServer(sim.Control())
	t.Cleanup(api.Close)
	t.Cleanup(control.Close)
	return &fixture{sim, t, api.URL, control.URL}
}

func (f *fixture) code(openID string) string {
	f.t.Helper()
	code, err := f.Code(openID, "")
	if err != nil {
		f.t.Fatal(err)
	}
	return code
}

// good are the parameters of a call that succeeds with a good code.
func good(code string) url.Values {
	return url.Values{"appid": {"wx1"}, "secret": {"s3cret"}, "js_code": {code}, "grant_type": {"authorization_code"}}
}

func with(v url.Values, key, value string) url.Values {
	if value == "" {
		v.Del(key)
	} else {
		v.Set(key, value)
	}
	return v
}

// answer is every field that jscode2session can answer.
type answer struct {
	OpenID, SessionKey, UnionID string
	ErrCode                     int
	ErrMsg                      string
}

func (f *fixture) call(q url.Values) answer {
	f.t.Helper()
	resp, err := http.Get(f.api + "/sns/jscode2session?" + q.Encode())
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		f.t.Fatalf("status %d, want 200 for every answer", resp.StatusCode)
	}
	var m map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		f.t.Fatal(err)
	}
	var a answer
	a.OpenID, _ = m["openid"].(string)
	a.SessionKey, _ = m["session_key"].(string)
	a.UnionID, _ = m["unionid"].(string)
	a.ErrMsg, _ = m["errmsg"].(string)
	if n, ok := m["errcode"].(float64); ok {
		a.ErrCode = int(n)
	}
	return a
}

func TestEveryRefusalOfTheTable(t *testing.T) {
	t.Parallel()
	rid := regexp.MustCompile(` rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`)
	for _, c := range []struct {
		name string
		want int
		q    func(f *fixture) url.Values
	}{
		{"appid missing", 41002, func(f *fixture) url.Values { return with(good(f.code("a")), "appid", "") }},
		{"appid wrong", 40013, func(f *fixture) url.Values { return with(good(f.code("a")), "appid", "wx2") }},
		{"secret missing", 41004, func(f *fixture) url.Values { return with(good(f.code("a")), "secret", "") }},
		{"secret wrong", 40125, func(f *fixture) url.Values { return with(good(f.code("a")), "secret", "no") }},
		{"code missing", 41008, func(*fixture) url.Values { return good("") }},
		{"grant type wrong", 40002, func(f *fixture) url.Values { return with(good(f.code("a")), "grant_type", "x") }},
		{"grant type missing", 40002, func(f *fixture) url.Values { return with(good(f.code("a")), "grant_type", "") }},
		{"code unknown", 40029, func(*fixture) url.Values { return good("never-given") }},
		{"code older than 5 minutes", 40029, func(f *fixture) url.Values {
			q := good(f.code("a"))
			_ = f.Advance(codeLife + time.Second)
			return q
		}},
		{"code used", 40163, func(f *fixture) url.Values {
			q := good(f.code("a"))
			f.call(q)
			return q
		}},
		{"user flagged", 40226, func(f *fixture) url.Values {
			_ = f.Flag("a")
			return good(f.code("a"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			got := f.call(c.q(f))
			if got.ErrCode != c.want || !rid.MatchString(got.ErrMsg) || got.OpenID != "" || got.SessionKey != "" {
				t.Errorf("answer %+v, want errcode %d, a rid, nothing else", got, c.want)
			}
		})
	}
}

func TestChecksComeInWeChatsOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	q := url.Values{}
	for _, c := range []struct {
		want       int
		key, value string // what mends the fault just seen
	}{
		{41002, "appid", "bad"},
		{40013, "appid", "wx1"},
		{41004, "secret", "bad"},
		{40125, "secret", "s3cret"},
		{41008, "js_code", "unknown"},
		{40002, "grant_type", "authorization_code"},
		{40029, "js_code", f.code("a")},
		{0, "", ""},
	} {
		if got := f.call(q); got.ErrCode != c.want {
			t.Errorf("with %v: errcode %d, want %d", q, got.ErrCode, c.want)
		}
		q.Set(c.key, c.value)
	}
}

func TestOnlyGETIsAnswered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	resp, err := http.Post(f.api+"/sns/jscode2session?"+good(f.code("a")).Encode(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), `"errcode":43001`) {
		t.Errorf("POST is answered %s, want errcode 43001", body)
	}
}

func TestTheSameOpenIDIsAlwaysTheSameUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code, err := f.Code("alice", "union-a")
	if err != nil {
		t.Fatal(err)
	}
	first, second := f.call(good(code)), f.call(good(f.code("alice")))
	if first.OpenID != "alice" || second.OpenID != "alice" || first.UnionID != "union-a" || second.UnionID != "" {
		t.Errorf("answers %+v and %+v", first, second)
	}
	if first.SessionKey == "" || first.SessionKey == second.SessionKey {
		t.Errorf("session keys %q and %q, want two different ones", first.SessionKey, second.SessionKey)
	}
}

func TestACodeLivesFiveMinutes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code := f.code("a")
	if err := f.Advance(codeLife); err != nil {
		t.Fatal(err)
	}
	if got := f.call(good(code)); got.ErrCode != 0 {
		t.Errorf("after exactly five minutes: errcode %d", got.ErrCode)
	}
}

func TestTheHundredAndFirstLoginOfAMinuteIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range rateLimit {
		if got := f.call(good(f.code("a"))); got.ErrCode != 0 {
			t.Fatalf("errcode %d within the limit", got.ErrCode)
		}
	}
	code := f.code("a")
	if got := f.call(good(code)); got.ErrCode != 45011 {
		t.Errorf("errcode %d over the limit, want 45011", got.ErrCode)
	}
	if got := f.call(good(f.code("b"))); got.ErrCode != 0 {
		t.Errorf("another user is refused with %d", got.ErrCode)
	}
	if err := f.Advance(rateWindow); err != nil {
		t.Fatal(err)
	}
	if got := f.call(good(code)); got.ErrCode != 0 {
		t.Errorf("errcode %d a minute later, want the refused code to be good still", got.ErrCode)
	}
}

func TestExpiredCodesAreSweptAndStillRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	old := f.code("a")
	for range sweepFrom {
		f.code("b")
	}
	if err := f.Advance(codeLife + time.Second); err != nil {
		t.Fatal(err)
	}
	for range sweepFrom {
		f.code("c")
	}
	if n := len(f.codes); n > sweepFrom+1 {
		t.Errorf("%d codes are held, want the expired ones gone", n)
	}
	if got := f.call(good(old)); got.ErrCode != 40029 {
		t.Errorf("errcode %d for a swept code, want 40029", got.ErrCode)
	}
}

func TestTheLogNamesCallsAndNothingSecret(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code := f.code("alice")
	f.call(good(code))
	f.call(good(code))
	got := f.Log()
	want := []Call{{API: "jscode2session"}, {API: "jscode2session", ErrCode: 40163}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("log (-want +got):\n%s", d)
	}
	f.Reset()
	if got := f.Log(); len(got) != 0 {
		t.Errorf("%d calls in the log after a reset", len(got))
	}
	if got := f.call(good(code)); got.ErrCode != 40029 {
		t.Errorf("errcode %d for a code from before the reset, want 40029", got.ErrCode)
	}
}

func TestTheLogForgetsItsOldestCalls(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	for i := range 3 * logLimit {
		s.log(Call{ErrCode: i})
	}
	got := s.Log()
	if len(got) > 2*logLimit || got[len(got)-1].ErrCode != 3*logLimit-1 {
		t.Errorf("%d calls, the last is %d", len(got), got[len(got)-1].ErrCode)
	}
}
