package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/contract"
	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testproxy"
	"wxlottery/internal/wechatsim"
	"wxlottery/shared/secret"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

// bench is the function with a simulated WeChat.
type bench struct {
	*servicetest.Service
	*servicetest.Client
	sim *wechatsim.Sim
	url string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s := servicetest.New(t)
	sim := wechatsim.New(wechatsim.Config{AppID: "wx-app", Secret: "app-secret"})
	api := httptest.NewServer(sim.API())
	t.Cleanup(api.Close)
	b := &bench{Service: s, sim: sim, url: api.URL}
	b.Client = s.Serve(b.server(t, s.Store, s.Sessions).routes().Handler())
	return b
}

func (b *bench) server(t *testing.T, db *store.Store, sessions *session.Sessions) *server {
	t.Helper()
	client, err := wechat.New(wechat.Config{AppID: "wx-app", Secret: secret.New("app-secret"), BaseURL: b.url})
	if err != nil {
		t.Fatal(err)
	}
	return &server{db, sessions, client}
}

// code is what wx.login gives a user.
func (b *bench) code(t *testing.T, name string) string {
	t.Helper()
	code, err := b.sim.Code(b.OpenID(name), "")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (b *bench) login(t *testing.T, name string) loginAnswer {
	t.Helper()
	var a loginAnswer
	b.Call("POST /login", "", map[string]string{"code": b.code(t, name)}).Want(t, "login", 200, "").Into(t, &a)
	return a
}

func TestTheRoutesAreThoseOfTheContract(t *testing.T) {
	got, want := strings.Join((&server{}).routes().Patterns(), ", "), strings.Join(contract.Load(t).RoutesUnder("login"), ", ")
	if got != want {
		t.Errorf("the function has %s, the contract %s", got, want)
	}
}

func TestLoginMakesAUserOnceAndASessionEachTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := b.login(t, "alice"), b.login(t, "alice")
	if !first.IsNew || second.IsNew || first.Token == second.Token || first.ExpiresIn != 7*24*3600 {
		t.Errorf("first %+v, second %+v", first, second)
	}
	for _, token := range []string{first.Token, second.Token} {
		who, err := b.Sessions.Check(context.Background(), token)
		if err != nil || who.OpenID != b.OpenID("alice") || who.UserID != b.User("alice").String() {
			t.Errorf("the session is not alice's: %v", err)
		}
	}
}

func TestWhatWeChatRefusesIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	used := b.code(t, "alice")
	b.Call("POST /login", "", map[string]string{"code": used}).Want(t, "first use", 200, "")
	b.Call("POST /login", "", map[string]string{"code": used}).Want(t, "second use", 401, "login_code_spent")
	b.Call("POST /login", "", map[string]string{"code": "unknown"}).Want(t, "unknown code", 401, "login_code_spent")
	old := b.code(t, "alice")
	b.sim.Advance(6 * time.Minute)
	b.Call("POST /login", "", map[string]string{"code": old}).Want(t, "old code", 401, "login_code_spent")
	if err := b.sim.Flag(b.OpenID("mallory")); err != nil {
		t.Fatal(err)
	}
	b.Call("POST /login", "", map[string]string{"code": b.code(t, "mallory")}).Want(t, "high risk", 403, "user_blocked")
	for what, f := range map[string]struct {
		fault  wechatsim.Fault
		status int
		code   string
	}{
		"too often":      {wechatsim.Fault{API: "jscode2session", ErrCode: 45011, N: 1}, 429, "rate_limited"},
		"busy":           {wechatsim.Fault{API: "jscode2session", ErrCode: -1, N: 2}, 503, "unavailable"},
		"our secret":     {wechatsim.Fault{API: "jscode2session", ErrCode: 40125, N: 1}, 500, "internal"},
		"an HTML page":   {wechatsim.Fault{API: "jscode2session", HTML: true, N: 1}, 503, "unavailable"},
		"a server error": {wechatsim.Fault{API: "jscode2session", Status: 502, N: 1}, 503, "unavailable"},
		"half an answer": {wechatsim.Fault{API: "jscode2session", Truncate: true, N: 1}, 503, "unavailable"},
		"no answer":      {wechatsim.Fault{API: "jscode2session", Drop: true, N: 1}, 503, "unavailable"},
	} {
		if err := b.sim.Fault(f.fault); err != nil {
			t.Fatal(err)
		}
		a := b.Call("POST /login", "", map[string]string{"code": b.code(t, "bob")}).Want(t, what, f.status, f.code)
		if (f.status == 429 || f.status == 503) != (a.Header.Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After %q", what, a.Header.Get("Retry-After"))
		}
	}
	b.login(t, "bob")
}

func TestBadLoginsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for body, want := range map[string]struct {
		status int
		code   string
	}{
		``:                        {400, "malformed"},
		`null`:                    {400, "malformed"},
		`[]`:                      {400, "malformed"},
		`{"code":"x"`:             {400, "malformed"},
		`{"code":"x"} {}`:         {400, "malformed"},
		`{"code":1}`:              {400, "malformed"},
		`{"code":"x","extra":1}`:  {400, "malformed"},
		`{"code":"x","code":"y"}`: {400, "malformed"},
		"{\"code\":\"\xff\"}":     {400, "malformed"},
		`{}`:                      {400, "invalid_code"},
		`{"code":""}`:             {400, "invalid_code"},
		`{"code":"a b"}`:          {400, "invalid_code"},
		`{"code":"a&appid=b"}`:    {400, "invalid_code"},
		`{"code":"` + strings.Repeat("x", 129) + `"}`:    {400, "invalid_code"},
		`{"code":"` + strings.Repeat("x", 70_000) + `"}`: {413, "too_large"},
	} {
		b.Call("POST /login", "", body).Want(t, body[:min(30, len(body))], want.status, want.code)
	}
	b.Call("GET /login", "", nil).Want(t, "a method that is not there", 405, "method_not_allowed")
	b.Call("POST /login/x", "", nil).Want(t, "a path that is not there", 404, "route_not_found")
	b.Call("POST /login/", "", nil).Want(t, "a slash too many", 404, "route_not_found")
	if n := len(b.sim.Log()); n != 0 {
		t.Errorf("WeChat was asked %d times about requests that cannot be right", n)
	}
}

func TestADisplayNameIsCheckedAndKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.login(t, "alice").Token
	if a := b.Call("PATCH /login", token, map[string]string{"name": " 小明👨‍👩‍👧 "}).Want(t, "a name", 200, ""); a.Body["name"] != "小明👨‍👩‍👧" {
		t.Errorf("%s", a.Text)
	}
	var name string
	id := b.User("alice")
	testdb.Row(t, b.DSN, `SELECT name FROM users WHERE id = ?`, []any{id[:]}, &name)
	if name != "小明👨‍👩‍👧" {
		t.Errorf("kept %q", name)
	}
	for body, code := range map[string]string{
		`{"name":""}`: "invalid_name", `{}`: "invalid_name", `{"name":"   "}`: "invalid_name", `{"name":"a\u202eb"}`: "invalid_name",
		`{"name":"a\nb"}`: "invalid_name", `{"name":"` + strings.Repeat("明", 21) + `"}`: "invalid_name",
		`{"name":5}`: "malformed", `{"nickname":"x"}`: "malformed", ``: "malformed",
	} {
		b.Call("PATCH /login", token, body).Want(t, body, 400, code)
	}
	for _, bad := range []string{"", "x", strings.Repeat("A", 43)} {
		b.Call("PATCH /login", bad, `{"name":5}`).Want(t, "token "+bad, 401, "login_required")
	}
}

