package storm_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wxlottery/internal/checkout"
)

// built is the folder of the programs, which are built once for all tests.
var built string

func TestMain(m *testing.M) {
	var err error
	if built, err = os.MkdirTemp("", "storm"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}

// The folders with the programs: those that are deployed, and the same with a clock that can be set wrong.
var (
	trueClock = sync.OnceValues(func() (string, error) { return build("true") })
	anyClock  = sync.OnceValues(func() (string, error) {
		overlay, err := overlay()
		if err != nil {
			return "", err
		}
		return build("skewed", "-overlay", overlay)
	})
)

func build(folder string, flags ...string) (string, error) {
	dir := filepath.Join(built, folder) + string(filepath.Separator)
	args := append([]string{"build", "-tags", "lambda.norpc", "-buildvcs=false", "-o", dir}, flags...)
	cmd := exec.Command("go", append(args, checkout.Module+"/functions/draw", checkout.Module+"/functions/join")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
}

// overlay makes a package time whose wall clock is off by what the variable CLOCK_SKEW says; pauses and timeouts, which
// count by the monotonic clock, stay as they are. That is how a machine is whose clock is wrong. (What replaces libc's
// clock does not reach Go programs.) It returns the file that tells the compiler so.
func overlay() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	clock, err := wrongClock(filepath.Join(source, "time.go"))
	if err != nil {
		return "", err
	}
	skew, err := filepath.Abs(filepath.Join("testdata", "time", "skew.go"))
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(source, "time.go"): clock, filepath.Join(source, "skew.go"): skew,
	}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(built, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// wrongClock copies time.go with one line more in Now.
func wrongClock(original string) (string, error) {
	const reads = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	text, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if strings.Count(string(text), reads) != 1 {
		return "", errors.New("time.Now of this Go does not look as expected")
	}
	path := filepath.Join(built, "time.go")
	return path, os.WriteFile(path, []byte(strings.Replace(string(text), reads, reads+"\tsec += skew\n", 1)), 0o600)
}
