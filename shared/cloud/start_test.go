package cloud

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// startVariable makes the test binary a cloud function of the kind it names.
const startVariable = "CLOUD_TEST_START"

func TestMain(m *testing.M) {
	switch os.Getenv(startVariable) {
	case "http":
		mux := testMux()
		mux.HandleFunc("GET /library", func(http.ResponseWriter, *http.Request) { log.Print("a library's failure") })
		mux.HandleFunc("GET /sleep", func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) })
		StartHTTP(mux)
	case "timer":
		StartTimer(func(_ context.Context, t Timer) error { return act(t.Message) })
	case "call":
		StartCall(func(ctx context.Context, payload []byte) (any, error) { return RequestID(ctx), act(string(payload)) })
	default:
		os.Exit(m.Run())
	}
}

// act does what it is told.
func act(what string) error {
	switch strings.Trim(what, `"`) {
	case "fail":
		return errors.New("the reason")
	case "panic":
		panic("boom")
	case "sleep":
		time.Sleep(time.Hour)
	}
	return nil
}

// outcome is what a platform learns of an invocation.
type outcome struct {
	out     []byte
	failure string // the text of the error, "" without one
	exit    bool   // the library wants the process to be replaced
}

// invocation is what a platform sends.
type invocation struct {
	id      string
	payload string
	limit   time.Duration
}

// child is the test binary run as a function, on the library of the build's cloud.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	log    *logBook
	end    sync.Once
	invoke func(invocation) outcome
}

func startChild(t *testing.T, kind string) *child {
	t.Helper()
	c := newChild(t, kind)
	c.invoke = c.startPlatform()
	return c
}

func newChild(t *testing.T, kind string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.Command(self), log: &logBook{}}
	c.cmd.Env = append(os.Environ(), startVariable+"="+kind)
	c.cmd.Stderr = c.log
	return c
}

// run starts the process and ends it with the test.
func (c *child) run() {
	c.t.Helper()
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(c.stop)
}

func (c *child) stop() {
	c.end.Do(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
}

// records ends the process, so that its whole log is there.
func (c *child) records() []map[string]any {
	c.t.Helper()
	c.stop()
	return c.log.records(c.t)
}

// request invokes and insists on an answer before the limit.
func (c *child) request(path string, limit time.Duration) reply {
	c.t.Helper()
	in := mustJSON(c.t, ways[startWay].encode(call{method: "GET", path: path, query: "a=1&a=2"}))
	begin := time.Now()
	got := c.invoke(invocation{"invocation", in, limit})
	if got.failure != "" || got.exit {
		c.t.Fatalf("%s: the function failed: %s", path, got.failure)
	}
	if took := time.Since(begin); took >= limit {
		c.t.Errorf("%s: took %v of %v", path, took, limit)
	}
	return readAnswer(c.t, got.out)
}

func TestAStartedHandlerAnswersThroughTheLibrary(t *testing.T) {
	t.Parallel()
	c := startChild(t, "http")
	for _, tt := range []struct {
		path   string
		status int
		part   string
	}{
		{"/echo/%E5%A5%96", 201, `"rest":"奖"`},
		{"/panic", 500, `"code":"internal"`},
		{"/much/x/7000000", 500, `"code":"internal"`},
		{"/much/x/5900000", 200, "xxx"},
		{"/nowhere", 404, `"code":"route_not_found"`},
		{"/library", 200, ""},
		{"/echo/after", 201, `"query":{"a":["1","2"]}`},
	} {
		if got := c.request(tt.path, 30*time.Second); got.Status != tt.status || !strings.Contains(got.Body, tt.part) {
			t.Errorf("%s: %d %.300s", tt.path, got.Status, got.Body)
		}
	}
	if got := c.request("/sleep", 5*time.Second); got.Status != 503 {
		t.Errorf("a handler that sleeps: %d %s", got.Status, got.Body)
	}
	for _, in := range []string{`{}`, `[1]`, `{"Type":"Timer"}`} {
		if got := c.invoke(invocation{"odd", in, 30 * time.Second}); got.failure != "" || readAnswer(t, got.out).Status != 400 {
			t.Errorf("%s: %s %s", in, got.out, got.failure)
		}
	}
	recs := c.records()
	if recs[0]["msg"] != "start" || recs[0]["version"] != Version || recs[0]["commit"] != Commit {
		t.Errorf("the log begins with %v", recs[0])
	}
	failure := func(rec map[string]any) bool { return rec["msg"] == "a library's failure" && rec["level"] == "ERROR" }
	if !slices.ContainsFunc(recs, failure) {
		t.Errorf("what a library logs is no error record: %v", recs)
	}
	if last := recs[len(recs)-1]; last["msg"] != "request" || last["request_id"] != "odd" && startWay != "AWS 2.0 (HTTP API)" {
		t.Errorf("the log ends with %v", last)
	}
}

// jobOutcomes are the outcomes of doing each thing act knows, and of a request.
func (c *child) jobOutcomes(event func(what string) string) map[string]outcome {
	c.t.Helper()
	all := map[string]outcome{}
	for _, what := range []string{"fail", "panic", "nothing"} { // the last one shows that the process lives
		all[what] = c.invoke(invocation{"invocation", event(what), 30 * time.Second})
	}
	all["request"] = c.invoke(invocation{"invocation", mustJSON(c.t, ways[startWay].encode(call{method: "GET", path: "/"})), 30 * time.Second})
	begin := time.Now()
	all["sleep"] = c.invoke(invocation{"invocation", event("sleep"), 2 * time.Second})
	if took := time.Since(begin); took >= 2*time.Second {
		c.t.Errorf("what sleeps was given up after %v of two seconds", took)
	}
	return all
}

func TestAStartedTickReportsThroughTheLibrary(t *testing.T) {
	t.Parallel()
	c := startChild(t, "timer")
	got := c.jobOutcomes(func(what string) string { return mustJSON(t, map[string]string{startMessage: what}) })
	for what, o := range got {
		want := errTickFailed.Error() // the reason is in the log
		if what == "nothing" {
			want = ""
		}
		if o.failure != want || o.exit || what == "nothing" && string(o.out) != "null" {
			t.Errorf("%s: %s %q, exit %v", what, o.out, o.failure, o.exit)
		}
	}
	var reasons []any
	for _, rec := range c.records() {
		if rec["msg"] == "tick" {
			reasons = append(reasons, rec["request_id"], rec["error"])
		}
	}
	want := []any{"invocation", "the reason", "invocation", errJobPanic.Error(), "invocation", nil, "invocation", errHTTPEvent.Error(), "invocation", errJobGaveUp.Error()}
	if a, b := mustJSON(t, reasons), mustJSON(t, want); a != b {
		t.Errorf("the log has %s, want %s", a, b)
	}
}

func TestAStartedCallAnswersThroughTheLibrary(t *testing.T) {
	t.Parallel()
	c := startChild(t, "call")
	got := c.jobOutcomes(func(what string) string { return `"` + what + `"` })
	for what, want := range map[string]string{
		"nothing": "", "fail": "the reason", "panic": errJobPanic.Error(), "request": errHTTPEvent.Error(), "sleep": errJobGaveUp.Error(),
	} {
		if o := got[what]; o.failure != want || o.exit || what == "nothing" && string(o.out) != `"invocation"` {
			t.Errorf("%s: %s %q, exit %v", what, o.out, o.failure, o.exit)
		}
	}
	if !slices.ContainsFunc(c.records(), func(rec map[string]any) bool { return rec["panic"] == "boom" }) {
		t.Errorf("the panic is not in the log: %s", c.log)
	}
}
