package cloud

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnOddEventIsMalformedAndNotAnError(t *testing.T) {
	t.Parallel()
	both := map[string]string{
		"nothing":           ``,
		"no JSON":           `{"version":`,
		"null":              `null`,
		"array":             `[1]`,
		"text":              `"GET /"`,
		"empty":             `{}`,
		"no method":         `{"version":"2.0","rawPath":"/","path":"/"}`,
		"no absolute path":  `{"httpMethod":"GET","path":"echo/a"}`,
		"host before path":  `{"httpMethod":"GET","path":"http://evil.example/"}`,
		"headers array":     `{"httpMethod":"GET","path":"/","headers":["hunter2"]}`,
		"headers of object": `{"httpMethod":"GET","path":"/","headers":{"hunter2":{"a":"hunter2"}}}`,
		"object body":       `{"httpMethod":"POST","path":"/","body":{"a":"hunter2"}}`,
		"bad base64":        `{"httpMethod":"POST","path":"/","body":"hunter2!","isBase64Encoded":true}`,
		"bad base64 flag":   `{"httpMethod":"POST","path":"/","body":"","isBase64Encoded":"hunter2"}`,
		"object in query":   `{"httpMethod":"GET","path":"/","queryStringParameters":{"hunter2":{"a":"hunter2"}}}`,
		"a timer's (SCF)":   `{"Type":"Timer","TriggerName":"EveryMinute","Time":"2026-11-23T14:00:00Z","Message":"hunter2"}`,
		"a timer's (AWS)":   `{"source":"aws.scheduler","time":"2026-11-23T14:00:00Z","detail":"hunter2"}`,
	}
	only := map[string]map[string]string{
		"AWS": {
			"no absolute path2": `{"rawPath":"http://evil.example/","requestContext":{"http":{"method":"GET"}}}`,
			"headers of arrays": `{"rawPath":"/","headers":{"a":["hunter2"]},"requestContext":{"http":{"method":"GET"}}}`,
			"number version":    `{"version":2,"rawPath":"/","requestContext":{"http":{"method":"GET"}}}`,
			"context is text":   `{"httpMethod":"POST","path":"/","requestContext":"hunter2"}`,
			"number in query":   `{"httpMethod":"GET","path":"/","queryStringParameters":{"a":1}}`,
		},
		"SCF": {
			"method is number": `{"httpMethod":5,"path":"/"}`,
			"query is number":  `{"httpMethod":"GET","path":"/","queryString":5}`,
			"query is array":   `{"httpMethod":"GET","path":"/","queryString":["hunter2"]}`,
			"list in a list":   `{"httpMethod":"GET","path":"/","queryString":{"hunter2":["hunter2",["hunter2"]]}}`,
			"header list":      `{"httpMethod":"GET","path":"/","headers":{"hunter2":[["hunter2"]]}}`,
		},
	}
	for cloud, decode := range map[string]httpDecoder{"AWS": decodeAWS, "SCF": decodeSCF} {
		for _, cases := range []map[string]string{both, only[cloud]} {
			for name, in := range cases {
				ctx, book := newLog(t)
				got := invoke(t, ctx, decode, testMux(), []byte(in))
				if got.Status != 400 || !strings.Contains(got.Body, `"code":"malformed"`) {
					t.Errorf("%s, %s: %d %s", cloud, name, got.Status, got.Body)
				}
				recs := book.records(t)
				if len(recs) != 1 || recs[0]["code"] != "malformed" || recs[0]["error"] == nil {
					t.Errorf("%s, %s: the log is %v", cloud, name, recs)
				}
				if strings.Contains(book.String(), "hunter2") {
					t.Errorf("%s, %s: a value is in the log", cloud, name)
				}
				for line := range strings.Lines(strings.TrimPrefix(fmt.Sprint(recs[0]["error"]), "malformed: ")) {
					if !strings.HasPrefix(line, "cloud: ") {
						t.Errorf("%s, %s: the log has what is not our words: %s", cloud, name, line)
					}
				}
			}
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
		raw, err := httpFunction(decodeAWS, testMux()).Invoke(ctx, []byte(in))
		var out map[string]json.RawMessage
		if err != nil || json.Unmarshal(raw, &out) != nil || out[want] == nil || out["statusCode"] == nil || string(out["isBase64Encoded"]) != "false" {
			t.Errorf("%s: %s, %v", in, raw, err)
		}
		if out["headers"] != nil && out["multiValueHeaders"] != nil {
			t.Errorf("%s: both forms", in)
		}
	}
}

// Without a statusCode SCF would answer 200 with the value itself.
func TestAnAnswerOfSCFHasAllItsFields(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"httpMethod":"GET","path":"/nothing"}`: `200 false`,
		`{"httpMethod":"GET","path":"/binary"}`:  `200 true`,
		`{"httpMethod":"GET","path":"/panic"}`:   `500 false`,
		`{"httpMethod":"HEAD","path":"/echo/"}`:  `201 false`,
		`[]`:                                     `400 false`,
		`{"httpMethod":"GET","path":"/cookies","headers":{"Cookie":"a=1; b=2"}}`:        `200 false "1,2" ["re-a=1","re-b=2"]`,
		`{"httpMethod":"GET","path":"/cookies","headers":{"cookie":["a=1","b=2"]}}`:     `200 false "1,2" ["re-a=1","re-b=2"]`,
		`{"httpMethod":"GET","path":"/cookies","headers":{"cookie":"a=1","x-odd":[]}}`:  `200 false "1,2" "re-a=1"`,
		`{"httpMethod":"GET","path":"/cookies","headers":null,"body":null,"extra":[1]}`: `200 false "1,2" `,
	} {
		ctx, _ := newLog(t)
		raw, err := httpFunction(decodeSCF, testMux()).Invoke(ctx, []byte(in))
		var out struct {
			StatusCode      json.RawMessage            `json:"statusCode"`
			Headers         map[string]json.RawMessage `json:"headers"`
			Body            *string                    `json:"body"`
			IsBase64Encoded json.RawMessage            `json:"isBase64Encoded"`
		}
		if err != nil || json.Unmarshal(raw, &out) != nil || out.Body == nil {
			t.Errorf("%s: %s, %v", in, raw, err)
		}
		got := string(out.StatusCode) + " " + string(out.IsBase64Encoded)
		if two := out.Headers["X-Two"]; two != nil {
			got += " " + string(two) + " " + string(out.Headers["Set-Cookie"])
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestAnEmptyListOfValuesDoesNotHideTheSingleValue(t *testing.T) {
	t.Parallel()
	ctx, _ := newLog(t)
	got := invoke(t, ctx, decodeAWS, testMux(), []byte(`{"httpMethod":"GET","path":"/echo/","headers":{"X-Many":"a"},"multiValueHeaders":{"X-Many":null},
		"queryStringParameters":{"q":"1"},"multiValueQueryStringParameters":{"q":[]}}`))
	if !strings.Contains(got.Body, `"many":"a"`) || !strings.Contains(got.Body, `"query":{"q":["1"]}`) {
		t.Error(got.Body)
	}
}

func TestValuesOfSCFMayHaveAnyType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"queryString":{"a":"true","b":true,"c":false,"d":null,"e":1.50,"f":[],"g":["x",2,true,null]}`: `"query":{"a":["true"],"b":[""],"c":["false"],"d":[""],"e":["1.50"],"g":["x","2","",""]}`,
		`"queryString":"?a=1&b&a=%2B"`:                                            `"query":{"a":["1","+"],"b":[""]}`,
		`"queryString":"a=%zz&b=1"`:                                               `"query":{"b":["1"]}`,
		`"queryString":"","queryStringParameters":{"a":"1"}`:                      `"query":{"a":["1"]}`,
		`"queryString":null,"queryStringParameters":"a=1"`:                        `"query":{"a":["1"]}`,
		`"queryString":{"a":["1","2"]},"queryStringParameters":{"a":"1","b":"3"}`: `"query":{"a":["1","2"],"b":["3"]}`,
		`"queryString":"a=2","queryStringParameters":"a=1&b=3"`:                   `"query":{"a":["2"],"b":["3"]}`,
		`"headers":{"x-many":["a",1]}`:                                            `"many":"a,1"`,
		`"headers":{"x-many":true}`:                                               `"many":"true"`,
		`"headers":{"x-many":7}`:                                                  `"many":"7"`,
		`"headers":{"X-Many":"1","x-many":"2"}`:                                   `"many":"1,2"`,
		`"headers":{"x-many":null}`:                                               `"many":""`,
		`"body":null,"isBase64Encoded":null`:                                      `"length":0`,
		`"requestContext":"odd"`:                                                  `"length":0`,
	} {
		ctx, _ := newLog(t)
		got := invoke(t, ctx, decodeSCF, testMux(), []byte(`{"httpMethod":"GET","path":"/echo/",`+in+`}`))
		if got.Status != 201 || !strings.Contains(got.Body, want) {
			t.Errorf("%s: %d %s", in, got.Status, got.Body)
		}
	}
}

