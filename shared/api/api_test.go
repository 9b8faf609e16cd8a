package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wxlottery/shared/cloud"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
)

// door knows one token.
type door struct{ asked int }

var alice = lottery.UserID{1}

func (d *door) Check(_ context.Context, token string) (session.Identity, error) {
	d.asked++
	switch token {
	case "good":
		return session.Identity{UserID: alice.String(), OpenID: "openid-of-alice"}, nil
	case "damaged":
		return session.Identity{UserID: "x", OpenID: "y"}, nil
	case "down":
		return session.Identity{}, fault.Down(nil)
	}
	return session.Identity{}, fault.New(fault.LoginRequired, "login_required", "no")
}

type input struct {
	Name  string `json:"name"`
	Inner []struct {
		N int `json:"n"`
	} `json:"inner"`
}

type wish struct {
	Loud bool `json:"loud"`
}

func (wish) OptionalBody() {}

func call(h http.Handler, method, path, auth, body string) (*httptest.ResponseRecorder, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	w := httptest.NewRecorder()
	cloud.Wrap(h).ServeHTTP(w, r)
	var answer struct {
		Error struct{ Code string }
	}
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w, answer.Error.Code
}

func TestABodyIsOneStrictObject(t *testing.T) {
	h := Public(func(_ context.Context, _ *http.Request, in input) (Answer, error) { return OK(in.Name), nil })
	for body, want := range map[string]string{
		`{"name":"x"}`:                         "",
		` {"inner":[{"n":1},{"n":2}]} ` + "\n": "",
		`{}`:                                   "",
		`{"name":null}`:                        "malformed",
		`{"inner":[null]}`:                     "malformed",
		``:                                     "malformed",
		`   `:                                  "malformed",
		`null`:                                 "malformed",
		`"x"`:                                  "malformed",
		`[{}]`:                                 "malformed",
		`{"name":"x"`:                          "malformed",
		`{"name":"x"}}`:                        "malformed",
		`{"name":"x"}{"name":"y"}`:             "malformed",
		`{"name":"x",}`:                        "malformed",
		`{name:"x"}`:                           "malformed",
		`{"name":"x","name":"y"}`:              "malformed",
		`{"name":"x","Name":"y"}`:              "malformed",
		`{"NAME":"x"}`:                         "malformed",
		`{"inner":[{"n":1,"n":2}]}`:            "malformed",
		`{"inner":[{"m":1}]}`:                  "malformed",
		`{"inner":[{"n":"1"}]}`:                "malformed",
		`{"inner":[{"n":1e99}]}`:               "malformed",
		`{"other":1}`:                          "malformed",
		`{"name":5}`:                           "malformed",
		"{\"name\":\"\xff\"}":                  "malformed",
		"\ufeff{}":                             "malformed",
		strings.Repeat(`{"inner":[`, 5000):     "malformed",
		`{"name":"` + strings.Repeat("x", cloud.BodyLimit) + `"}`: "too_large",
	} {
		if w, code := call(h, "POST", "/", "", body); code != want {
			t.Errorf("%.40q: %d %s, want %q", body, w.Code, w.Body, want)
		}
	}
}

func TestAnOptionalBodyMayBeLeftOut(t *testing.T) {
	h := Public(func(_ context.Context, _ *http.Request, in wish) (Answer, error) { return OK(in.Loud), nil })
	for body, want := range map[string]string{"": "false", " ": "false", "{}": "false", `{"loud":true}`: "true"} {
		if w, code := call(h, "POST", "/", "", body); code != "" || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%q: %s", body, w.Body)
		}
	}
	if _, code := call(h, "POST", "/", "", "null"); code != "malformed" {
		t.Errorf("null: %q", code)
	}
}

func TestARefusalDoesNotRepeatWhatWasSent(t *testing.T) {
	h := Public(func(_ context.Context, _ *http.Request, _ input) (Answer, error) { return NoContent(), nil })
	if w, _ := call(h, "POST", "/", "", `{"name":123456789}`); !strings.Contains(w.Body.String(), "name") || strings.Contains(w.Body.String(), "123456789") {
		t.Errorf("%s", w.Body)
	}
}

func TestWithoutASessionAUserHandlerIsNotCalled(t *testing.T) {
	d := new(door)
	called := 0
	h := User(d, func(_ context.Context, c Caller, _ *http.Request, _ None) (Answer, error) {
		called++
		if c.User != alice || c.OpenID != "openid-of-alice" || c.Token != "good" {
			t.Errorf("caller %+v", c)
		}
		return NoContent(), nil
	})
	for auth, want := range map[string]struct {
		status int
		code   string
	}{
		"Bearer good": {204, ""}, "bearer good": {204, ""}, "Bearer  good ": {204, ""},
		"": {401, "login_required"}, "good": {401, "login_required"}, "Basic good": {401, "login_required"},
		"Bearer": {401, "login_required"}, "Bearer ": {401, "login_required"}, "Bearer bad": {401, "login_required"},
		"Bearer damaged": {401, "login_required"}, "Bearer down": {503, "unavailable"},
	} {
		called = 0
		w, code := call(h, "GET", "/", auth, "")
		if w.Code != want.status || code != want.code || (called == 1) != (want.status == 204) {
			t.Errorf("%q: %d %s, called %d times", auth, w.Code, w.Body, called)
		}
		if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") == "Bearer") {
			t.Errorf("%q: WWW-Authenticate %q", auth, w.Header().Get("WWW-Authenticate"))
		}
		if strings.Contains(w.Body.String(), "openid") {
			t.Errorf("%q: %s", auth, w.Body)
		}
	}
}

