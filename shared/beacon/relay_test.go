package beacon

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/drandsim"
	"wxlottery/shared/vdraw"
)

// leak is what must not be in an error. The hostile relays below put it into everything they can.
const leak = "LEAKhunter2LEAK"

func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// raw makes a host answer every connection with these bytes, HTTP or not.
func (w *world) raw(host, answer string) {
	w.hosts[host] = func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = conn.Write([]byte(answer))
		}
	}
}

// texts are all the ways in which an error and each of its causes may end up in a log.
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

func TestWhateverARelaySaysNoErrorQuotesIt(t *testing.T) {
	t.Parallel()
	lied := `{"round":1000,"signature":"` + leak + `"}`
	for name, answer := range map[string]string{
		"status 500":       "HTTP/1.1 500 " + leak + "\r\nContent-Length: 0\r\n\r\n",
		"status 404":       "HTTP/1.1 404 " + leak + "\r\nContent-Length: 15\r\n\r\n" + leak,
		"status 425":       "HTTP/1.1 425 " + leak + "\r\nContent-Length: 15\r\n\r\n" + leak,
		"no content":       "HTTP/1.1 204 No Content\r\n\r\n",
		"HTML page":        ok("<html>" + leak + "</html>"),
		"empty":            ok(""),
		"null":             ok("null"),
		"array":            ok("[" + lied + "]"),
		"text":             ok(`"` + leak + `"`),
		"lie":              ok(lied),
		"two lies":         ok(lied + lied),
		"half a lie":       ok(lied[:len(lied)-3]),
		"round a text":     ok(`{"round":"` + leak + `"}`),
		"round a fraction": ok(`{"round":1000.5}`),
		"round negative":   ok(`{"round":-1000}`),
		"signature null":   ok(`{"round":1000,"signature":null}`),
		"signature absent": ok(`{"round":1000}`),
		"oversize":         ok(lied + strings.Repeat(leak, answerLimit)),
		"cut short":        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + lied,
		"redirect":         "HTTP/1.1 302 Found\r\nLocation: http://" + leak + "/\r\nContent-Length: 0\r\n\r\n",
		"redirect to junk": "HTTP/1.1 302 Found\r\nLocation: http://%zz" + leak + "\r\nContent-Length: 0\r\n\r\n",
		"not HTTP":         leak + "\r\n\r\n",
		"bad header":       "HTTP/1.1 200 OK\r\n" + leak + "\r\n\r\n",
		"endless header":   "HTTP/1.1 200 OK\r\nA: " + strings.Repeat(leak, headerLimit) + "\r\n\r\n",
		"bad length":       "HTTP/1.1 200 OK\r\nContent-Length: " + leak + "\r\n\r\n",
		"bad chunk":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + leak + "\r\n",
		"bad encoding":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + leak + "\r\n\r\n",
		"zipped":           "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 15\r\n\r\n" + leak,
		"hang up":          "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.raw("bad", answer)
				w.relay("good")
				_, err := w.client(Options{}, "bad").Round(t.Context(), 1000)
				if !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrNotYet) {
					t.Errorf("error %v of no kind", err)
				}
				for _, text := range texts(err) {
					if strings.Contains(text, "LEAK") || strings.Contains(text, vdraw.QuicknetChainHash) {
						t.Errorf("quoted: %s", text)
					}
				}
				wantRound(t, w.client(Options{}, "bad", "good"), 1000)
			})
		})
	}
}

func TestAnEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		taken := 0
		w.serve("a", http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
			for blanks := make([]byte, 1<<10); taken < 16<<20; {
				n, err := out.Write(blanks)
				if err != nil {
					return
				}
				taken += n
			}
		}))
		wantError(t, w.client(Options{}, "a"), 1000, ErrUnavailable, "an answer over 4096 bytes")
		synctest.Wait()
		if taken > 64<<10 {
			t.Errorf("the client took %d bytes", taken)
		}
	})
}

func TestAConnectionThatDiedIsReplaced(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		served := 0
		w.hosts["a"] = func(conn net.Conn) {
			defer func() { _ = conn.Close() }()
			for in := bufio.NewReader(conn); ; {
				req, err := http.ReadRequest(in)
				if err != nil || served == 1 && w.dialled("a") == 1 {
					return // the second request on the first connection gets no answer
				}
				served++
				round := req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]
				signature := recorded(t)[map[string]uint64{"1000": 1000, "1001": 1001}[round]]
				_, _ = conn.Write([]byte(ok(fmt.Sprintf(`{"round":%s,"signature":"%s"}`, round, signature))))
			}
		}
		c := w.client(Options{}, "a")
		wantRound(t, c, 1000)
		wantRound(t, c, 1001)
		if n := w.dialled("a"); n != 2 || served != 2 {
			t.Errorf("%d connections for %d answers, want a second one for the second answer", n, served)
		}
	})
}

func TestAConnectionIsUsedAgainForAWhileOnly(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		sim := w.relay("a")
		c := w.client(Options{}, "a")
		for i, step := range []struct {
			fault drandsim.Kind
			pause time.Duration
			dials int
		}{
			{drandsim.None, 0, 1},
			{drandsim.TooEarly, idleLife / 2, 1}, // what is answered by an error can be used again too
			{drandsim.None, idleLife / 2, 1},
			{drandsim.None, idleLife + time.Second, 2},
		} {
			time.Sleep(step.pause)
			set(t, sim, drandsim.Fault{Kind: step.fault})
			_, err := c.Round(t.Context(), []uint64{1000, 1001, 1001, 255}[i])
			if (err == nil) != (step.fault == drandsim.None) || w.dialled("a") != step.dials {
				t.Errorf("step %d: %d connections, want %d; %v", i, w.dialled("a"), step.dials, err)
			}
		}
	})
}

