package wechatsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const tokenBody = `{"grant_type":"client_credential","appid":"wx1","secret":"s3cret","force_refresh":false}`

// reply is every field that the calls made with POST can answer.
type reply struct {
	ErrCode   int         `json:"errcode"`
	ErrMsg    string      `json:"errmsg"`
	Token     string      `json:"access_token"`
	ExpiresIn int         `json:"expires_in"`
	MsgID     json.Number `json:"msgid"`
	Result    struct{ Suggest string }
}

// do makes a call and returns what came.
func (f *fixture) do(method, path, token, body string) (*http.Response, []byte) {
	f.t.Helper()
	address := f.api + path
	if token != "" {
		address += "?" + url.Values{"access_token": {token}}.Encode()
	}
	req, err := http.NewRequestWithContext(f.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		f.t.Fatalf("%s: status %d, %v, want 200 for every answer", path, resp.StatusCode, err)
	}
	return resp, b
}

// ask is do with POST, for an answer in JSON.
func (f *fixture) ask(path, token, body string) (r reply) {
	f.t.Helper()
	_, b := f.do(http.MethodPost, path, token, body)
	if err := json.Unmarshal(b, &r); err != nil {
		f.t.Fatalf("%s answers %q: %v", path, b, err)
	}
	return r
}

func (f *fixture) stable() reply {
	f.t.Helper()
	return f.ask("/cgi-bin/stable_token", "", tokenBody)
}

func (f *fixture) advance(d time.Duration) {
	f.t.Helper()
	if err := f.Advance(d); err != nil {
		f.t.Fatal(err)
	}
}

// wantToken checks what a call with this token is told of it: 47001 means that it got as far as its body.
func (f *fixture) wantToken(token string, want int) {
	f.t.Helper()
	if got := f.ask("/cgi-bin/message/subscribe/send", token, "no JSON"); got.ErrCode != want {
		f.t.Errorf("errcode %d, want %d", got.ErrCode, want)
	}
}

func TestATokenIsGivenToWhoeverAsksRightly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct {
		want      int
		old, news string
	}{
		{47001, tokenBody, "no JSON"},
		{47001, tokenBody, `{"grant_type":1}`},
		{47001, tokenBody, strings.Repeat(" ", bodyLimit) + tokenBody},
		{40002, tokenBody, `{"appid":"x","secret":"x"}`},
		{40002, "client_credential", "authorization_code"},
		{40013, `"wx1","secret":"s3cret"`, `"wx2","secret":"x"`},
		{40013, `"appid":"wx1",`, ``},
		{40125, "s3cret", "x"},
		{40125, `"secret":"s3cret",`, ``},
		{0, "", ""},
	} {
		got := f.ask("/cgi-bin/stable_token", "", strings.Replace(tokenBody, c.old, c.news, 1))
		if got.ErrCode != c.want || (c.want == 0) != (got.Token != "") {
			t.Errorf("%s instead of %s: %+v, want errcode %d", c.news, c.old, got, c.want)
		}
	}
	if _, b := f.do(http.MethodGet, "/cgi-bin/stable_token", "", ""); !strings.Contains(string(b), `"errcode":43002`) {
		t.Errorf("GET is answered %s, want 43002", b)
	}
}

func TestATokenStaysTheSameUntilItsLastFiveMinutes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.stable()
	if first.ExpiresIn != 7200 {
		t.Errorf("it lives %d s", first.ExpiresIn)
	}
	f.advance(tokenLife - tokenRenew - time.Second)
	if again := f.stable(); again.Token != first.Token || again.ExpiresIn != 301 {
		t.Errorf("with 301 s left: %+v, want the same", again)
	}
	f.advance(time.Second)
	second := f.stable()
	if second.Token == first.Token || second.ExpiresIn != 7200 {
		t.Errorf("with 300 s left: the same token or %d s, want a new one", second.ExpiresIn)
	}
	f.advance(tokenRenew - time.Second)
	f.wantToken(first.Token, 47001)
	f.advance(time.Second)
	f.wantToken(first.Token, 40001)
	f.wantToken(second.Token, 47001)
}

func TestTheOldTokenHasFiveMinutesMoreHoweverLateTheNewOneIsMade(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.stable()
	f.advance(tokenLife - time.Second)
	f.stable()
	f.advance(tokenRenew - time.Second)
	f.wantToken(first.Token, 47001)
	f.advance(time.Second)
	f.wantToken(first.Token, 40001)
}

func TestEveryCallWithATokenChecksIt(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/cgi-bin/message/subscribe/send", "/wxa/getwxacodeunlimit", "/wxa/msg_sec_check"} {
		f := newFixture(t)
		token := f.stable().Token
		for _, c := range []struct {
			want  int
			token string
		}{{41001, ""}, {40001, "unknown"}} {
			if got := f.ask(path, c.token, "no JSON"); got.ErrCode != c.want {
				t.Errorf("%s with token %q: errcode %d, want %d", path, c.token, got.ErrCode, c.want)
			}
		}
		if _, b := f.do(http.MethodGet, path, token, ""); !strings.Contains(string(b), `"errcode":43002`) {
			t.Errorf("GET %s is answered %s, want 43002", path, b)
		}
		f.advance(tokenLife)
		if got := f.ask(path, token, "no JSON"); got.ErrCode != 42001 {
			t.Errorf("%s with an expired token: errcode %d, want 42001", path, got.ErrCode)
		}
	}
}

func TestARevokedTokenIsInvalidAtOnceAndTheNextIsNew(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	f.wantToken(token, 47001)
	f.mustPost("/revoke", "{}")
	f.wantToken(token, 40001)
	f.wantToken("", 41001)
	next := f.stable().Token
	if next == token {
		t.Error("the next token is the revoked one")
	}
	f.wantToken(next, 47001)
	f.Reset()
	f.wantToken(next, 40001)
}

func TestAForcedRefreshLeavesTheOldTokenNoTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.stable().Token
	forced := f.ask("/cgi-bin/stable_token", "", strings.Replace(tokenBody, "false", "true", 1)).Token
	f.wantToken(token, 40001)
	f.wantToken(forced, 47001)
}
