package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is where TestMain puts the test function.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "toy")
	if err != nil {
		panic(err)
	}
	built = filepath.Join(dir, "toy")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// build compiles the toy, once for all tests.
var build = sync.OnceValue(func() error {
	out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", built, "./testdata/toy").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
})

// safeBuffer takes the logs of several processes.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// newToy makes a function of the toy with bounds wide enough for a slow machine; change may narrow them.
func newToy(t *testing.T, change func(*Config)) *Function {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Name: "toy", Path: built, Env: []string{"COLOUR=blue"}, Cap: 3, Timeout: time.Minute, Wait: time.Minute}
	if change != nil {
		change(&cfg)
	}
	f := New(cfg)
	t.Cleanup(f.Close)
	return f
}

type toyAnswer struct {
	PID    int      `json:"pid"`
	LeftMS int64    `json:"left_ms"`
	ID     string   `json:"id"`
	ARN    string   `json:"arn"`
	Env    []string `json:"env"`
}

func do(t *testing.T, f *Function, event string) toyAnswer {
	t.Helper()
	out, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	var a toyAnswer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return a
}

// settle waits until every instance is idle: they answer a moment before they ask for more.
func settle(t *testing.T, f *Function) {
	t.Helper()
	eventually(t, "idle", func() bool {
		return !slices.ContainsFunc(f.Stats().Instances, func(i InstanceStats) bool { return i.Busy })
	})
}

// eventually waits for what has no call to wait on.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never came true: %s", what)
		}
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// held is an event whose answer waits for open; begun says that the function has it.
type held struct{ event, begin, gate string }

func hold(t *testing.T, do string) held {
	dir := t.TempDir()
	h := held{begin: filepath.Join(dir, "begun"), gate: filepath.Join(dir, "gate")}
	h.event = fmt.Sprintf(`{"do":%q,"touch":%q,"wait":%q}`, do, h.begin, h.gate)
	return h
}

func (h held) begun() bool { return exists(h.begin) }
func (h held) open()       { os.WriteFile(h.gate, nil, 0o600) }

func TestInstanceIsReusedAndToldItsTerms(t *testing.T) {
	t.Parallel()
	f := newToy(t, nil)
	first := do(t, f, `{}`)
	settle(t, f)
	second := do(t, f, `{}`)
	if first.PID != second.PID || first.ID == second.ID {
		t.Errorf("two requests in a row: processes %d and %d, ids %s and %s", first.PID, second.PID, first.ID, second.ID)
	}
	if first.LeftMS < 50_000 || first.LeftMS > 60_000 {
		t.Errorf("time left is %d ms of 60,000", first.LeftMS)
	}
	if first.ARN != "arn:aws:lambda:local:000000000000:function:toy" {
		t.Errorf("arn %q", first.ARN)
	}
}

func TestFunctionSeesOnlyTheEnvironmentItIsGiven(t *testing.T) {
	t.Setenv("LEAK", "yes")
	env := do(t, newToy(t, nil), `{}`).Env
	for _, want := range []string{"COLOUR=blue", "AWS_LAMBDA_FUNCTION_NAME=toy", "_HANDLER=bootstrap", "AWS_REGION=local"} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is missing in %q", want, env)
		}
	}
	if slices.Contains(env, "LEAK=yes") {
		t.Error("the parent's environment leaked")
	}
}

func TestFunctionErrorIsReportedAndTheInstanceLives(t *testing.T) {
	t.Parallel()
	f := newToy(t, nil)
	before := do(t, f, `{}`)
	settle(t, f)
	_, err := f.Invoke(t.Context(), []byte(`{"do":"error"}`))
	if fe := (*FunctionError)(nil); !errors.As(err, &fe) || !strings.Contains(string(fe.Payload), "as ordered") {
		t.Fatalf("error is %v", err)
	}
	settle(t, f)
	if after := do(t, f, `{}`); after.PID != before.PID {
		t.Error("an ordinary error cost the instance")
	}
}

