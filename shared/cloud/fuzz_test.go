package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func FuzzAWSEvent(f *testing.F) { fuzzHTTP(f, "AWS", decodeAWS) }

func FuzzSCFEvent(f *testing.F) { fuzzHTTP(f, "SCF", decodeSCF) }

// fuzzHTTP: any event is answered, by valid JSON with a status, and the client's address is one of the request context,
// where the platform alone writes.
func fuzzHTTP(f *testing.F, cloud string, decode httpDecoder) {
	for _, c := range []call{
		{method: "GET", path: "/echo/%2541", query: "a=1&b&a=%E5%A5%96"},
		{method: "POST", path: "/echo/", body: "\xff", base64: true, header: [][2]string{{"Cookie", "a=1"}, {"X-Many", "1"}, {"X-Many", "2"}}},
		spoofed(),
	} {
		for _, name := range names(cloud) {
			in, _ := json.Marshal(ways[name].encode(c))
			f.Add(in)
		}
	}
	for _, in := range []string{
		``, `null`, `{}`, `[]`, `{"httpMethod":"GET","path":"/`,
		`{"httpMethod":"CONNECT","path":"/\u0000?#%zz"}`,
		`{"headers":null,"cookies":[null],"multiValueHeaders":{"a":null},"httpMethod":"*","path":"/*"}`,
		`{"httpMethod":"GET","path":"/echo/","queryString":{"a":true,"b":[1,null,"x"],"c":-1.5e9},"headers":{"x-many":[true,false],"x-scf-remote-addr":"192.0.2.7:1"}}`,
		`{"httpMethod":"GET","path":"/echo/","queryString":"?a&b=%zz;c","queryStringParameters":"a=1","requestContext":{"sourceIp":"fe80::1%a,b"}}`,
		`{"httpMethod":"GET","path":"//","body":null,"isBase64Encoded":null,"requestContext":[],"headers":{"Host":["a","b"],"":""}}`,
		`{"Type":"Timer","TriggerName":"a","Time":"2026-11-23T14:00:00Z","Message":""}`,
		`{"requestContext":{"requestId":"&"}}`,
	} {
		f.Add([]byte(in))
	}
	mux := testMux()
	var from string
	watched := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from = r.RemoteAddr
		mux.ServeHTTP(w, r)
	})
	f.Fuzz(func(t *testing.T, in []byte) {
		ctx, book := newLog(t)
		from = ""
		got := invoke(t, ctx, decode, watched, in)
		if got.Status < 200 || got.Status > 599 || got.Header["X-Content-Type-Options"] != "nosniff" {
			t.Errorf("%d %v", got.Status, got.Header)
		}
		if fine := strings.Contains(string(in), "/panic") || strings.Contains(string(in), "/status0") || strings.Contains(string(in), "/much"); got.Status == 500 && !fine {
			t.Errorf("500, the log is %s", book)
		}
		if from == "" {
			return
		}
		at, err := netip.ParseAddrPort(from)
		if err != nil || !addresses(in)[at.Addr()] {
			t.Errorf("the client is %s", from)
		}
	})
}

// addresses are those in texts within an event's request context. It reads tokens and so knows nothing of any decoder's
// structs.
func addresses(in []byte) map[netip.Addr]bool {
	all := map[netip.Addr]bool{}
	d := json.NewDecoder(bytes.NewReader(in))
	var walk func(path []string) error
	walk = func(path []string) error {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch v := token.(type) {
		case string:
			if len(path) > 1 && strings.EqualFold(path[0], "requestContext") {
				addr, _ := netip.ParseAddr(v)
				if port, err := netip.ParseAddrPort(v); err == nil {
					addr = port.Addr()
				}
				all[addr] = true
			}
		case json.Delim:
			for d.More() {
				next := append(path[:len(path):len(path)], "")
				if v == '{' {
					name, err := d.Token()
					if err != nil {
						return err
					}
					next[len(path)] = name.(string)
				}
				if err := walk(next); err != nil {
					return err
				}
			}
			_, err = d.Token()
			return err
		}
		return nil
	}
	_ = walk(nil)
	return all
}

var timerSeeds = []string{
	``, `null`, `[]`, `{`, `{}`, `{"Message":"{\"horizon\":\"0s\"}"}`,
	`{"Type":"Timer","TriggerName":"EveryMinute","Time":"2026-11-23T14:00:00Z","Message":"{\"horizon\":\"0s\"}"}`,
	`{"source":"aws.scheduler","time":"2026-11-23T14:00:00Z","detail":"{}"}`,
	`{"time":5,"detail":[1],"TIME":"0001-01-01T00:00:00Z"}`,
	`{"httpMethod":"GET"}`, `{"requestContext":{"http":{"method":"GET"}}}`, `{"httpmethod":null,"requestContext":[{"http":1}]}`,
	`{"method":"GET","raw_path":"/"}`, `{"method":"GET","path":"/"}`, `{"requestContext":{"connectionId":"a="}}`,
}

func FuzzAWSTimer(f *testing.F) { fuzzTimer(f, decodeAWSTimer) }

func FuzzSCFTimer(f *testing.F) { fuzzTimer(f, decodeSCFTimer) }

// fuzzTimer: any event is a tick with a time, except a request.
func fuzzTimer(f *testing.F, decode timerDecoder) {
	for _, in := range timerSeeds {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		ctx := withLogger(t.Context(), newLogger(io.Discard))
		ran := false
		out, err := timerFunction(decode, func(_ context.Context, timer Timer) error {
			ran = true
			if timer.Time.IsZero() || strings.Contains(timer.Message, "\x00") && !bytes.Contains(in, []byte(`\u0000`)) {
				t.Errorf("%v", timer)
			}
			return nil
		}).Invoke(ctx, in)
		checkRefusal(t, in, ran, out, err)
	})
}

// FuzzCall: any payload reaches the function as it is, except a request.
func FuzzCall(f *testing.F) {
	for _, in := range append(timerSeeds, `{"command":"up"}`, `"up"`) {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		ctx := withLogger(t.Context(), newLogger(io.Discard))
		ran := false
		out, err := callFunction(func(_ context.Context, payload []byte) (any, error) {
			ran = bytes.Equal(payload, in)
			return nil, nil
		}).Invoke(ctx, in)
		checkRefusal(t, in, ran, out, err)
	})
}

func checkRefusal(t *testing.T, in []byte, ran bool, out []byte, err error) {
	t.Helper()
	var e map[string]any
	_ = json.Unmarshal(in, &e)
	context, _ := e["requestContext"].(map[string]any)
	request := e["httpMethod"] != nil || context["http"] != nil || context["httpMethod"] != nil || context["connectionId"] != nil ||
		e["method"] != nil && (e["path"] != nil || e["raw_path"] != nil)
	if request && ran {
		t.Error("a request set the function off")
	}
	if ran != (err == nil) || ran && string(out) != "null" || !ran && !errors.Is(err, errTickFailed) && !errors.Is(err, errHTTPEvent) {
		t.Errorf("ran: %v, %s, %v", ran, out, err)
	}
}
