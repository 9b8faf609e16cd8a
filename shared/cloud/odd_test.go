package cloud

import (
	"encoding/json"
	"strings"
	"testing"
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