func TestCrashFailsOneRequestAndTheNextGetsANewInstance(t *testing.T) {
	t.Parallel()
	f := newToy(t, nil)
	before := do(t, f, `{}`)
	settle(t, f)
	if _, err := f.Invoke(t.Context(), []byte(`{"do":"crash"}`)); !errors.Is(err, ErrCrashed) {
		t.Fatalf("error is %v", err)
	}
	if after := do(t, f, `{}`); after.PID == before.PID {
		t.Error("the crashed process answered")
	}
	if s := f.Stats(); s.Crashes != 1 || s.Starts != 2 || s.ColdStarts != 2 || s.Invocations != 3 {
		t.Errorf("stats %+v", s)
	}
}

func TestCrashAtStartFailsTheRequest(t *testing.T) {
	t.Parallel()
	log := &safeBuffer{}
	f := newToy(t, func(c *Config) { c.Env, c.Log = []string{"TOY_START=crash"}, log })
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, ErrCrashed) {
		t.Fatalf("error is %v", err)
	}
	if got := log.String(); got != "toy | toy: no start today\n" {
		t.Errorf("log is %q", got)
	}
	if s := f.Stats(); s.ColdStarts != 0 || s.Crashes != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestInstanceThatDiedIdleCostsNoRequest(t *testing.T) {
	t.Parallel()
	f := newToy(t, nil)
	before := do(t, f, `{}`)
	settle(t, f)
	syscall.Kill(before.PID, syscall.SIGKILL)
	eventually(t, "gone", func() bool { return len(f.Stats().Instances) == 0 })
	if after := do(t, f, `{}`); after.PID == before.PID {
		t.Error("a dead process answered")
	}
}

func TestInstanceIsKilledAtTheDeadline(t *testing.T) {
	t.Parallel()
	f := newToy(t, func(c *Config) { c.Timeout = 300 * time.Millisecond })
	begin := time.Now()
	if _, err := f.Invoke(t.Context(), []byte(`{"do":"hang"}`)); !errors.Is(err, ErrTimeout) {
		t.Fatalf("error is %v", err)
	}
	if took := time.Since(begin); took < 300*time.Millisecond {
		t.Errorf("killed after %v already", took)
	}
	do(t, f, `{}`)
	if s := f.Stats(); s.Timeouts != 1 || s.Crashes != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestRequestsAtTheSameTimeGetInstancesOfTheirOwn(t *testing.T) {
	t.Parallel()
	f := newToy(t, nil)
	a, b := hold(t, "a"), hold(t, "b")
	pids := make(chan int, 2)
	for _, h := range []held{a, b} {
		go func() { pids <- do(t, f, h.event).PID }()
	}
	eventually(t, "both at work", func() bool { return a.begun() && b.begun() })
	a.open()
	b.open()
	if one, other := <-pids, <-pids; one == other {
		t.Error("one process served two requests at once")
	}
}

func TestRequestAboveTheCapWaitsForAnInstanceInTurn(t *testing.T) {
	t.Parallel()
	f := newToy(t, func(c *Config) { c.Cap = 1 })
	first := hold(t, "first")
	answers := make(chan string, 3)
	call := func(name, event string) { do(t, f, event); answers <- name }
	go call("first", first.event)
	eventually(t, "first at work", first.begun)
	go call("second", `{}`)
	eventually(t, "second waits", func() bool { return f.waiting() == 1 })
	go call("third", `{}`)
	eventually(t, "third waits", func() bool { return f.waiting() == 2 })
	first.open()
	if got := []string{<-answers, <-answers, <-answers}; !slices.Equal(got, []string{"first", "second", "third"}) {
		t.Errorf("order %q", got)
	}
	if s := f.Stats(); s.Starts != 1 || s.Throttles != 0 {
		t.Errorf("stats %+v", s)
	}
}

func (f *Function) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue)
}

func TestWaitingRequestIsThrottledInTheEnd(t *testing.T) {
	t.Parallel()
	f := newToy(t, func(c *Config) { c.Cap, c.Wait = 1, 50*time.Millisecond })
	first := hold(t, "first")
	done := make(chan bool)
	go func() { do(t, f, first.event); close(done) }()
	eventually(t, "at work", first.begun)
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, ErrThrottled) {
		t.Errorf("error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Invoke(ctx, []byte(`{}`)); !errors.Is(err, ErrThrottled) {
		t.Errorf("a caller that left: error is %v", err)
	}
	first.open()
	<-done
	if n := f.waiting(); n != 0 {
		t.Errorf("%d requests wait for ever", n)
	}
}

