package cloud

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// liar is the address in every header of the spoofed requests.
const liar = "203.0.113.9"

// spoofed is a request of a client that claims to be somebody else, by every header that some platform or proxy uses.
func spoofed() call {
	c := call{method: "GET", path: "/"}
	for _, name := range []string{
		"X-Forwarded-For", "X-Real-Ip", "X-Scf-Remote-Addr", "Client-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Cluster-Client-Ip",
		"X-Envoy-External-Address", "Remote-Addr", "Sourceip", "X-Amzn-Source-Ip",
	} {
		c.header = append(c.header, [2]string{name, liar})
	}
	c.header = append(c.header, [2]string{"Forwarded", "for=" + liar + ";host=forged.example"}, [2]string{"X-Forwarded-Host", "forged.example"})
	for _, name := range []string{"X-Request-Id", "X-Scf-Request-Id", "X-Amzn-Requestid", "X-Amzn-Trace-Id", "Lambda-Runtime-Aws-Request-Id", "X-Api-Requestid"} {
		c.header = append(c.header, [2]string{name, "forged"})
	}
	for _, name := range []string{"X-Wx-Openid", "X-Wx-Unionid", "X-Amzn-Oidc-Identity", "X-User", "X-Scf-Uin"} {
		c.header = append(c.header, [2]string{name, "forged"})
	}
	return c
}

// who answers with what a handler can know of its caller.
var who = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	user, _, _ := r.BasicAuth()
	WriteJSON(w, 200, []string{r.RemoteAddr, RequestID(r.Context()), user + r.Header.Get("Authorization") + r.URL.User.String()})
})

func askWho(t *testing.T, decode httpDecoder, event any) []string {
	t.Helper()
	ctx, _ := newLog(t)
	in, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	out, err := httpFunction(decode, who).Invoke(withRequestID(ctx, "invocation"), in)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Body string }
	var got []string
	if json.Unmarshal(out, &answer) != nil || json.Unmarshal([]byte(answer.Body), &got) != nil {
		t.Fatalf("%s: %s", in, out)
	}
	return got
}

