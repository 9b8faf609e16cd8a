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
	"slices"
	"strings"
	"testing"
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

// way is one form of event: who decodes it and how a gateway would have made it.
type way struct {
	decode httpDecoder
	encode func(call) map[string]any
}

var ways = map[string]way{
	"AWS 2.0 (HTTP API)":             {decodeAWS, func(c call) map[string]any { return eventV2(c, "abc.execute-api.eu-west-1.amazonaws.com") }},
	"AWS 2.0 (function URL)":         {decodeAWS, func(c call) map[string]any { return eventV2(c, "abc.lambda-url.eu-west-1.on.aws") }},
	"AWS 1.0":                        {decodeAWS, eventV1},
	"AWS 1.0 (single)":               {decodeAWS, eventV1Single},
	"SCF function URL":               {decodeSCF, eventURL},
	"SCF function URL (arrays)":      {decodeSCF, eventURLArrays},
	"SCF function URL (query text)":  {decodeSCF, eventURLText},
	"SCF API Gateway":                {decodeSCF, eventGateway},
	"SCF API Gateway (query as set)": {decodeSCF, eventGatewaySet},
}

// send runs the function, bytes in and bytes out, and reads any form of answer.
func (w way) send(t *testing.T, ctx context.Context, h http.Handler, c call) reply {
	t.Helper()
	in, err := json.Marshal(w.encode(c))
	if err != nil {
		t.Fatal(err)
	}
	return invoke(t, ctx, w.decode, h, in)
}

func invoke(t *testing.T, ctx context.Context, decode httpDecoder, h http.Handler, in []byte) reply {
	t.Helper()
	raw, err := httpFunction(decode, h).Invoke(ctx, in)
	if err != nil {
		t.Fatalf("the function failed: %v", err)
	}
	return readAnswer(t, raw)
}

func readAnswer(t *testing.T, raw []byte) reply {
	t.Helper()
	var out struct {
		StatusCode        int
		Headers           map[string]any
		MultiValueHeaders http.Header
		Cookies           []string
		Body              string
		IsBase64Encoded   bool
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%.200s: %v", raw, err)
	}
	header := http.Header{}
	maps.Copy(header, out.MultiValueHeaders)
	for name, value := range out.Headers {
		if text, ok := value.(string); ok {
			header.Set(name, text)
			continue
		}
		for _, one := range value.([]any) {
			header.Add(name, one.(string))
		}
	}
	for _, c := range out.Cookies {
		header.Add("Set-Cookie", c)
	}
	body := []byte(out.Body)
	if out.IsBase64Encoded {
		var err error
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
	var failed errorBody
	if json.Unmarshal(body, &failed) == nil && failed.Error.Code != "" && failed.Error.RequestID != id {
		t.Errorf("the header has request id %s, the body is %s", id, body)
	}
	out := reply{status, map[string]string{}, strings.ReplaceAll(string(body), mustJSON(t, id), `"ID"`)}
	for name, values := range header {
		out.Header[name] = strings.Join(values, ",")
	}
	for _, name := range []string{"Date", "Content-Length", "X-Request-Id"} { // the transport's, and what differs
		delete(out.Header, name)
	}
	return out
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

// names are the ways whose names begin with a prefix, in order.
func names(prefix string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		if strings.HasPrefix(name, prefix) {
			all = append(all, name)
		}
	}
	return all
}