func TestTryInvokeNeverWaits(t *testing.T) {
	t.Parallel()
	f := newToy(t, func(c *Config) { c.Cap = 1 })
	first := hold(t, "first")
	done := make(chan bool)
	go func() { do(t, f, first.event); close(done) }()
	eventually(t, "at work", first.begun)
	if _, err := f.TryInvoke([]byte(`{}`)); !errors.Is(err, ErrThrottled) {
		t.Errorf("error is %v", err)
	}
	if s := f.Stats(); s.Throttles != 1 || s.Invocations != 1 {
		t.Errorf("stats %+v", s)
	}
	first.open()
	<-done
}

func TestCrashMakesRoomForTheWaiting(t *testing.T) {
	t.Parallel()
	f := newToy(t, func(c *Config) { c.Cap = 1 })
	first := hold(t, "crash")
	failed := make(chan error, 1)
	go func() { _, err := f.Invoke(context.Background(), []byte(first.event)); failed <- err }()
	eventually(t, "at work", first.begun)
	served := make(chan bool)
	go func() { do(t, f, `{}`); close(served) }()
	eventually(t, "waits", func() bool { return f.waiting() == 1 })
	first.open()
	<-served
	if err := <-failed; !errors.Is(err, ErrCrashed) {
		t.Errorf("error is %v", err)
	}
}

func TestInstanceIsNotFreeBeforeItAsksForMore(t *testing.T) {
	t.Parallel()
	gate := filepath.Join(t.TempDir(), "gate")
	f := newToy(t, func(c *Config) { c.Cap, c.Env = 1, []string{"TOY_GATE=" + gate} })
	first := do(t, f, `{}`)
	if _, err := f.TryInvoke([]byte(`{}`)); !errors.Is(err, ErrThrottled) {
		t.Errorf("after the answer, before the next request for work: %v", err)
	}
	os.WriteFile(gate, nil, 0o600)
	if second := do(t, f, `{}`); first.PID != second.PID || second.PID == 0 {
		t.Errorf("processes %d and %d", first.PID, second.PID)
	}
}

func TestOversizedAnswerFails(t *testing.T) {
	t.Parallel()
	_, err := newToy(t, nil).Invoke(t.Context(), []byte(`{"do":"big"}`))
	if fe := (*FunctionError)(nil); !errors.As(err, &fe) || !strings.Contains(string(fe.Payload), "TooLarge") {
		t.Fatalf("error is %v", err)
	}
}

func TestCloseLeavesNoProcessAndRefusesRequests(t *testing.T) {
	t.Parallel()
	f := newToy(t, func(c *Config) { c.Cap = 2 })
	idle := do(t, f, `{}`)
	busy := hold(t, "never")
	ended := make(chan error, 1)
	go func() { _, err := f.Invoke(context.Background(), []byte(busy.event)); ended <- err }()
	eventually(t, "at work", busy.begun)
	f.Close()
	if alive(idle.PID) || len(f.Stats().Instances) != 0 {
		t.Error("a process is left")
	}
	if err := <-ended; !errors.Is(err, ErrCrashed) {
		t.Errorf("the request in flight: %v", err)
	}
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// A killed parent cannot clean up. What is left to a function is that its Runtime API is gone.
func TestProcessEndsWhenItsRuntimeAPIIsGone(t *testing.T) {
	t.Parallel()
	f := newToy(t, nil)
	a := do(t, f, `{}`)
	f.mu.Lock()
	for i := range f.all {
		i.api.Close()
	}
	f.mu.Unlock()
	eventually(t, "ends by itself", func() bool { return !alive(a.PID) })
}

func TestManyRequestsAreAllAnswered(t *testing.T) {
	t.Parallel()
	f := newToy(t, func(c *Config) { c.Cap = 4 })
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 10 {
				do(t, f, `{}`)
			}
		})
	}
	all.Wait()
	if s := f.Stats(); s.Invocations != 200 || s.Starts > 4 || s.Crashes != 0 {
		t.Errorf("stats %+v on %d processors", s, runtime.NumCPU())
	}
}
