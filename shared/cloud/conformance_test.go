package cloud

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestARequestHasTheSameAnswerOnEveryWay(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", BodyLimit)
	tests := map[string]struct {
		call   call
		status int
		part   string // of the body
	}{
		"plain":                 {call{method: "GET", path: "/echo/a"}, 201, `"rest":"a"`},
		"space":                 {call{method: "GET", path: "/echo/a%20b"}, 201, `"rest":"a b"`},
		"percent":               {call{method: "GET", path: "/echo/100%25"}, 201, `"rest":"100%"`},
		"percent twice":         {call{method: "GET", path: "/echo/%2541"}, 201, `"rest":"%41"`},
		"plus":                  {call{method: "GET", path: "/echo/a+b%2Bc"}, 201, `"rest":"a+b+c"`},
		"Chinese":               {call{method: "GET", path: "/echo/%E6%8A%BD%E5%A5%96"}, 201, `"rest":"抽奖"`},
		"question mark in path": {call{method: "GET", path: "/echo/a%3Fb%23c"}, 201, `"rest":"a?b#c"`},
		"repeated keys":         {call{method: "GET", path: "/echo/", query: "a=2&a=1&b=%26+%2B&a=2"}, 201, `"query":{"a":["2","1","2"],"b":["\u0026 +"]}`},
		"Chinese key":           {call{method: "GET", path: "/echo/", query: "%E5%A5%96=%F0%9F%8E%81"}, 201, `"query":{"奖":["🎁"]}`},
		"key without value":     {call{method: "GET", path: "/echo/", query: "a&b="}, 201, `"query":{"a":[""],"b":[""]}`},
		"repeated and empty":    {call{method: "GET", path: "/echo/", query: "a&a=true&a"}, 201, `"query":{"a":["","true",""]}`},
		"no query":              {call{method: "GET", path: "/echo/"}, 201, `"query":{}`},
		"duplicate headers":     {call{method: "GET", path: "/echo/", header: [][2]string{{"X-Many", "a"}, {"X-Many", "b"}}}, 201, `"many":"a,b"`},
		"text body":             {call{method: "POST", path: "/echo/", body: `{"name":"奖"}`, header: [][2]string{{"Content-Type", "application/json"}}}, 201, `"form":"application/json"`},
		"base64 of text":        {call{method: "POST", path: "/echo/", body: "奖", base64: true}, 201, `"body":"5aWW"`},
		"binary body":           {call{method: "PUT", path: "/echo/", body: "\x00\xff\xfe", base64: true}, 201, `"body":"AP/+"`},
		"empty body":            {call{method: "POST", path: "/echo/"}, 201, `"length":0`},
		"empty base64 body":     {call{method: "POST", path: "/echo/", base64: true}, 201, `"declared":0`},
		"largest body":          {call{method: "POST", path: "/echo/", body: big}, 201, `"length":65536`},
		"oversize body":         {call{method: "POST", path: "/echo/", body: big + "x"}, 413, `"code":"too_large"`},
		"oversize binary body":  {call{method: "POST", path: "/echo/", body: big + "\xff", base64: true}, 413, `"code":"too_large"`},
		"head":                  {call{method: "HEAD", path: "/echo/a"}, 201, ""},
		"head of an error":      {call{method: "HEAD", path: "/busy"}, 503, ""},
		"options":               {call{method: "OPTIONS", path: "/echo/a"}, 201, `"method":"OPTIONS"`},
		"options, no such":      {call{method: "OPTIONS", path: "/gone/1"}, 405, `"code":"method_not_allowed"`},
		"nothing written":       {call{method: "GET", path: "/nothing"}, 200, ""},
		"status thrice":         {call{method: "GET", path: "/hints"}, 202, ""},
		"no content":            {call{method: "DELETE", path: "/gone/1"}, 204, ""},
		"binary answer":         {call{method: "GET", path: "/binary"}, 200, "\xff\x00\xfe"},
		"oversize answer":       {call{method: "GET", path: "/much/x/6000001"}, 500, `"code":"internal"`},
		"own caching":           {call{method: "GET", path: "/cached"}, 200, "<b>kept</b>"},
		"cookies":               {call{method: "GET", path: "/cookies", header: [][2]string{{"Cookie", "a=1; b=2"}}}, 200, ""},
		"one cookie":            {call{method: "GET", path: "/cookies", header: [][2]string{{"Cookie", "a=1"}}}, 200, ""},
		"panic":                 {call{method: "GET", path: "/panic"}, 500, `"code":"internal"`},
		"impossible status":     {call{method: "GET", path: "/status0"}, 500, `"code":"internal"`},
		"unavailable":           {call{method: "GET", path: "/busy"}, 503, `"code":"unavailable"`},
		"not found":             {call{method: "GET", path: "/none"}, 404, `"code":"event_not_found"`},
		"no route":              {call{method: "GET", path: "/nowhere"}, 404, `"code":"route_not_found"`},
		"no such method":        {call{method: "PATCH", path: "/gone/1"}, 405, `"code":"method_not_allowed"`},
		"unclean path":          {call{method: "GET", path: "//echo//a"}, 307, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, _ := newLog(t)
			want := sendPlain(t, ctx, testMux(), tt.call)
			if want.Status != tt.status || !strings.Contains(want.Body, tt.part) || tt.call.method == "HEAD" && want.Body != "" {
				t.Errorf("net/http: %d %.300q", want.Status, want.Body)
			}
			for name, way := range ways {
				if got := way.send(t, ctx, testMux(), tt.call); !cmp.Equal(want, got) {
					want.Body, got.Body = want.Body[:min(1000, len(want.Body))], got.Body[:min(1000, len(got.Body))]
					t.Errorf("%s (- net/http, + this):\n%s", name, cmp.Diff(want, got))
				}
			}
		})
	}
}

