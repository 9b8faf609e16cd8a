package wechat

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/internal/wechatsim"
	"wxlottery/shared/fault"
	"wxlottery/shared/secret"
)

// What must not be in an error. The hostile servers below put all of it into everything they can.
const (
	leakCode  = "0b1LEAKcodeLEAKcodeLEAKcode00000"
	leakOpen  = "oLEAKopenidLEAKopenidLEAK0000"
	leakKey   = "LEAKsessionkeyLEAK0000=="
	leakToken = "70_LEAKtokenLEAKtokenLEAKtoken000"
	leakWords = "LEAKcontentLEAK"
	leakTitle = "LEAKtitleLEAK"
	leakNick  = "LEAKnicknameLEAK"
	leakMuch  = testSecret + " " + leakCode + " " + leakToken + " " + leakWords + " " + leakTitle + " " + leakNick
	leakText  = `{"openid":"` + leakOpen + `","session_key":"` + leakKey + `","q":"` + leakMuch + `"}`
)

// texts are all the ways an error and each of its causes may end up in a log.
func texts(err error) []string {
	if err == nil {
		return nil
	}
	all := []string{fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), fmt.Sprintf("%q", err)}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			all = append(all, texts(e)...)
		}
	}
	return append(all, texts(errors.Unwrap(err))...)
}

func wantNoLeak(t *testing.T, err error, more ...string) {
	t.Helper()
	more = append(more, testSecret, testAppID, leakCode, leakOpen, leakKey, leakToken, leakWords, leakTitle, leakNick,
		"session_key", "js_code", "access_token", "?")
	for _, text := range texts(err) {
		for _, s := range more {
			if s != "" && strings.Contains(text, s) {
				t.Errorf("%q is in the error: %s", s, text)
			}
		}
	}
}

// spoken is a server that answers every connection with these bytes, HTTP or not.
func spoken(t *testing.T, answer string) string {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = conn.Write([]byte(answer))
		_ = conn.Close()
	})
}

// listen is the address of a server that does this with each connection.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return "http://" + l.Addr().String()
}

func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// unusable are answers that no call has a use for.
func unusable() map[string]string {
	return map[string]string{
		"status 500":         "HTTP/1.1 500 " + leakCode + "\r\nContent-Length: 0\r\n\r\n",
		"status 404":         "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		"no content":         "HTTP/1.1 204 No Content\r\n\r\n",
		"HTML page":          ok("<html>" + leakText + "</html>"),
		"empty answer":       ok(""),
		"null":               ok("null"),
		"array":              ok("[" + leakText + "]"),
		"truncated JSON":     ok(leakText[:len(leakText)-3]),
		"two answers":        ok(leakText + leakText),
		"no openid":          ok(`{"session_key":"` + leakKey + `"}`),
		"openid too long":    ok(`{"openid":"` + leakOpen + strings.Repeat("x", 64) + `"}`),
		"openid a number":    ok(`{"openid":12345}`),
		"errcode a word":     ok(`{"errcode":"` + leakOpen + `"}`),
		"errcode a fraction": ok(`{"errcode":0.5,"openid":"` + leakOpen + `"}`),
		"oversize":           ok(`{"openid":"` + leakOpen + `"}` + strings.Repeat(" ", answerLimit)),
		"cut short":          "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + leakText,
		"redirect":           "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/?" + leakCode + "\r\nContent-Length: 0\r\n\r\n",
		"redirect to junk":   "HTTP/1.1 302 Found\r\nLocation: http://%zz" + leakCode + "\r\nContent-Length: 0\r\n\r\n",
		"not HTTP":           leakText + "\r\n\r\n",
		"bad header":         "HTTP/1.1 200 OK\r\n" + leakText + "\r\n\r\n",
		"bad length":         "HTTP/1.1 200 OK\r\nContent-Length: " + leakCode + "\r\n\r\n",
		"bad chunk":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + leakCode + "\r\n",
		"bad encoding":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + leakCode + "\r\n\r\n",
		"hang up":            "",
	}
}

func TestNoUsableAnswerIsUnavailableAndLeaksNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range unusable() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, spoken(t, answer)).Code2Session(t.Context(), leakCode)
			wantFault(t, err, fault.Unavailable, "unavailable")
			wantNoLeak(t, err)
		})
	}
}

func TestARefusalLeaksNothing(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"-1", "40029", "40163", "40226", "45011", "40013", "40125", "41002", "41004", "40002", "1"} {
		body := fmt.Sprintf(`{"errcode":%s,"errmsg":"invalid %s %s %s rid: 65f0a1b2-1a2b3c4d-5e6f7081","openid":"%s","session_key":"%s"}`,
			code, testSecret, leakCode, leakOpen, leakOpen, leakKey)
		_, err := client(t, spoken(t, ok(body))).Code2Session(t.Context(), leakCode)
		wantNoLeak(t, err)
		if want := "errcode " + code + ", rid 65f0a1b2-1a2b3c4d-5e6f7081"; !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s in it", err, want)
		}
	}
}