// TestOnlyThePlatformSaysWhoCalls: headers of a client are neither its address nor a request id nor an identity.
func TestOnlyThePlatformSaysWhoCalls(t *testing.T) {
	t.Parallel()
	wanted := map[string][]string{
		"AWS 2.0 (HTTP API)":             {"192.0.2.7:0", "req=", ""},
		"AWS 2.0 (function URL)":         {"192.0.2.7:0", "req=", ""},
		"AWS 1.0":                        {"192.0.2.7:0", "req1", ""},
		"AWS 1.0 (single)":               {"192.0.2.7:0", "req1", ""},
		"SCF function URL":               {"", "invocation", ""}, // the platform says it in a header only, if at all
		"SCF function URL (arrays)":      {"", "invocation", ""},
		"SCF function URL (query text)":  {"192.0.2.7:0", "invocation", ""},
		"SCF API Gateway":                {"192.0.2.7:0", "invocation", ""},
		"SCF API Gateway (query as set)": {"192.0.2.7:0", "invocation", ""},
	}
	for name, way := range ways {
		if d := cmp.Diff(wanted[name], askWho(t, way.decode, way.encode(spoofed()))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// A function URL has a header that names its client, but whether it replaces one that the client sent is not settled.
func TestNoHeaderOfSCFIsAnAddress(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`"203.0.113.9"`, `"203.0.113.9:5555"`, `"2001:db8::1"`, `"[2001:db8::1]:5555"`, `"203.0.113.9,192.0.2.7"`, `["203.0.113.9"]`,
		`["203.0.113.9","192.0.2.7"]`, `3405803785`, `true`, `null`, `""`,
	} {
		for _, header := range []string{"x-scf-remote-addr", "X-Scf-Remote-Addr", "X-SCF-Remote-Addr", "x-forwarded-for", "sourceIp"} {
			in := json.RawMessage(`{"httpMethod":"GET","path":"/","headers":{"` + header + `":` + value + `}}`)
			if got := askWho(t, decodeSCF, in)[0]; got != "" {
				t.Errorf("%s: %s: the client is %s", header, value, got)
			}
		}
	}
}

func TestAnAddressOfSCFIsTheContextsOrNone(t *testing.T) {
	t.Parallel()
	for context, want := range map[string]string{
		`"requestContext":{"sourceIp":"192.0.2.7"}`:                   "192.0.2.7:0",
		`"requestContext":{"sourceIp":"192.0.2.7:5555"}`:              "192.0.2.7:5555",
		`"requestContext":{"sourceIp":"2001:db8::1"}`:                 "[2001:db8::1]:0",
		`"requestContext":{"sourceIp":"[2001:db8::1]:5555"}`:          "[2001:db8::1]:5555",
		`"requestContext":{"sourceIp":"192.0.2.7 "}`:                  "",
		`"requestContext":{"sourceIp":"192.0.2.7:70000"}`:             "",
		`"requestContext":{"sourceIp":"203.0.113.9, 192.0.2.7"}`:      "",
		`"requestContext":{"sourceIp":"fe80::1%eth0"}`:                "",
		`"requestContext":{"sourceIp":null,"serviceId":"service-1"}`:  "",
		`"requestContext":{"sourceIp":"","serviceId":"service-1"}`:    "",
		`"requestContext":{"sourceIp":["192.0.2.7"]}`:                 "",
		`"requestContext":{"sourceIp":3221225991}`:                    "",
		`"requestContext":{"sourceIp":"unknown"}`:                     "",
		`"requestContext":{"identity":{"sourceIp":"192.0.2.8"}}`:      "",
		`"requestContext":{}`:                                         "",
		`"requestContext":[]`:                                         "",
		`"requestContext":null`:                                       "",
		`"queryString":{"sourceIp":"::1"},"body":"","sourceIp":"::1"`: "",
	} {
		in := json.RawMessage(`{"httpMethod":"GET","path":"/","headers":{"x-scf-remote-addr":"` + liar + `"},` + context + `}`)
		if got := askWho(t, decodeSCF, in)[0]; got != want {
			t.Errorf("%s: %q, want %q", context, got, want)
		}
	}
}

func TestAnAddressOfAWSIsTheContextsOrNone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		`{"httpMethod":"GET","path":"/","headers":{"x-request-id":"forged"}}`:                             {"", "invocation", ""},
		`{"requestContext":{"http":{"method":"GET","sourceIp":"2001:db8::1"}}}`:                           {"[2001:db8::1]:0", "invocation", ""},
		`{"requestContext":{"http":{"method":"GET","sourceIp":"test-invoke-source-ip"}}}`:                 {"", "invocation", ""},
		`{"requestContext":{"http":{"method":"GET","sourceIp":"203.0.113.9, 192.0.2.7"}}}`:                {"", "invocation", ""},
		`{"requestContext":{"http":{"method":"GET"}},"headers":{"sourceIp":"203.0.113.9","http":"x"}}`:    {"", "invocation", ""},
		`{"httpMethod":"GET","path":"/","multiValueHeaders":{"requestContext":["x"],"identity":["::1"]}}`: {"", "invocation", ""},
	} {
		if d := cmp.Diff(want, askWho(t, decodeAWS, json.RawMessage(in))); d != "" {
			t.Errorf("%s: %s", in, d)
		}
	}
}

// A handler sees the headers of the client and nothing the platform knows: who is authorized is ours to say, by the
// Authorization header alone.
func TestNoIdentityComesFromTheEvent(t *testing.T) {
	t.Parallel()
	identity := map[string]any{
		"secretId": "forged", "user": "forged", "caller": "forged", "userArn": "forged", "cognitoIdentityId": "forged", "accountId": "forged",
		"apiKey": "forged",
	}
	for name, way := range ways {
		e := way.encode(call{method: "GET", path: "/", header: [][2]string{{"Authorization", "Bearer mine"}, {"X-Mine", "1"}}})
		context, _ := e["requestContext"].(map[string]any)
		if context == nil {
			context = map[string]any{}
			e["requestContext"] = context
		}
		context["identity"], context["authorizer"], context["authentication"] = identity, map[string]any{"principalId": "forged", "lambda": identity}, identity
		e["userInfo"], e["openid"], e["multiValueCookies"] = identity, "forged", []string{"forged"}
		in, _ := json.Marshal(e)
		decoded, _, err := way.decode(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := decoded.request(t.Context())
		var seen []string
		for header, values := range r.Header {
			seen = append(seen, header+": "+strings.Join(values, ","))
		}
		slices.Sort(seen)
		if d := cmp.Diff([]string{"Authorization: Bearer mine", "X-Mine: 1"}, seen); d != "" || r.URL.User != nil || strings.Contains(r.RequestURI, "forged") {
			t.Errorf("%s: %s %s", name, r.RequestURI, d)
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