// Whether a function URL sends the path decoded is not documented.
func TestAPathThatCannotBeDecodedIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/echo/100%": "100%", "/echo/抽 奖": "抽 奖", "/echo/%E5%A5%96": "奖", "/echo/a?b=c": "a?b=c"} {
		ctx, _ := newLog(t)
		in, _ := json.Marshal(map[string]string{"httpMethod": "GET", "path": path})
		got := invoke(t, ctx, decodeSCF, testMux(), in)
		if got.Status != 201 || !strings.Contains(got.Body, `"rest":"`+want+`"`) || !strings.Contains(got.Body, `"query":{}`) {
			t.Errorf("%s: %d %s", path, got.Status, got.Body)
		}
	}
}

func TestAnEventWithoutARawPathHasItsOtherPath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		`{"requestContext":{"http":{"method":"GET","path":"/echo/a"}}}`:                      201,
		`{"rawPath":"/echo/a","requestContext":{"http":{"method":"GET","path":"/nowhere"}}}`: 201,
		`{"requestContext":{"http":{"method":"GET"}}}`:                                       404,
	} {
		ctx, _ := newLog(t)
		if got := invoke(t, ctx, decodeAWS, testMux(), []byte(in)); got.Status != want || want == 201 && !strings.Contains(got.Body, `"rest":"a"`) {
			t.Errorf("%s: %d %s", in, got.Status, got.Body)
		}
	}
}

