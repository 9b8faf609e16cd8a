package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/cmd/local/gateway"
)

func TestEventOfAnHTTPAPIIsPayloadFormatTwo(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "http://127.0.0.1:8080/events/a%20b%2Fc?x=1&x=2&y=%C3%A9&z", strings.NewReader(`{"title":"喜"}`))
	r.RemoteAddr = "192.0.2.7:1234"
	r.Header.Set("User-Agent", "tester")
	r.Header.Set("Authorization", "Bearer abc")
	r.Header.Add("X-Two", "1")
	r.Header.Add("X-Two", "2")
	r.Header.Add("Cookie", "a=1; b=2")
	r.Header.Add("Cookie", "c=3")
	s := &script{}
	serve(t, gateway.HTTPAPI, s, r)

	var got map[string]any
	if err := json.Unmarshal(s.event, &got); err != nil {
		t.Fatal(err)
	}
	context := got["requestContext"].(map[string]any)
	ms := context["timeEpoch"].(float64)
	if age := time.Since(time.UnixMilli(int64(ms))); age < 0 || age > time.Minute {
		t.Errorf("timeEpoch is %v old", age)
	}
	if id, _ := context["requestId"].(string); len(id) != 16 {
		t.Errorf("requestId %q", id)
	}
	for _, changing := range []string{"timeEpoch", "time", "requestId", "authentication"} {
		delete(context, changing)
	}
	want := map[string]any{
		"version": "2.0", "routeKey": "$default",
		"rawPath": "/events/a b/c", "rawQueryString": "x=1&x=2&y=%C3%A9&z",
		"cookies": []any{"a=1", "b=2", "c=3"},
		"headers": map[string]any{
			"authorization": "Bearer abc", "host": "127.0.0.1:8080", "user-agent": "tester", "x-two": "1,2",
			"x-forwarded-for": "192.0.2.7", "x-forwarded-port": "8080", "x-forwarded-proto": "http",
		},
		"queryStringParameters": map[string]any{"x": "1,2", "y": "é", "z": ""},
		"requestContext": map[string]any{
			"routeKey": "$default", "accountId": "000000000000", "stage": "$default", "apiId": "local",
			"domainName": "127.0.0.1:8080", "domainPrefix": "local",
			"http": map[string]any{
				"method": "POST", "path": "/events/a b/c", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "tester",
			},
		},
		"body": `{"title":"喜"}`, "isBase64Encoded": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestAnswerOfAnHTTPAPIBecomesHTTP(t *testing.T) {
	t.Parallel()
	s := &script{answer: `{"statusCode":201,"headers":{"X-One":"a,b"},"cookies":["k=1","l=2"],"body":"AAH/","isBase64Encoded":true}`}
	res := serve(t, gateway.HTTPAPI, s, httptest.NewRequest("GET", "/events", nil))
	if res.StatusCode != 201 || bodyOf(t, res) != "\x00\x01\xff" {
		t.Errorf("answer is %d", res.StatusCode)
	}
	if diff := cmp.Diff(http.Header{"X-One": {"a,b"}, "Set-Cookie": {"k=1", "l=2"}}, res.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}
