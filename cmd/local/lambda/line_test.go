package lambda_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/function/functiontest"
	"wxlottery/cmd/local/lambda"
)

func TestMain(m *testing.M) { functiontest.Main(m) }

func config(t *testing.T) function.Config {
	t.Helper()
	return function.Config{
		Name: "toy", Path: functiontest.Toy(t, functiontest.Lambda), Protocol: lambda.Protocol{},
		Cap: 1, Timeout: time.Minute, Wait: time.Minute,
	}
}

type answer struct {
	PID  int `json:"pid"`
	Call struct{ ID, ARN string }
	Env  []string `json:"env"`
	Born []string `json:"born_with"`
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

func TestProcessIsBornWithItsVariables(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Variables = map[string]string{"COLOUR": "blue", "AWS_REGION": "mine"}
	f := function.New(cfg)
	defer f.Close()
	got := do(t, f)
	for _, want := range []string{"COLOUR=blue", "AWS_LAMBDA_FUNCTION_NAME=toy", "_HANDLER=bootstrap", "AWS_REGION=local", "TZ=UTC"} {
		if !slices.Contains(got.Born, want) {
			t.Errorf("%s is missing in %q", want, got.Born)
		}
	}
	if got.Call.ARN != "arn:aws:lambda:local:000000000000:function:toy" || len(got.Call.ID) != 36 {
		t.Errorf("the call is %+v", got.Call)
	}
}

// The toy with a gate answers each event at once, after a late answer to another one, and asks for more when the gate opens.
func TestInstanceIsNotFreeBeforeItAsksForMore(t *testing.T) {
	t.Parallel()
	gate := filepath.Join(t.TempDir(), "gate")
	cfg := config(t)
	cfg.Env = []string{"TOY_GATE=" + gate}
	f := function.New(cfg)
	defer f.Close()
	first := do(t, f)
	if _, err := f.TryInvoke([]byte(`{}`)); !errors.Is(err, function.ErrThrottled) {
		t.Errorf("after the answer, before the next request for work: %v", err)
	}
	os.WriteFile(gate, nil, 0o600)
	if second := do(t, f); first.PID != second.PID || second.PID == 0 {
		t.Errorf("processes %d and %d", first.PID, second.PID)
	}
}

// A killed parent cannot clean up. What is left to a function is that its Runtime API is gone.
func TestProcessEndsWhenItsRuntimeAPIIsGone(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	line, err := cfg.Protocol.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cfg.Path)
	cmd.Env = line.Environ()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(20*time.Second, func() { t.Error("it did not end by itself"); cmd.Process.Kill() }).Stop()
	if err := line.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	line.Close()
	cmd.Wait()
}