func TestLoggingOutEndsSessions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	here, there, other := b.login(t, "alice").Token, b.login(t, "alice").Token, b.login(t, "bob").Token
	alive := func(what, token string, want bool) {
		t.Helper()
		_, err := b.Sessions.Check(context.Background(), token)
		if (err == nil) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, query := range []string{"all=maybe", "all=", "all", "all=true&all=false", "all=TRUE"} {
		b.Call("DELETE /login?"+query, here, nil).Want(t, query, 400, "invalid_all")
	}
	b.Call("DELETE /login", here, nil).Want(t, "log out here", 204, "")
	alive("here, after logging out", here, false)
	alive("there, after logging out here", there, true)
	b.Call("DELETE /login", here, nil).Want(t, "again", 401, "login_required")
	again := b.login(t, "alice").Token
	b.Call("DELETE /login?all=true", there, nil).Want(t, "everywhere", 204, "")
	alive("there", there, false)
	alive("another device", again, false)
	alive("another user", other, true)
	b.Call("DELETE /login?all=true", "", nil).Want(t, "no token", 401, "login_required")
}

func TestASessionThatExpiredIsNoSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	now := time.Now()
	sessions := session.New(b.Redis, session.Options{Now: func() time.Time { return now }})
	c := b.Serve(b.server(t, b.Store, sessions).routes().Handler())
	var in loginAnswer
	c.Call("POST /login", "", map[string]string{"code": b.code(t, "alice")}).Want(t, "login", 200, "").Into(t, &in)
	now = now.Add(7*24*time.Hour - time.Minute)
	c.Call("PATCH /login", in.Token, map[string]string{"name": "a"}).Want(t, "on the seventh day", 200, "")
	now = now.Add(7*24*time.Hour - time.Minute)
	c.Call("PATCH /login", in.Token, map[string]string{"name": "a"}).Want(t, "used since", 200, "")
	now = now.Add(8 * 24 * time.Hour)
	c.Call("PATCH /login", in.Token, map[string]string{"name": "a"}).Want(t, "not used for eight days", 401, "login_required")
}

func TestRedisDownIsUnavailableAndThenWorksAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	proxy := testproxy.New(t, b.Redis.Options().Addr)
	rdb := session.Open(session.RedisOptions{Addr: proxy.Addr})
	t.Cleanup(func() { rdb.Close() })
	c := b.Serve(b.server(t, b.Store, session.New(rdb, session.Options{})).routes().Handler())
	token := b.login(t, "alice").Token
	for name, down := range map[string]func(){"refused": proxy.Refuse, "hanging": proxy.Swallow} {
		down()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		c.CallContext(ctx, "PATCH /login", token, map[string]string{"name": "a"}).Want(t, name, 503, "unavailable")
		c.CallContext(ctx, "POST /login", "", map[string]string{"code": b.code(t, "bob")}).Want(t, name, 503, "unavailable")
		if ctx.Err() != nil {
			t.Errorf("%s: the answers took longer than the function has", name)
		}
		cancel()
		proxy.Forward()
		c.Call("PATCH /login", token, map[string]string{"name": "a"}).Want(t, name+", then back", 200, "")
	}
}

func TestTheDatabaseDownIsUnavailableAndThenWorksAgain(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	b := newBench(t)
	proxy, dsn := testdb.Proxied(t, b.DSN)
	c := b.Serve(b.server(t, testdb.Open(t, dsn), b.Sessions).routes().Handler())
	for name, down := range map[string]func(){"refused": proxy.Refuse, "hanging": proxy.Swallow} {
		down()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		c.CallContext(ctx, "POST /login", "", map[string]string{"code": b.code(t, "bob")}).Want(t, name, 503, "unavailable")
		cancel()
		proxy.Forward()
		c.Call("POST /login", "", map[string]string{"code": b.code(t, "bob")}).Want(t, name+", then back", 200, "")
	}
}

// TestANameIsSetByPutAsWell is for mini programs: wx.request sends no PATCH.
func TestANameIsSetByPutAsWell(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.login(t, "alice").Token
	for _, route := range []string{"PATCH /login", "PUT /login"} {
		var got nameAnswer
		b.Call(route, token, map[string]string{"name": " 小明 "}).Want(t, route, 200, "").Into(t, &got)
		if got != (nameAnswer{Name: "小明"}) {
			t.Errorf("%s: %+v", route, got)
		}
		b.Call(route, token, map[string]string{"name": ""}).Want(t, route, 400, "invalid_name")
		b.Call(route, "", map[string]string{"name": "x"}).Want(t, route, 401, "login_required")
	}
}
