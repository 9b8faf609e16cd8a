//go:build !scf

package cloud

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
)

// call is a request, told once and sent in every way there is.
type call struct {
	method string
	path   string // percent-encoded
	query  string
	header [][2]string
	body   string
	base64 bool // the gateway encodes the body
}

// reply is an answer, however it came back; the request id is blanked after it was compared with the header.
type reply struct {
	Status int
	Header map[string]string
	Body   string
}

// sender sends a call one of the ways.
type sender func(t *testing.T, ctx context.Context, h http.Handler, c call) reply

var senders = map[string]sender{
	"net/http":           sendPlain,
	"2.0 (HTTP API)":     sendEvent(func(c call) any { return eventV2(c, "abc.execute-api.eu-west-1.amazonaws.com") }),
	"2.0 (function URL)": sendEvent(func(c call) any { return eventV2(c, "abc.lambda-url.eu-west-1.on.aws") }),
	"1.0":                sendEvent(eventV1),
	"1.0 (single)":       sendEvent(eventV1Single),
}

func sendPlain(t *testing.T, ctx context.Context, h http.Handler, c call) reply {
	t.Helper()
	srv := httptest.NewUnstartedServer(Wrap(h))
	srv.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	srv.Start()
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), c.method, srv.URL+c.target(), strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range c.header {
		req.Header.Add(kv[0], kv[1])
	}
	res, err := srv.Client().Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return normal(t, res.StatusCode, res.Header, body)
}

func (c call) target() string {
	if c.query == "" {
		return c.path
	}
	return c.path + "?" + c.query
}

func (c call) sentBody() string {
	if c.base64 {
		return base64.StdEncoding.EncodeToString([]byte(c.body))
	}
	return c.body
}

// sendEvent runs the function, bytes in and bytes out, and reads either form of answer.
func sendEvent(encode func(call) any) sender {
	return func(t *testing.T, ctx context.Context, h http.Handler, c call) reply {
		t.Helper()
		in, err := json.Marshal(encode(c))
		if err != nil {
			t.Fatal(err)
		}
		return invoke(t, ctx, h, in)
	}
}

func invoke(t *testing.T, ctx context.Context, h http.Handler, in []byte) reply {
	t.Helper()
	raw, err := httpFunction(h).Invoke(ctx, in)
	if err != nil {
		t.Fatalf("the function failed: %v", err)
	}
	var out struct {
		StatusCode        int
		Headers           map[string]string
		MultiValueHeaders http.Header
		Cookies           []string
		Body              string
		IsBase64Encoded   bool
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	maps.Copy(header, out.MultiValueHeaders)
	for name, value := range out.Headers {
		header.Set(name, value)
	}
	for _, c := range out.Cookies {
		header.Add("Set-Cookie", c)
	}
	body := []byte(out.Body)
	if out.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(out.Body); err != nil {
			t.Fatal(err)
		}
	}
	return normal(t, out.StatusCode, header, body)
}

func normal(t *testing.T, status int, header http.Header, body []byte) reply {
	t.Helper()
	id := header.Get("X-Request-Id")
	if id == "" {
		t.Error("the answer has no request id")
	}
	text := string(body)
	if strings.Contains(text, `"request_id"`) && !strings.Contains(text, `"request_id":"`+id+`"`) {
		t.Errorf("the header has request id %s, the body is %s", id, text)
	}
	out := reply{status, map[string]string{}, strings.ReplaceAll(text, id, "ID")}
	for name, values := range header {
		out.Header[name] = strings.Join(values, ",")
	}
	for _, name := range []string{"Date", "Content-Length", "X-Request-Id"} { // the transport's, and what differs
		delete(out.Header, name)
	}
	return out
}

