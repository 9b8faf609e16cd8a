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
	"strings"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/function/functiontest"
	"wxlottery/cmd/local/gateway"
	"wxlottery/cmd/local/lambda"
	"wxlottery/cmd/local/scf"
)

func TestMain(m *testing.M) { functiontest.Main(m) }

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

// forms are those of the clouds; what does not depend on the form is tried with one of them.
var forms = map[string]gateway.Form{"HTTP API": gateway.HTTPAPI, "function URL": gateway.FunctionURL}

const okAnswer = `{"statusCode":200,"headers":{"content-type":"text/plain"},"body":"fine"}`

func serve(t *testing.T, form gateway.Form, s *script, r *http.Request) *http.Response {
	t.Helper()
	if s.answer == "" {
		s.answer = okAnswer
	}
	quiet := slog.New(slog.DiscardHandler)
	w := httptest.NewRecorder()
	gateway.New(map[string]gateway.Invoker{"events": s}, form, quiet).ServeHTTP(w, r)
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

func TestFirstSegmentFindsTheFunction(t *testing.T) {
	t.Parallel()
	for path, found := range map[string]bool{
		"/events": true, "/events/": true, "/events/x/winners": true, "/events//x": true, "/%65vents": true,
		"/": false, "/eventsx": false, "/x/events": false, "//events": false, "/Events": false,
	} {
		s := &script{}
		res := serve(t, gateway.HTTPAPI, s, httptest.NewRequest("GET", "http://host"+path, nil))
		if found != (res.StatusCode == 200) || found != (s.event != nil) {
			t.Errorf("%s: status %d, invoked %v", path, res.StatusCode, s.event != nil)
		}
	}
}

func TestBodyThatIsNoTextTravelsAsBase64(t *testing.T) {
	t.Parallel()
	for cloud, form := range forms {
		s := &script{}
		serve(t, form, s, httptest.NewRequest("POST", "/events", bytes.NewReader([]byte{0xff, 0x00, 0x01})))
		var got struct {
			Body            string
			IsBase64Encoded bool
		}
		if err := json.Unmarshal(s.event, &got); err != nil {
			t.Fatal(err)
		}
		if got.Body != "/wAB" || !got.IsBase64Encoded {
			t.Errorf("%s: event has %+v", cloud, got)
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
		"no free instance":   {path: "/events", script: script{err: wrap(function.ErrThrottled)}, status: 503, code: "unavailable"},
		"shutting down":      {path: "/events", script: script{err: wrap(function.ErrClosed)}, status: 503, code: "unavailable"},
		"crash":              {path: "/events", script: script{err: wrap(function.ErrCrashed)}, status: 500, code: "internal"},
		"deadline":           {path: "/events", script: script{err: wrap(function.ErrTimeout)}, status: 500, code: "internal"},
		"function error":     {path: "/events", script: script{err: &function.Error{Payload: []byte("{}")}}, status: 500, code: "internal"},
		"anything else":      {path: "/events", script: script{err: errors.New("secret cause")}, status: 500, code: "internal"},
		"answer is no JSON":  {path: "/events", script: script{answer: "hello"}, status: 500, code: "internal"},
		"answer, no status":  {path: "/events", script: script{answer: `{"body":"x"}`}, status: 500, code: "internal"},
		"answer, odd status": {path: "/events", script: script{answer: `{"statusCode":99}`}, status: 500, code: "internal"},
		"answer, bad base64": {path: "/events", script: script{answer: `{"statusCode":200,"body":"?","isBase64Encoded":true}`}, status: 500, code: "internal"},
	} {
		for cloud, form := range forms {
			t.Run(cloud+": "+name, func(t *testing.T) {
				t.Parallel()
				res := serve(t, form, &script{answer: c.script.answer, err: c.script.err}, httptest.NewRequest("POST", c.path, strings.NewReader(c.body)))
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
}

// The same over real HTTP, with a real process behind it.
func TestCrashBehindTheGatewayIsOneFailedRequest(t *testing.T) {
	t.Parallel()
	for tag, c := range map[string]struct {
		protocol     function.Protocol
		form         gateway.Form
		path, client string
	}{
		functiontest.Lambda: {lambda.Protocol{}, gateway.HTTPAPI, `"rawPath":"/events/a/b","rawQueryString":"q=1"`, `"sourceIp":"127.0.0.1"`},
		functiontest.SCF:    {scf.Protocol{}, gateway.FunctionURL, `"path":"/events/a%2Fb"`, `"x-scf-remote-addr":"127.0.0.1"`},
	} {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			toy := function.New(function.Config{
				Name: "events", Path: functiontest.Toy(t, tag), Protocol: c.protocol, Cap: 1, Timeout: time.Minute, Wait: time.Minute,
			})
			t.Cleanup(toy.Close)
			server := httptest.NewServer(gateway.New(map[string]gateway.Invoker{"events": toy}, c.form, slog.New(slog.DiscardHandler)))
			t.Cleanup(server.Close)
			for _, step := range []struct {
				do     string
				status int
				says   string
			}{
				{"http", 200, c.path},
				{"crash", 500, `"code":"internal"`},
				{"error", 500, `"code":"internal"`},
				{"http", 200, c.client},
			} {
				res, err := http.Post(server.URL+"/events/a%2Fb?q=1", "application/json", strings.NewReader(fmt.Sprintf(`{"do":%q}`, step.do)))
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if body := bodyOf(t, res); res.StatusCode != step.status || !strings.Contains(body, step.says) {
					t.Errorf("%s: %d %s", step.do, res.StatusCode, body)
				}
			}
		})
	}
}
