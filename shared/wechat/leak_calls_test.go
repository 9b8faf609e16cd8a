package wechat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/wechatsim"
	"wxlottery/shared/fault"
)

// calls are all calls of the package, with arguments that must not be in an error.
var calls = map[string]func(context.Context, *Client) error{
	"jscode2session": func(ctx context.Context, c *Client) error {
		_, err := c.Code2Session(ctx, leakCode)
		return err
	},
	"stable_token":   func(ctx context.Context, c *Client) error { return c.Send(ctx, leakMessage) },
	"subscribe_send": func(ctx context.Context, c *Client) error { return c.Send(ctx, leakMessage) },
	"msg_sec_check": func(ctx context.Context, c *Client) error {
		_, err := c.CheckText(ctx, Text{OpenID: leakOpen, Content: leakWords, Title: leakTitle, Nickname: leakNick})
		return err
	},
	"getwxacodeunlimit": func(ctx context.Context, c *Client) error {
		_, err := c.ShareCode(ctx, CodeRequest{Scene: leakTitle, Page: leakWords})
		return err
	},
}

var leakMessage = Message{OpenID: leakOpen, Template: "result", Page: leakTitle, Data: map[string]string{"thing1": leakWords}}

// hostile is a server that answers one call with these bytes, HTTP or not, and gives out a token whenever it is asked for
// one, unless that is the call.
func hostile(t *testing.T, api, answer string) string {
	t.Helper()
	return listen(t, func(conn net.Conn) { answerOnce(conn, api, answer) })
}

func answerOnce(conn net.Conn, api, answer string) {
	defer func() { _ = conn.Close() }()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	if api != "stable_token" && strings.HasSuffix(r.URL.Path, "stable_token") {
		answer = ok(`{"access_token":"` + leakToken + `","expires_in":7200}`)
	}
	_, _ = conn.Write([]byte(answer))
}

// wantNoAnswer checks the error of a call that was not answered.
func wantNoAnswer(t *testing.T, api string, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	wantNoLeak(t, err)
	if got := FateOf(err); got != NoAnswer || CodeOf(err) != 0 {
		t.Errorf("fate %d, errcode %d of %v, want no answer", got, CodeOf(err), err)
	}
	if !strings.Contains(err.Error(), "wechat: "+api) {
		t.Errorf("error %v does not name %s", err, api)
	}
	if api != "subscribe_send" && api != "stable_token" {
		wantFault(t, err, fault.Unavailable, "unavailable")
	}
}

func TestNoUsableAnswerOfAnyCallLeaksAnything(t *testing.T) {
	t.Parallel()
	answers := unusable()
	answers["a picture cut short"] = ok("\xff\xd8\xff" + leakText)
	answers["a picture of no known kind"] = ok("BM" + leakText)
	answers["far too long"] = ok(leakText + strings.Repeat(" ", imageLimit))
	answers["fields of other types"] = ok(`{"access_token":{"a":"` + leakToken + `"},"result":"` + leakWords + `"}`)
	answers["a token of strange letters"] = ok(`{"access_token":"` + leakToken + ` x","expires_in":7200}`)
	answers["a field named as ours"] = ok(`{"ContentType":"image/jpeg","Bytes":"AAAA"}`)
	for api, call := range calls {
		for name, answer := range answers {
			t.Run(api+"/"+name, func(t *testing.T) {
				t.Parallel()
				wantNoAnswer(t, api, call(t.Context(), client(t, hostile(t, api, answer))))
			})
		}
	}
}

func TestARefusalOfAnyCallLeaksNothing(t *testing.T) {
	t.Parallel()
	for api, call := range calls {
		for _, code := range []string{
			"-1", `"-1"`, "40001", "40002", "40003", "40013", "40014", "40029", "40037", "40125", "40129", "40163", "40169",
			"40226", "41001", "41002", "41004", "41008", "41030", "42001", "43002", "43101", "44002", "45009", `"45009"`, "45011",
			"47001", "47003", "48001", "61010", "1",
		} {
			t.Run(api+"/"+code, func(t *testing.T) {
				t.Parallel()
				answer := fmt.Sprintf(`{"errcode":%s,"errmsg":"%s rid: 65f0a1b2-1a2b3c4d-5e6f7081",%s`, code, leakMuch, leakText[1:])
				c := client(t, hostile(t, api, ok(answer)))
				c.pause = time.Millisecond
				err := call(t.Context(), c)
				wantNoLeak(t, err)
				want := "wechat: " + api + ": errcode " + strings.Trim(code, `"`) + ", rid 65f0a1b2-1a2b3c4d-5e6f7081"
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q in it", err, want)
				}
			})
		}
	}
}

func TestACutTransportOfAnyCallLeaksNothing(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	secured := httptest.NewUnstartedServer(http.NotFoundHandler())
	secured.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshakes
	secured.StartTLS()
	t.Cleanup(secured.Close)
	for _, target := range []string{"http://" + l.Addr().String(), secured.URL, "http://nowhere.invalid"} {
		for api, call := range calls {
			first := "stable_token" // what fails first
			if api == "jscode2session" {
				first = api
			}
			err := call(t.Context(), client(t, target))
			wantNoLeak(t, err)
			if FateOf(err) != NoAnswer || !strings.Contains(err.Error(), first) {
				t.Errorf("%s of %s: %v", api, target, err)
			}
		}
	}
}

func TestAHangingCallIsLeftInTime(t *testing.T) {
	t.Parallel()
	for api, call := range calls {
		for _, who := range []string{"own timeout", "caller's deadline", "caller leaves"} {
			t.Run(api+"/"+who, func(t *testing.T) {
				t.Parallel()
				sim, c := simulated(t)
				if err := sim.Fault(wechatsim.Fault{API: api, LatencyMS: 30_000}); err != nil {
					t.Fatal(err)
				}
				if api != "jscode2session" && api != "stable_token" {
					c.tokens.hold(leakToken, time.Now().Add(time.Hour))
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c.timeout = time.Second // the server's end waits for a fetch that nobody waits for any more
				switch who {
				case "own timeout":
					c.timeout = 50 * time.Millisecond
				case "caller's deadline":
					ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
					defer cancel()
				default:
					time.AfterFunc(50*time.Millisecond, cancel)
				}
				begin := time.Now()
				err := call(ctx, c)
				wantNoAnswer(t, api, err)
				if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
					t.Errorf("error %v does not tell the log why", err)
				}
				if d := time.Since(begin); d > 5*time.Second {
					t.Errorf("left after %s", d)
				}
			})
		}
	}
}

func TestOurOwnRefusalsLeakNothing(t *testing.T) {
	t.Parallel()
	c := client(t, "http://nowhere.invalid")
	_, err := c.CheckText(t.Context(), Text{OpenID: leakOpen, Content: strings.Repeat(leakWords, 200), Title: leakTitle})
	wantFault(t, err, fault.Internal, "internal")
	wantNoLeak(t, err)
	for _, r := range []CodeRequest{{Scene: leakTitle + " "}, {Scene: "x", EnvVersion: leakTitle}} {
		_, err = c.ShareCode(t.Context(), r)
		wantFault(t, err, fault.Internal, "internal")
		wantNoLeak(t, err)
	}
}

func TestAClientWithATokenPrintsNone(t *testing.T) {
	t.Parallel()
	c := client(t, hostile(t, "subscribe_send", ok(`{"errcode":0}`)))
	if err := c.Send(t.Context(), leakMessage); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, *c, *c); strings.Contains(text, leakToken) {
		t.Errorf("the token is in %s", text)
	}
}