func TestErrcodesAreReadAsNumbersAndAsStrings(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"errcode":40029}`, `{"errcode":"40029","errmsg":"invalid code"}`} {
		_, err := client(t, spoken(t, ok(body))).Code2Session(t.Context(), leakCode)
		wantFault(t, err, fault.LoginRequired, "login_code_spent")
	}
	for _, body := range []string{`{"openid":"o1","errcode":0}`, `{"openid":"o1","errcode":"0"}`, `{"openid":"o1","errcode":null}`} {
		if got, err := client(t, spoken(t, ok(body))).Code2Session(t.Context(), leakCode); err != nil || got.OpenID != "o1" {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestASessionHoldsNoSessionKey(t *testing.T) {
	t.Parallel()
	got, err := client(t, spoken(t, ok(leakText))).Code2Session(t.Context(), leakCode)
	if err != nil || got.OpenID != leakOpen {
		t.Fatalf("%+v, %v", got, err)
	}
	if text := fmt.Sprintf("%+v", got); strings.Contains(text, leakKey) {
		t.Errorf("the session key is in %s", text)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(target.Close)
	source := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusFound))
	t.Cleanup(source.Close)
	for _, given := range []*http.Client{nil, {}, source.Client()} {
		c, err := New(Config{AppID: testAppID, Secret: secret.New(testSecret), BaseURL: source.URL, HTTP: given})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Code2Session(t.Context(), leakCode)
		wantFault(t, err, fault.Unavailable, "unavailable")
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("the target was visited %d times", n)
	}
}

func TestNobodyListeningIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, err = client(t, "http://"+address).Code2Session(t.Context(), leakCode)
	wantFault(t, err, fault.Unavailable, "unavailable")
	wantNoLeak(t, err)
	if !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v does not tell the log why", err)
	}
}

func TestAServerWeCannotTrustIsUnavailable(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := client(t, server.URL).Code2Session(t.Context(), leakCode)
	wantFault(t, err, fault.Unavailable, "unavailable")
	wantNoLeak(t, err)
	var cert *tls.CertificateVerificationError
	if !errors.As(err, &cert) {
		t.Errorf("error %v does not tell the log why", err)
	}
}

func TestAHangingServerIsLeftInTime(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(*Client) (context.Context, context.CancelFunc){
		"own timeout": func(c *Client) (context.Context, context.CancelFunc) {
			c.timeout = 50 * time.Millisecond
			return context.WithCancel(t.Context())
		},
		"caller's deadline": func(*Client) (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 50*time.Millisecond)
		},
		"caller leaves": func(*Client) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, c := simulated(t)
			if err := sim.Fault(wechatsim.Fault{API: "jscode2session", LatencyMS: 30_000}); err != nil {
				t.Fatal(err)
			}
			code := codeOf(t, sim, leakOpen)
			ctx, cancel := limit(c)
			defer cancel()
			begin := time.Now()
			_, err := c.Code2Session(ctx, code)
			wantFault(t, err, fault.Unavailable, "unavailable")
			wantNoLeak(t, err, code)
			if d := time.Since(begin); d > 5*time.Second {
				t.Errorf("left after %s", d)
			}
		})
	}
}

func TestALostAnswerIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	for _, f := range []wechatsim.Fault{{Drop: true}, {Truncate: true}, {Status: 500}, {Status: 503}, {HTML: true}} {
		sim, c := simulated(t)
		// A first login would leave a live connection behind, on which net/http sends a GET again by itself.
		if _, err := c.Code2Session(t.Context(), codeOf(t, sim, "bob")); err != nil {
			t.Fatal(err)
		}
		f.API = "jscode2session"
		if err := sim.Fault(f); err != nil {
			t.Fatal(err)
		}
		code := codeOf(t, sim, leakOpen)
		_, err := c.Code2Session(t.Context(), code)
		wantFault(t, err, fault.Unavailable, "unavailable")
		wantNoLeak(t, err, code)
		if n := len(sim.Log()); n != 2 {
			t.Errorf("%+v: %d calls, want two", f, n)
		}
	}
}

func TestTheClientItselfPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := client(t, "https://api.weixin.qq.com")
	if text := fmt.Sprintf("%v %+v %#v", c, c, *c); strings.Contains(text, testSecret) {
		t.Errorf("the secret is in %s", text)
	}
}
