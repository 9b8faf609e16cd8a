package function_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/function/functiontest"
	"wxlottery/cmd/local/lambda"
	"wxlottery/cmd/local/scf"
)

func TestMain(m *testing.M) { functiontest.Main(m) }

// A maker makes a function of the toy with bounds wide enough for a slow machine; change may narrow them.
type maker func(change func(*function.Config)) *function.Function

// onEachCloud runs a test once for each protocol.
func onEachCloud(t *testing.T, test func(t *testing.T, newToy maker)) {
	t.Helper()
	for tag, protocol := range map[string]function.Protocol{functiontest.Lambda: lambda.Protocol{}, functiontest.SCF: scf.Protocol{}} {
		t.Run(tag, func(t *testing.T) {
			test(t, func(change func(*function.Config)) *function.Function {
				t.Helper()
				cfg := function.Config{
					Name: "toy", Path: functiontest.Toy(t, tag), Protocol: protocol, Variables: map[string]string{"COLOUR": "blue"},
					Cap: 3, Timeout: time.Minute, Wait: time.Minute,
				}
				if change != nil {
					change(&cfg)
				}
				f := function.New(cfg)
				t.Cleanup(f.Close)
				return f
			})
		})
	}
}

type toyAnswer struct {
	PID      int                 `json:"pid"`
	Nth      int                 `json:"nth"`
	LeftMS   int64               `json:"left_ms"`
	Call     struct{ ID string } `json:"call"`
	Env      []string            `json:"env"`
	BornWith []string            `json:"born_with"`
}

func do(t *testing.T, f *function.Function, event string) toyAnswer {
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
func settle(t *testing.T, f *function.Function) {
	t.Helper()
	eventually(t, "idle", func() bool {
		return !slices.ContainsFunc(f.Stats().Instances, func(i function.InstanceStats) bool { return i.Busy })
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