// What was half read reaches nobody.
func TestARefusedEventKeepsItsMethodOnly(t *testing.T) {
	t.Parallel()
	full := event{"id", "192.0.2.7", "HEAD", "api.example", "/a%20b", true, "q=1", http.Header{"Authorization": {"Bearer hunter2"}}, []byte("hunter2")}
	r := full.refused().request(t.Context())
	body, err := io.ReadAll(r.Body)
	if r.Method != "HEAD" || r.RequestURI != "/" || r.Host+r.RemoteAddr != "" || len(r.Header) != 0 || len(body) != 0 || r.ContentLength != 0 || err != nil {
		t.Errorf("%+v, %s, %v", r, body, err)
	}
}

// As net/http does: Host is a field of the request, and nothing is left to be decoded of a transfer.
func TestHeadersOfTheTransportDoNotReachAHandler(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		in := mustJSON(t, way.encode(call{method: "POST", path: "/", body: "x", header: [][2]string{{"Transfer-Encoding", "chunked"}, {"X-Mine", "1"}}}))
		e, _, err := way.decode([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		r := e.request(t.Context())
		if d := cmp.Diff(http.Header{"X-Mine": {"1"}}, r.Header); d != "" || r.Host == "" {
			t.Errorf("%s: host %q, %s", name, r.Host, d)
		}
	}
}

// Events are objects, and the order of an object is nobody's.
func TestOneEventIsAlwaysTheSameRequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		decode httpDecoder
		in     string
		want   http.Header
		query  string
	}{
		{
			decodeAWS, `{"httpMethod":"GET","path":"/","multiValueHeaders":{"x-a":["3"],"X-a":["2"],"X-A":["1","1"],"X-B":[]},
				"headers":{"X-A":"9","X-a":"2","x-A":"9","x-b":"6","X-b":"5","X-B":"4"},
				"multiValueQueryStringParameters":{"q":["1","2"],"Q":[]},"queryStringParameters":{"q":"2","Q":"3"}}`,
			http.Header{"X-A": {"1", "1", "2", "3"}, "X-B": {"4", "5", "6"}},
			"Q=3&q=1&q=2",
		},
		{
			decodeAWS, `{"rawPath":"/","rawQueryString":"q=1","headers":{"x-a":"3","X-a":"2","X-A":"1","cookie":"c=9"},"cookies":["a=1","b=2"],
				"requestContext":{"http":{"method":"GET"}}}`,
			http.Header{"X-A": {"1", "2", "3"}, "Cookie": {"a=1; b=2"}},
			"q=1",
		},
		{
			decodeSCF, `{"httpMethod":"GET","path":"/","headers":{"x-a":["3","4"],"X-a":"2","X-A":"1"},"queryString":{"b":["2","1"],"a":"1"}}`,
			http.Header{"X-A": {"1", "2", "3", "4"}},
			"a=1&b=2&b=1",
		},
	} {
		for range 200 {
			e, _, err := tt.decode([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			r := e.request(t.Context())
			if d := cmp.Diff(tt.want, r.Header); d != "" || r.URL.RawQuery != tt.query {
				t.Errorf("%s: query %s, header %s", tt.in, r.URL.RawQuery, d)
				break
			}
		}
	}
}
