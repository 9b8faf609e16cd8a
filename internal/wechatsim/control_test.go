package wechatsim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// post calls the control plane and decodes its answer.
func (f *fixture) post(path, body string) (status int, out map[string]any) {
	f.t.Helper()
	resp, err := http.Post(f.control+path, "application/json", strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		f.t.Fatalf("POST %s: the answer is not JSON: %v", path, err)
	}
	return resp.StatusCode, out
}

// mustPost is post for what has to be accepted.
func (f *fixture) mustPost(path, body string) map[string]any {
	f.t.Helper()
	status, out := f.post(path, body)
	if status != http.StatusOK {
		f.t.Fatalf("POST %s %s: status %d %v", path, body, status, out)
	}
	return out
}

func TestTheControlPlaneDrivesALogin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code, _ := f.mustPost("/code", `{"openid":"alice"}`)["code"].(string)
	if got := f.call(good(code)); got.OpenID != "alice" {
		t.Errorf("the code stands for %q", got.OpenID)
	}
	code, _ = f.mustPost("/code", `{"openid":"alice"}`)["code"].(string)
	if now := f.mustPost("/clock", `{"advance_s":301}`)["now"]; now != "2026-11-23T06:05:01Z" {
		t.Errorf("the clock shows %v", now)
	}
	if got := f.call(good(code)); got.ErrCode != 40029 {
		t.Errorf("errcode %d after five minutes, want 40029", got.ErrCode)
	}
	f.mustPost("/flag", `{"openid":"mallory"}`)
	if got := f.call(good(f.code("mallory"))); got.ErrCode != 40226 {
		t.Errorf("errcode %d for a flagged user, want 40226", got.ErrCode)
	}
	resp, err := http.Get(f.control + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"calls":[{"api":"jscode2session","errcode":0},` +
		`{"api":"jscode2session","errcode":40029},{"api":"jscode2session","errcode":40226}]}`
	if string(body) != want {
		t.Errorf("log %s\nwant %s", body, want)
	}
	f.mustPost("/reset", "")
	if got := f.call(good(f.code("mallory"))); got.ErrCode != 0 {
		t.Errorf("errcode %d after a reset", got.ErrCode)
	}
}

func TestTheControlPlaneRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct{ path, body string }{
		{"/code", `{"openid":""}`},
		{"/code", `{"openid":"` + strings.Repeat("a", 65) + `"}`},
		{"/code", `{"openid":"a\nb"}`},
		{"/code", `{"open":"a"}`},
		{"/code", `nonsense`},
		{"/flag", `{}`},
		{"/clock", `{"advance_s":-1}`},
		{"/clock", `{"advance_s":9223372036854775807}`},
		{"/fault", `{"api":"unheard_of","errcode":-1}`},
		{"/fault", `{"api":"jscode2session"}`},
		{"/fault", `{"api":"jscode2session","errcode":-1,"drop":true}`},
		{"/fault", `{"api":"jscode2session","status":200}`},
		{"/fault", `{"api":"jscode2session","latency_ms":-1}`},
		{"/fault", `{"api":"jscode2session","drop":true,"n":-1}`},
	} {
		status, out := f.post(c.path, c.body)
		if e, ok := out["error"].(map[string]any); status != http.StatusBadRequest || !ok || e["message"] == "" {
			t.Errorf("POST %s %s: %d %v, want 400 with an error", c.path, c.body, status, out)
		}
	}
	for _, id := range []string{"a", strings.Repeat("a", 64), "爱丽丝", "a b"} {
		if _, err := f.Code(id, ""); err != nil {
			t.Errorf("openid %q is refused: %v", id, err)
		}
	}
}

func TestFaultsApplyInOrderAndRunOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustPost("/fault", `{"api":"jscode2session","errcode":-1,"n":2}`)
	f.mustPost("/fault", `{"api":"jscode2session","errcode":45011}`)
	code := f.code("a")
	for i, want := range []int{-1, -1, 45011, 0} {
		if got := f.call(good(code)); got.ErrCode != want {
			t.Errorf("call %d: errcode %d, want %d", i, got.ErrCode, want)
		}
	}
}

// oneShot does not reuse connections: net/http would send a GET again when a reused one is dropped.
var oneShot = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// raw calls the API and returns whatever came: the status and body, or the error.
func (f *fixture) raw(code string) (status int, body string, err error) {
	f.t.Helper()
	resp, err := oneShot.Get(f.api + "/sns/jscode2session?" + good(code).Encode())
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestFaultsAtTheDoorLeaveTheCodeUnspent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	code := f.code("a")
	f.mustPost("/fault", `{"api":"jscode2session","status":502}`)
	if status, _, err := f.raw(code); status != http.StatusBadGateway || err != nil {
		t.Errorf("status %d, %v, want 502", status, err)
	}
	f.mustPost("/fault", `{"api":"jscode2session","html":true}`)
	if status, body, err := f.raw(code); status != http.StatusOK || !strings.HasPrefix(body, "<html>") || err != nil {
		t.Errorf("%d %q, %v, want a page", status, body, err)
	}
	if got := f.call(good(code)); got.ErrCode != 0 {
		t.Errorf("errcode %d, want the code to be good still", got.ErrCode)
	}
}

func TestALostAnswerHasSpentTheCode(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, fault := range []string{"drop", "truncate"} {
		f.mustPost("/fault", `{"api":"jscode2session","`+fault+`":true}`)
		code := f.code("a")
		_, body, err := f.raw(code)
		if err == nil && json.Valid([]byte(body)) {
			t.Errorf("%s: a whole answer came: %s", fault, body)
		}
		if got := f.call(good(code)); got.ErrCode != 40163 {
			t.Errorf("%s: errcode %d, want 40163", fault, got.ErrCode)
		}
	}
	if err := f.Fault(Fault{API: "jscode2session", Drop: true}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.raw(f.code("a")); !errors.Is(err, io.EOF) {
		t.Errorf("a dropped connection gives %v, want EOF", err)
	}
}

func TestLatencyDelaysAGoodAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustPost("/fault", `{"api":"jscode2session","latency_ms":60}`)
	begin := time.Now()
	if got := f.call(good(f.code("a"))); got.ErrCode != 0 {
		t.Errorf("errcode %d", got.ErrCode)
	}
	if d := time.Since(begin); d < 60*time.Millisecond {
		t.Errorf("answered after %s, want at least 60ms", d)
	}
}
