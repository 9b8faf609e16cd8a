package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	patience.pause = 10 * time.Millisecond
	testscript.Main(m, map[string]func(){"verify": hastily})
}

// hastily is the command, but a script sets how long a request may take.
func hastily() {
	if d, err := time.ParseDuration(os.Getenv("VERIFY_TEST_REQUEST")); err == nil {
		patience.request = d
	}
	main()
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               layOut,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"edit":  edit,
			"exits": exits,
			"serve": serve,
		},
	})
}

// exits runs the command, which has to end with an exit code: exits 3 verify late.json. It does so within this process, which
// is faster; exits 3 exec verify late.json makes a process of its own.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code [exec] verify [argument…]")
	}
	start := within
	if args[1] == "exec" {
		start = apart
	}
	if code := strconv.Itoa(start(ts, args[2:])); code != args[0] {
		ts.Fatalf("exit code %s, not %s", code, args[0])
	}
}

func apart(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return ended.ExitCode()
	}
	ts.Check(err)
	return 0
}

// within runs the command here. The scripts' folders are not that of this process, so files get their whole name.
func within(ts *testscript.TestScript, args []string) int {
	whole := []string{"-lang", "en"}
	for _, arg := range args {
		if _, err := os.Stat(ts.MkAbs(arg)); err == nil {
			arg = ts.MkAbs(arg)
		}
		whole = append(whole, arg)
	}
	return run(whole, nil, ts.Stdout(), ts.Stderr())
}

// layOut puts the draws that scripts talk about into their folder, and what has to be typed into their environment.
func layOut(env *testscript.Env) error {
	p := published()
	for name, content := range p.files {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), content, 0o600); err != nil {
			return err
		}
	}
	env.Setenv("GORACE", "atexit_sleep_ms=0") // with the race detector, each command would sleep for a second at its end
	id := p.example.proof.Event.EventID
	env.Setenv("ID", base64.RawURLEncoding.EncodeToString(id[:]))
	for name, value := range p.env {
		env.Setenv(name, hex.EncodeToString(value))
	}
	return nil
}