// What counts is the length of the JSON text, and there are three forms of that.
func TestAnAnswerThatNoPlatformTakesIsA500OnEveryForm(t *testing.T) {
	t.Parallel()
	for path, tt := range map[string]struct {
		method string
		status int
	}{
		"/much/x/5990000":   {"GET", 200},
		"/much/x/6000000":   {"GET", 500},
		"/much/%FF/4490000": {"GET", 200}, // base64 makes four bytes of three
		"/much/%FF/4510000": {"GET", 500},
		"/much/%22/2990000": {"GET", 200}, // an escape makes two bytes of a quotation mark
		"/much/%22/3010000": {"GET", 500},
		"/much/%01/1001000": {"GET", 500}, // and six of a control character
		"/much/a/6000000":   {"HEAD", 500},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			for _, name := range []string{"AWS 2.0 (function URL)", "AWS 1.0", "SCF function URL"} {
				ctx, book := newLog(t)
				in := mustJSON(t, ways[name].encode(call{method: tt.method, path: path}))
				raw, err := httpFunction(ways[name].decode, testMux()).Invoke(ctx, []byte(in))
				if err != nil || len(raw) > 6<<20 {
					t.Errorf("%s: %d bytes, %v", name, len(raw), err)
				}
				rec := book.records(t)[0]
				if rec["status"] != float64(tt.status) || !strings.Contains(string(raw), fmt.Sprintf(`"statusCode":%d`, tt.status)) {
					t.Errorf("%s: %v %.300s", name, rec, raw)
				}
				if tt.status == 500 && (rec["error"] != errAnswer.Error() || rec["level"] != "ERROR" || rec["code"] != "internal") {
					t.Errorf("%s: the log is %v", name, rec)
				}
			}
		})
	}
}

// The forms differ in length, and an answer that one of them has no room for is refused in all.
func TestAnAnswerIsMeasuredInItsLongestForm(t *testing.T) {
	t.Parallel()
	for values, want := range map[int]int{1000: 200, 20_000: 500} { // each makes one byte in two of the forms, three in the other
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["X-Many"] = make([]string, values)
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, strings.Repeat("x", 5_970_000))
		})
		for name, way := range ways {
			ctx, _ := newLog(t)
			if got := way.send(t, ctx, h, call{method: "GET", path: "/"}); got.Status != want {
				t.Errorf("%s, %d values: %d", name, values, got.Status)
			}
		}
	}
}

func TestAnEncodedSlashStaysInItsSegmentWhereTheGatewayKeepsIt(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /one/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.PathValue("id")) })
	request := call{method: "GET", path: "/one/a%2Fb%3Fc"}
	ctx, _ := newLog(t)
	answers := map[string]reply{"net/http": sendPlain(t, ctx, mux, request)}
	for name, way := range ways {
		if name != "AWS 2.0 (HTTP API)" {
			answers[name] = way.send(t, ctx, mux, request)
		}
	}
	for name, got := range answers {
		if got.Status != 200 || got.Body != "a/b?c" {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/echo/", "/panic", "/nowhere", "/cached", "/busy", "/much/x/7000000"} {
		ctx, _ := newLog(t)
		got := sendPlain(t, ctx, testMux(), call{method: "GET", path: path}).Header
		want := map[string]string{
			"X-Content-Type-Options":    "nosniff",
			"Referrer-Policy":           "no-referrer",
			"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
			"Strict-Transport-Security": "max-age=31536000",
			"Cache-Control":             "no-store",
		}
		if path == "/cached" {
			want["Cache-Control"] = "public, max-age=31536000, immutable"
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %q", path, name, got[name])
			}
		}
		if wait := got["Retry-After"]; (wait == "1") != (path == "/busy") {
			t.Errorf("%s: Retry-After is %q", path, wait)
		}
		if got["Set-Cookie"] != "" {
			t.Errorf("%s: a cookie of the answer that was not given", path)
		}
	}
}
