package scf

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/function/functiontest"
)

func TestMain(m *testing.M) { functiontest.Main(m) }

func newToy(t *testing.T, change func(*function.Config)) *function.Function {
	t.Helper()
	cfg := function.Config{
		Name: "toy", Path: functiontest.Toy(t, functiontest.SCF), Protocol: Protocol{}, Cap: 1, Timeout: time.Minute, Wait: time.Minute,
	}
	change(&cfg)
	f := function.New(cfg)
	t.Cleanup(f.Close)
	return f
}

type answer struct {
	PID  int            `json:"pid"`
	Call map[string]any `json:"call"`
	Env  []string       `json:"env"`
	Born []string       `json:"born_with"`
}

func do(t *testing.T, f *function.Function) (a answer) {
	t.Helper()
	out, err := f.Invoke(t.Context(), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return a
}

func TestVariablesComeWithTheEventOnly(t *testing.T) {
	t.Parallel()
	got := do(t, newToy(t, func(c *function.Config) { c.Variables = map[string]string{"COLOUR": "blue"} }))
	if slices.Contains(got.Born, "COLOUR=blue") || !slices.Contains(got.Env, "COLOUR=blue") {
		t.Errorf("at its start the process had %q, at the event %q", got.Born, got.Env)
	}
	if len(got.Born) != 2 || !slices.Contains(got.Born, "TZ=UTC") {
		t.Errorf("at its start the process had %q", got.Born)
	}
}

func TestFunctionIsToldItsTerms(t *testing.T) {
	t.Parallel()
	call := do(t, newToy(t, func(*function.Config) {})).Call
	if id, _ := call["id"].(string); len(id) != 36 {
		t.Errorf("id %q", id)
	}
	delete(call, "id")
	want := map[string]any{"name": "toy", "version": "$LATEST", "namespace": "default", "memory": 128., "limit_ms": 60000.}
	if diff := cmp.Diff(want, call); diff != "" {
		t.Errorf("the call (-want +got):\n%s", diff)
	}
}

// reserved gives out these ports in turn, and then free ones.
func reserved(numbers ...int) func() (port, error) {
	return func() (port, error) {
		if len(numbers) == 0 {
			return reservePort()
		}
		p := port{numbers[0], func() {}}
		numbers = numbers[1:]
		return p, nil
	}
}

// takenPorts are listened on by somebody who says nothing.
func takenPorts(t *testing.T, n int) (numbers []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		numbers = append(numbers, l.Addr().(*net.TCPAddr).Port)
	}
	return numbers
}

func TestTakenPortCostsAProcessButNoRequest(t *testing.T) {
	t.Parallel()
	taken := takenPorts(t, 2)
	f := newToy(t, func(c *function.Config) { c.Protocol = Protocol{reserve: reserved(taken...)} })
	do(t, f)
	if s := f.Stats(); s.Starts != 3 || s.Crashes != 2 || s.ColdStarts != 1 || s.Invocations != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestTakenPortsAreNotTriedForEver(t *testing.T) {
	t.Parallel()
	taken := takenPorts(t, 4)
	f := newToy(t, func(c *function.Config) { c.Protocol = Protocol{reserve: reserved(taken...)} })
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, function.ErrCrashed) {
		t.Errorf("error is %v", err)
	}
	if s := f.Stats(); s.Starts != 3 {
		t.Errorf("stats %+v", s)
	}
}

func TestNoPortIsAnErrorOfTheStart(t *testing.T) {
	t.Parallel()
	none := errors.New("no port is left")
	f := newToy(t, func(c *function.Config) { c.Protocol = Protocol{reserve: func() (port, error) { return port{}, none }} })
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, none) {
		t.Errorf("error is %v", err)
	}
}

func TestCrashAtTheStartIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := newToy(t, func(c *function.Config) { c.Env, c.Log = []string{"TOY_START=crash"}, &log })
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, function.ErrCrashed) {
		t.Errorf("error is %v", err)
	}
	if got := log.String(); got != "toy | toy: no start today\n" {
		t.Errorf("log is %q", got)
	}
}

// Not in parallel: a process that another test starts has our sockets for a moment, and keeps them from being closed.
func TestReservedPortCanBeListenedOnOnce(t *testing.T) {
	p, err := reservePort()
	if err != nil {
		t.Fatal(err)
	}
	defer p.release()
	if p.taken() {
		t.Error("nobody can listen there")
	}
	l, err := net.Listen("tcp", p.address())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if !p.taken() {
		t.Error("somebody listens there, and it is not seen")
	}
}