func eventV2(c call, domain string) any {
	path := c.path
	if !strings.Contains(domain, "lambda-url") {
		path, _ = url.PathUnescape(c.path)
	}
	headers, cookies := map[string]string{}, []string(nil)
	for _, kv := range c.header {
		name := strings.ToLower(kv[0])
		switch old, ok := headers[name]; {
		case name == "cookie":
			cookies = append(cookies, strings.Split(kv[1], "; ")...)
		case ok:
			headers[name] = old + "," + kv[1]
		default:
			headers[name] = kv[1]
		}
	}
	return map[string]any{
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": c.query, "headers": headers, "cookies": cookies,
		"requestContext": map[string]any{
			"domainName": domain, "requestId": "req=",
			"http": map[string]any{"method": c.method, "path": path, "sourceIp": "192.0.2.7"},
		},
		"body": c.sentBody(), "isBase64Encoded": c.base64,
	}
}

func eventV1(c call) any {
	headers := map[string][]string{"Host": {"api.example"}}
	for _, kv := range c.header {
		headers[kv[0]] = append(headers[kv[0]], kv[1])
	}
	query, _ := url.ParseQuery(c.query)
	return map[string]any{
		"resource": "/{proxy+}", "path": c.path, "httpMethod": c.method, "multiValueHeaders": headers, "multiValueQueryStringParameters": query,
		"requestContext": map[string]any{"requestId": "req1", "identity": map[string]any{"sourceIp": "192.0.2.7"}},
		"body":           c.sentBody(), "isBase64Encoded": c.base64,
	}
}

// eventV1Single has the maps with one value each, beside multi-value maps where there are several.
func eventV1Single(c call) any {
	e := eventV1(c).(map[string]any)
	for multi, single := range map[string]string{"multiValueHeaders": "headers", "multiValueQueryStringParameters": "queryStringParameters"} {
		one, several := map[string]string{}, map[string][]string{}
		all, ok := e[multi].(map[string][]string)
		if !ok {
			all = e[multi].(url.Values)
		}
		for name, values := range all {
			one[name] = values[len(values)-1]
			if len(values) > 1 {
				several[name] = values
			}
		}
		e[multi], e[single] = several, one
	}
	return e
}

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
		"repeated keys":         {call{method: "GET", path: "/echo/", query: "a=1&a=2&b=%26+%2B&%E5%A5%96=%F0%9F%8E%81"}, 201, `"query":{"a":["1","2"],"b":["\u0026 +"],"奖":["🎁"]}`},
		"key without value":     {call{method: "GET", path: "/echo/", query: "a&b="}, 201, `"query":{"a":[""],"b":[""]}`},
		"duplicate headers":     {call{method: "GET", path: "/echo/", header: [][2]string{{"X-Many", "a"}, {"X-Many", "b"}}}, 201, `"many":"a,b"`},
		"text body":             {call{method: "POST", path: "/echo/", body: `{"name":"奖"}`, header: [][2]string{{"Content-Type", "application/json"}}}, 201, `"form":"application/json"`},
		"base64 body":           {call{method: "PUT", path: "/echo/", body: "\x00\xff\xfe", base64: true}, 201, `"body":"AP/+"`},
		"empty body":            {call{method: "POST", path: "/echo/"}, 201, `"length":0`},
		"largest body":          {call{method: "POST", path: "/echo/", body: big}, 201, `"length":65536`},
		"oversize body":         {call{method: "POST", path: "/echo/", body: big + "x"}, 413, `"code":"too_large"`},
		"head":                  {call{method: "HEAD", path: "/echo/a"}, 201, ""},
		"head of an error":      {call{method: "HEAD", path: "/busy"}, 503, ""},
		"nothing written":       {call{method: "GET", path: "/nothing"}, 200, ""},
		"status thrice":         {call{method: "GET", path: "/hints"}, 202, ""},
		"no content":            {call{method: "DELETE", path: "/gone/1"}, 204, ""},
		"binary answer":         {call{method: "GET", path: "/binary"}, 200, "\xff\x00\xfe"},
		"own caching":           {call{method: "GET", path: "/cached"}, 200, "<b>kept</b>"},
		"cookies":               {call{method: "GET", path: "/cookies", header: [][2]string{{"Cookie", "a=1; b=2"}}}, 200, ""},
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
			for way, send := range senders {
				if d := cmp.Diff(want, send(t, ctx, testMux(), tt.call)); d != "" {
					t.Errorf("%s (- net/http, + this):\n%s", way, d)
				}
			}
		})
	}
}