func TestARequestAsksForNothingCachedAndBringsNoCookies(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		var seen []*http.Request
		sim := drandsim.New(drandsim.Config{Chain: vdraw.Quicknet(), Recorded: recorded(t), Now: longAfter})
		w.serve("a", http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			seen = append(seen, r)
			http.SetCookie(out, &http.Cookie{Name: "who", Value: "you"})
			http.StripPrefix("/_sim/drand", sim).ServeHTTP(out, r)
		}))
		for _, prefix := range []string{"/_sim/drand", "/_sim/drand/"} {
			c := w.client(Options{}, "a"+prefix)
			wantRound(t, c, 1000)
			wantRound(t, c, 1001)
		}
		for _, r := range seen {
			want := http.Header{"Cache-Control": {"no-cache"}, "User-Agent": {"Go-http-client/1.1"}}
			if d := cmp.Diff(want, r.Header); d != "" || r.Method != http.MethodGet {
				t.Errorf("%s with headers (-want +got):\n%s", r.Method, d)
			}
		}
		if len(seen) != 4 || seen[0].RequestURI != "/_sim/drand/"+vdraw.QuicknetChainHash+"/public/1000" {
			t.Errorf("%d requests, the first for %s", len(seen), seen[0].RequestURI)
		}
	})
}

// relayServer is a relay on a real socket.
func relayServer(t *testing.T, start func(http.Handler) *httptest.Server) *httptest.Server {
	t.Helper()
	server := start(drandsim.New(drandsim.Config{Chain: vdraw.Quicknet(), Recorded: recorded(t), Now: longAfter}))
	t.Cleanup(server.Close)
	return server
}

func TestTLSIsCheckedAndSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	var proto string
	server := relayServer(t, func(h http.Handler) *httptest.Server {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			proto = r.Proto
			h.ServeHTTP(w, r)
		}))
		s.EnableHTTP2 = true
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		return s
	})
	patient := Options{Timeout: time.Minute}
	wantError(t, newClient(t, patient, server.URL), 1000, ErrUnavailable, "a certificate that is not trusted")
	c := newClient(t, patient, server.URL)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	c.http.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(c.http.CloseIdleConnections)
	wantRound(t, c, 1000)
	if proto != "HTTP/2.0" {
		t.Errorf("the request came by %s", proto)
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
	c := newClient(t, Options{Timeout: time.Minute}, "http://"+address)
	wantError(t, c, 1000, ErrUnavailable, address+": connection refused")
}

// TestAProxyOfTheEnvironmentIsUsed runs itself in a process of its own, since net/http reads these variables once.
func TestAProxyOfTheEnvironmentIsUsed(t *testing.T) {
	t.Parallel()
	const inside = "BEACON_TEST_BEHIND_PROXY"
	if os.Getenv(inside) != "" {
		c := newClient(t, Options{Timeout: time.Minute}, "http://relay.invalid")
		wantRound(t, c, 1000)
		return
	}
	proxy := relayServer(t, httptest.NewServer)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inside+"=1", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestKindsOfFailureAreTold(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"no answer within 1s":             context.DeadlineExceeded,
		"no answer within 1s ":            fmt.Errorf("get: %w", os.ErrDeadlineExceeded),
		"the connection was closed":       io.EOF,
		"the connection was closed ":      io.ErrUnexpectedEOF,
		"the host's name is not known":    &net.DNSError{Name: leak},
		"no usable connection":            errors.New(leak),
		"a certificate that is not trust": &tls.CertificateVerificationError{Err: errors.New(leak)},
	} {
		if got := kindOf(err, time.Second).Error(); !strings.Contains(got, strings.TrimSpace(want)) {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}

// FuzzAnswer: whatever a relay says is the signature of this round or an error, and the error quotes nothing of it.
func FuzzAnswer(f *testing.F) {
	const good = `{"round":1000,"randomness":"00","signature":"b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b1957` +
		`6350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"}`
	for _, body := range []string{
		good, good + " ", good + good, good[:99], strings.ToUpper(good), strings.Replace(good, "1000", "1e3", 1),
		`{"round":1001}`, `{"round":1000,"signature":null}`, `{"round":1000,"signature":""}`, `[]`, `null`, ``, `"x"`, "\xff",
	} {
		f.Add(200, body, uint64(1000))
		f.Add(425, body, uint64(1000))
	}
	f.Fuzz(func(t *testing.T, status int, body string, round uint64) {
		signature, err := read(status, []byte(body), round)
		switch {
		case err != nil && signature != (vdraw.Signature{}):
			t.Error("an error and a signature")
		case err != nil && len(body) > 40 && strings.Contains(err.Error(), body):
			t.Errorf("the answer is in %v", err)
		case errors.Is(err, ErrNotYet) != (status == http.StatusNotFound || status == http.StatusTooEarly):
			t.Errorf("status %d gives %v", status, err)
		case err == nil && (status != http.StatusOK || len(body) > answerLimit):
			t.Errorf("status %d and %d bytes give a signature", status, len(body))
		case err == nil && !strings.Contains(body, signature.String()) && !strings.Contains(body, `\`):
			t.Errorf("%s is not in %q", signature, body)
		}
	})
}
