package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wxlottery/cmd/local/gateway"
)

func TestEventOfAFunctionURL(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "http://127.0.0.1:8080/events/a%20b%2Fc?x=1&x=2&y=%C3%A9&z&w=&v&v=1&u=%zz&t=a+b", strings.NewReader(`{"title":"喜"}`))
	r.RemoteAddr = "192.0.2.7:1234"
	r.Header.Set("Authorization", "Bearer abc")
	r.Header.Add("X-Two", "1")
	r.Header.Add("X-Two", "2")
	r.Header.Set("Cookie", "a=1; b=2")
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	r.Header.Add("X-Scf-Remote-Addr", "198.51.100.1")
	r.Header.Add("X-Scf-Remote-Addr", "198.51.100.2")
	r.Header.Set("X-Scf-Request-Id", "mine")
	s := &script{}
	serve(t, gateway.FunctionURL, s, r)

	var got map[string]any
	if err := json.Unmarshal(s.event, &got); err != nil {
		t.Fatal(err)
	}
	headers := got["headers"].(map[string]any)
	if id, _ := headers["x-scf-request-id"].(string); len(id) != 16 {
		t.Errorf("x-scf-request-id %q", id)
	}
	delete(headers, "x-scf-request-id")
	want := map[string]any{
		"httpMethod": "POST", "path": "/events/a%20b%2Fc",
		"headers": map[string]any{
			"authorization": "Bearer abc", "host": "127.0.0.1:8080", "x-two": []any{"1", "2"}, "cookie": "a=1; b=2",
			"x-forwarded-for": "198.51.100.1", "x-scf-remote-addr": "192.0.2.7",
		},
		"queryString": map[string]any{"x": []any{"1", "2"}, "y": "é", "z": true, "w": "", "v": []any{"", "1"}, "t": "a b"},
		"body":        `{"title":"喜"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestEventOfAFunctionURLWithNothingInIt(t *testing.T) {
	t.Parallel()
	s := &script{}
	r := httptest.NewRequest("GET", "http://h/events", nil)
	r.RemoteAddr = "[2001:db8::1]:80"
	serve(t, gateway.FunctionURL, s, r)
	var got map[string]any
	if err := json.Unmarshal(s.event, &got); err != nil {
		t.Fatal(err)
	}
	delete(got["headers"].(map[string]any), "x-scf-request-id")
	want := map[string]any{
		"httpMethod": "GET", "path": "/events", "queryString": map[string]any{}, "body": "",
		"headers": map[string]any{"host": "h", "x-scf-remote-addr": "2001:db8::1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestAnswerToAFunctionURLBecomesHTTP(t *testing.T) {
	t.Parallel()
	s := &script{answer: `{"statusCode":201,"headers":{"x-one":"a,b","Set-Cookie":["k=1","l=2"]},"body":"AAH/","isBase64Encoded":true}`}
	res := serve(t, gateway.FunctionURL, s, httptest.NewRequest("GET", "/events", nil))
	if res.StatusCode != 201 || bodyOf(t, res) != "\x00\x01\xff" {
		t.Errorf("answer is %d", res.StatusCode)
	}
	if diff := cmp.Diff(http.Header{"X-One": {"a,b"}, "Set-Cookie": {"k=1", "l=2"}}, res.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestOddHeaderInAnAnswerIsRefused(t *testing.T) {
	t.Parallel()
	s := &script{answer: `{"statusCode":200,"headers":{"x-one":{"a":1}}}`}
	if res := serve(t, gateway.FunctionURL, s, httptest.NewRequest("GET", "/events", nil)); res.StatusCode != 500 {
		t.Errorf("status %d", res.StatusCode)
	}
}