// A second header, or what may be one joined to the first, is nobody's to choose from.
func TestTwoAuthorizationsAreNone(t *testing.T) {
	none := User(new(door), func(context.Context, Caller, *http.Request, None) (Answer, error) { return NoContent(), nil })
	for _, h := range []http.Handler{none, Visitor(new(door), func(context.Context, *Caller, *http.Request) (Answer, error) { return NoContent(), nil })} {
		for _, values := range [][]string{
			{"Bearer good", "Bearer good"},
			{"Bearer good", "Bearer bad"},
			{"Bearer good", ""},
			{"", "Bearer good"},
			{"Bearer good,Bearer good"},
			{"Bearer good", "Basic good,x"},
			{"Bearer good,"},
			{"Bearer ,good"},
			{","},
			{""},
		} {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Authorization"] = values
			w := httptest.NewRecorder()
			cloud.Wrap(h).ServeHTTP(w, r)
			if w.Code != 401 || !strings.Contains(w.Body.String(), `"login_required"`) || w.Header().Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%q: %d %s", values, w.Code, w.Body)
			}
		}
	}
}

func TestASingleHeaderIsOneWithoutAComma(t *testing.T) {
	for _, tt := range []struct {
		values []string
		want   string
		ok     bool
	}{
		{nil, "", false},
		{[]string{""}, "", true},
		{[]string{"a b"}, "a b", true},
		{[]string{"a", "b"}, "", false},
		{[]string{"a,b"}, "", false},
		{[]string{"a,"}, "", false},
		{[]string{",a"}, "", false},
		{[]string{"a", "a,b"}, "", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["X-Once"] = tt.values
		if got, ok := Single(r, "x-once"); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %q, %v", tt.values, got, ok)
		}
	}
}

func TestTheSessionIsCheckedBeforeTheBody(t *testing.T) {
	h := User(new(door), func(context.Context, Caller, *http.Request, input) (Answer, error) { return NoContent(), nil })
	if _, code := call(h, "POST", "/", "", "nonsense"); code != "login_required" {
		t.Errorf("%q", code)
	}
	if _, code := call(h, "POST", "/", "Bearer good", "nonsense"); code != "malformed" {
		t.Errorf("%q", code)
	}
}

func TestAVisitorMayBeNobodyButNotAFraud(t *testing.T) {
	d := new(door)
	h := Visitor(d, func(_ context.Context, c *Caller, _ *http.Request) (Answer, error) { return OK(c != nil), nil })
	if w, _ := call(h, "GET", "/", "", ""); strings.TrimSpace(w.Body.String()) != "false" || d.asked != 0 {
		t.Errorf("nobody: %s, asked %d times", w.Body, d.asked)
	}
	if w, _ := call(h, "GET", "/", "Bearer good", ""); strings.TrimSpace(w.Body.String()) != "true" {
		t.Errorf("alice: %s", w.Body)
	}
	for _, auth := range []string{"Bearer bad", "Basic x", "Bearer"} {
		if _, code := call(h, "GET", "/", auth, ""); code != "login_required" {
			t.Errorf("%q: %q", auth, code)
		}
	}
}

func TestRoutesAnswerForWhatTheyDoNotHave(t *testing.T) {
	h := Routes{
		"GET /things/{id}": Shared(Public(func(_ context.Context, r *http.Request, _ None) (Answer, error) { return OK(r.PathValue("id")), nil })),
		"POST /things":     Public(func(context.Context, *http.Request, None) (Answer, error) { return Created(1), nil }),
	}.Handler()
	for call_, want := range map[string]struct {
		status int
		code   string
	}{
		"GET /things/a": {200, ""}, "HEAD /things/a": {200, ""}, "POST /things": {201, ""},
		"GET /things": {405, "method_not_allowed"}, "PUT /things/a": {405, "method_not_allowed"},
		"GET /": {404, "route_not_found"}, "GET /things/": {404, "route_not_found"}, "GET /things/a/": {404, "route_not_found"},
		"GET //things/a": {404, "route_not_found"}, "GET /x/../things/a": {404, "route_not_found"}, "GET /things/a/b": {404, "route_not_found"},
	} {
		method, path, _ := strings.Cut(call_, " ")
		w, code := call(h, method, path, "", "")
		if w.Code != want.status || code != want.code {
			t.Errorf("%s: %d %s", call_, w.Code, w.Body)
		}
		if w.Code == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s: no Allow", call_)
		}
	}
	if w, _ := call(h, "GET", "/things/a", "", ""); w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error("a shared route cannot be read by web pages")
	}
}

func TestALimitIsClampedNotObeyed(t *testing.T) {
	for query, want := range map[string]int{
		"": 20, "?limit=": 20, "?limit=1": 1, "?limit=50": 50, "?limit=51": 50, "?limit=99999999999999999999": 50,
		"?limit=0": -1, "?limit=-5": -1, "?limit=-99999999999999999999": -1, "?limit=x": -1, "?limit=1.5": -1, "?limit=+": -1,
	} {
		n, err := Limit(httptest.NewRequest("GET", "/"+query, nil), 20, 50)
		if want == -1 && fault.From(err).Code != "invalid_limit" || want != -1 && (err != nil || n != want) {
			t.Errorf("%q: %d, %v", query, n, err)
		}
	}
}