func TestAnEncodedSlashStaysInItsSegmentWhereTheGatewayKeepsIt(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /one/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.PathValue("id")) })
	for _, way := range []string{"net/http", "2.0 (function URL)", "1.0"} {
		ctx, _ := newLog(t)
		got := senders[way](t, ctx, mux, call{method: "GET", path: "/one/a%2Fb%3Fc"})
		if got.Status != 200 || got.Body != "a/b?c" {
			t.Errorf("%s: %d %s", way, got.Status, got.Body)
		}
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/echo/", "/panic", "/nowhere", "/cached", "/busy"} {
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
	}
}

// TestOnlyThePlatformSaysWhoCalls: headers of a client are neither its address nor a request id.
func TestOnlyThePlatformSaysWhoCalls(t *testing.T) {
	t.Parallel()
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteJSON(w, 200, []string{r.RemoteAddr, RequestID(r.Context()), r.Host})
	})
	forged := call{method: "GET", path: "/", header: [][2]string{
		{"X-Forwarded-For", "203.0.113.9"},
		{"X-Real-Ip", "203.0.113.9"},
		{"X-Request-Id", "forged"},
		{"X-Amzn-Requestid", "forged"},
		{"Lambda-Runtime-Aws-Request-Id", "forged"},
	}}
	tests := map[string]struct {
		event any
		want  []string
	}{
		"2.0": {eventV2(forged, "api.example"), []string{"192.0.2.7:0", "req=", "api.example"}},
		"1.0": {eventV1(forged), []string{"192.0.2.7:0", "req1", "api.example"}},
		"no context": {
			map[string]any{"httpMethod": "GET", "headers": map[string]string{"x-request-id": "forged"}},
			[]string{"", "invocation", ""},
		},
		"IPv6 in brackets": {
			map[string]any{"requestContext": map[string]any{"http": map[string]string{"method": "GET", "sourceIp": "2001:db8::1"}}},
			[]string{"[2001:db8::1]:0", "invocation", ""},
		},
		"odd address": {
			map[string]any{"requestContext": map[string]any{"http": map[string]string{"method": "GET", "sourceIp": "test-invoke-source-ip"}}},
			[]string{"", "invocation", ""},
		},
	}
	for name, tt := range tests {
		ctx, _ := newLog(t)
		ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "invocation"})
		in, _ := json.Marshal(tt.event)
		out, err := httpFunction(who).Invoke(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Body string }
		var got []string
		if json.Unmarshal(out, &answer) != nil || json.Unmarshal([]byte(answer.Body), &got) != nil {
			t.Fatalf("%s: %s", name, out)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestARandomRequestIDIsMadeWhereThePlatformGivesNone(t *testing.T) {
	t.Parallel()
	ctx, _ := newLog(t)
	seen := map[string]bool{}
	for range 100 {
		_, rec := withRecord(ctx)
		seen[rec.id] = true
	}
	if len(seen) != 100 || seen[""] {
		t.Errorf("%d different ids of 100", len(seen))
	}
}

func TestAnOddEventIsMalformedAndNotAnError(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"nothing":           ``,
		"no JSON":           `{"version":`,
		"null":              `null`,
		"array":             `[1]`,
		"text":              `"GET /"`,
		"empty":             `{}`,
		"no method":         `{"version":"2.0","rawPath":"/"}`,
		"no absolute path":  `{"httpMethod":"GET","path":"echo/a"}`,
		"no absolute path2": `{"rawPath":"http://evil.example/","requestContext":{"http":{"method":"GET"}}}`,
		"headers array":     `{"httpMethod":"GET","path":"/","headers":["hunter2"]}`,
		"headers of arrays": `{"rawPath":"/","headers":{"a":["hunter2"]},"requestContext":{"http":{"method":"GET"}}}`,
		"number version":    `{"version":2,"rawPath":"/","requestContext":{"http":{"method":"GET"}}}`,
		"object body":       `{"httpMethod":"POST","path":"/","body":{"a":"hunter2"}}`,
		"context is text":   `{"httpMethod":"POST","path":"/","requestContext":"hunter2"}`,
		"bad base64":        `{"httpMethod":"POST","path":"/","body":"hunter2!","isBase64Encoded":true}`,
		"bad base64 flag":   `{"httpMethod":"POST","path":"/","body":"","isBase64Encoded":"hunter2"}`,
		"number in query":   `{"httpMethod":"GET","path":"/","queryStringParameters":{"a":1}}`,
	} {
		ctx, book := newLog(t)
		got := invoke(t, ctx, testMux(), []byte(in))
		if got.Status != 400 || !strings.Contains(got.Body, `"code":"malformed"`) {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
		recs := book.records(t)
		if len(recs) != 1 || recs[0]["code"] != "malformed" || recs[0]["error"] == nil {
			t.Errorf("%s: the log is %v", name, recs)
		}
		if strings.Contains(book.String(), "hunter2") {
			t.Errorf("%s: a value is in the log", name)
		}
	}
}

func TestAnAnswerHasTheFormOfItsEvent(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"httpMethod":"GET","path":"/nothing"}`:                             "multiValueHeaders",
		`{"version":"1.0","httpMethod":"GET","headers":7}`:                   "multiValueHeaders",
		`{"rawPath":"/nothing","requestContext":{"http":{"method":"GET"}}}`:  "headers",
		`{"version":"2.0","headers":7}`:                                      "headers",
		`{"rawPath":"/panic","requestContext":{"http":{"method":"DELETE"}}}`: "headers",
	} {
		ctx, _ := newLog(t)
		raw, err := httpFunction(testMux()).Invoke(ctx, []byte(in))
		var out map[string]json.RawMessage
		if err != nil || json.Unmarshal(raw, &out) != nil || out[want] == nil || out["statusCode"] == nil || string(out["isBase64Encoded"]) != "false" {
			t.Errorf("%s: %s, %v", in, raw, err)
		}
		if out["headers"] != nil && out["multiValueHeaders"] != nil {
			t.Errorf("%s: both forms", in)
		}
	}
}

func TestAnEmptyListOfValuesDoesNotHideTheSingleValue(t *testing.T) {
	t.Parallel()
	ctx, _ := newLog(t)
	got := invoke(t, ctx, testMux(), []byte(`{"httpMethod":"GET","path":"/echo/","headers":{"X-Many":"a"},"multiValueHeaders":{"X-Many":null},
		"queryStringParameters":{"q":"1"},"multiValueQueryStringParameters":{"q":[]}}`))
	if !strings.Contains(got.Body, `"many":"a"`) || !strings.Contains(got.Body, `"query":{"q":["1"]}`) {
		t.Error(got.Body)
	}
}

func FuzzAnyEventIsAnswered(f *testing.F) {
	for _, c := range []call{
		{method: "GET", path: "/echo/%2541", query: "a=1&b"},
		{method: "POST", path: "/echo/", body: "\xff", base64: true, header: [][2]string{{"Cookie", "a=1"}, {"X-Many", "1"}}},
	} {
		for _, e := range []any{eventV2(c, "x.lambda-url.y"), eventV2(c, ""), eventV1(c), eventV1Single(c)} {
			in, _ := json.Marshal(e)
			f.Add(in)
		}
	}
	f.Add([]byte(`{"httpMethod":"CONNECT","path":"/\u0000?#%zz"}`))
	f.Add([]byte(`{"headers":null,"cookies":[null],"multiValueHeaders":{"a":null},"httpMethod":"*","path":"/*"}`))
	mux := testMux()
	f.Fuzz(func(t *testing.T, in []byte) {
		ctx, book := newLog(t)
		got := invoke(t, ctx, mux, in)
		if got.Status < 200 || got.Status > 599 || got.Header["X-Content-Type-Options"] != "nosniff" {
			t.Errorf("%d %v", got.Status, got.Header)
		}
		if got.Status == 500 && !strings.Contains(string(in), "/panic") && !strings.Contains(string(in), "/status0") {
			t.Errorf("500, the log is %s", book)
		}
	})
}
