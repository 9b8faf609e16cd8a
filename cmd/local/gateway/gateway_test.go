package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/cmd/local/gateway"
	"wxlottery/cmd/local/lambda"
)

// A script plays a function: it keeps the last event and gives the answer or error it is told to.
type script struct {
	event  []byte
	answer string
	err    error
}

func (s *script) Invoke(_ context.Context, event []byte) ([]byte, error) {
	s.event = event
	return []byte(s.answer), s.err
}

const okAnswer = `{"statusCode":200,"headers":{"content-type":"text/plain"},"body":"fine"}`

func serve(t *testing.T, s *script, r *http.Request) *http.Response {
	t.Helper()
	if s.answer == "" {
		s.answer = okAnswer
	}
	quiet := slog.New(slog.DiscardHandler)
	w := httptest.NewRecorder()
	gateway.New(map[string]gateway.Invoker{"events": s}, quiet).ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEventIsPayloadFormatTwo(t *testing.T) {
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
	serve(t, s, r)

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

func TestBodyThatIsNoTextTravelsAsBase64(t *testing.T) {
	t.Parallel()
	s := &script{}
	serve(t, s, httptest.NewRequest("POST", "/events", bytes.NewReader([]byte{0xff, 0x00, 0x01})))
	var got struct {
		Body            string
		IsBase64Encoded bool
	}
	if err := json.Unmarshal(s.event, &got); err != nil {
		t.Fatal(err)
	}
	if got.Body != "/wAB" || !got.IsBase64Encoded {
		t.Errorf("event has %+v", got)
	}
}

func TestAnswerBecomesHTTP(t *testing.T) {
	t.Parallel()
	s := &script{answer: `{"statusCode":201,"headers":{"X-One":"a,b"},"cookies":["k=1","l=2"],"body":"AAH/","isBase64Encoded":true}`}
	res := serve(t, s, httptest.NewRequest("GET", "/events", nil))
	if res.StatusCode != 201 || bodyOf(t, res) != "\x00\x01\xff" {
		t.Errorf("answer is %d", res.StatusCode)
	}
	if diff := cmp.Diff(http.Header{"X-One": {"a,b"}, "Set-Cookie": {"k=1", "l=2"}}, res.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestFirstSegmentFindsTheFunction(t *testing.T) {
	t.Parallel()
	for path, found := range map[string]bool{
		"/events": true, "/events/": true, "/events/x/winners": true, "/events//x": true, "/%65vents": true,
		"/": false, "/eventsx": false, "/x/events": false, "//events": false, "/Events": false,
	} {
		s := &script{}
		res := serve(t, s, httptest.NewRequest("GET", "http://host"+path, nil))
		if found != (res.StatusCode == 200) || found != (s.event != nil) {
			t.Errorf("%s: status %d, invoked %v", path, res.StatusCode, s.event != nil)
		}
	}
}

func TestErrorsOfTheGateway(t *testing.T) {
	t.Parallel()
	wrap := func(err error) error { return fmt.Errorf("events: %w", err) }
	small, big := strings.Repeat("x", gateway.BodyLimit), strings.Repeat("x", gateway.BodyLimit+1)
	for name, c := range map[string]struct {
		path, body string
		script     script
		status     int
		code       string
	}{
		"unknown route":      {path: "/nowhere", status: 404, code: "route_not_found"},
		"body at the limit":  {path: "/events", body: small, status: 200},
		"body over it":       {path: "/events", body: big, status: 413, code: "too_large"},
		"no free instance":   {path: "/events", script: script{err: wrap(lambda.ErrThrottled)}, status: 503, code: "unavailable"},
		"shutting down":      {path: "/events", script: script{err: wrap(lambda.ErrClosed)}, status: 503, code: "unavailable"},
		"crash":              {path: "/events", script: script{err: wrap(lambda.ErrCrashed)}, status: 500, code: "internal"},
		"deadline":           {path: "/events", script: script{err: wrap(lambda.ErrTimeout)}, status: 500, code: "internal"},
		"function error":     {path: "/events", script: script{err: &lambda.FunctionError{Payload: []byte("{}")}}, status: 500, code: "internal"},
		"anything else":      {path: "/events", script: script{err: errors.New("secret cause")}, status: 500, code: "internal"},
		"answer is no JSON":  {path: "/events", script: script{answer: "hello"}, status: 500, code: "internal"},
		"answer, no status":  {path: "/events", script: script{answer: `{"body":"x"}`}, status: 500, code: "internal"},
		"answer, odd status": {path: "/events", script: script{answer: `{"statusCode":99}`}, status: 500, code: "internal"},
		"answer, bad base64": {path: "/events", script: script{answer: `{"statusCode":200,"body":"?","isBase64Encoded":true}`}, status: 500, code: "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := serve(t, &c.script, httptest.NewRequest("POST", c.path, strings.NewReader(c.body)))
			body := bodyOf(t, res)
			if res.StatusCode != c.status {
				t.Fatalf("status %d: %s", res.StatusCode, body)
			}
			if c.code == "" {
				return
			}
			var got struct {
				Error struct {
					Code, Message string
					RequestID     string `json:"request_id"`
				}
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			id := res.Header.Get("X-Request-Id")
			if got.Error.Code != c.code || got.Error.Message == "" || id == "" || got.Error.RequestID != id {
				t.Errorf("%s with X-Request-Id %q", body, id)
			}
			if (c.status == 503) != (res.Header.Get("Retry-After") == "1") {
				t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
			}
			if strings.Contains(body, "secret cause") {
				t.Error("the cause is shown")
			}
		})
	}
}

// The same over real HTTP, with a real process behind it.
func TestCrashBehindTheGatewayIsOneFailedRequest(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toy")
	if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", path, "../lambda/testdata/toy").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	toy := lambda.New(lambda.Config{Name: "events", Path: path, Cap: 1, Timeout: time.Minute, Wait: time.Minute})
	t.Cleanup(toy.Close)
	server := httptest.NewServer(gateway.New(map[string]gateway.Invoker{"events": toy}, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)

	post := func(body string) (int, string) {
		res, err := http.Post(server.URL+"/events/a%2Fb?q=1", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode, bodyOf(t, res)
	}
	for _, step := range []struct {
		do     string
		status int
		says   string
	}{
		{"http", 200, `"rawPath":"/events/a/b","rawQueryString":"q=1"`},
		{"crash", 500, `"code":"internal"`},
		{"error", 500, `"code":"internal"`},
		{"http", 200, `"sourceIp":"127.0.0.1"`},
	} {
		if status, body := post(fmt.Sprintf(`{"do":%q}`, step.do)); status != step.status || !strings.Contains(body, step.says) {
			t.Errorf("%s: %d %s", step.do, status, body)
		}
	}
}
