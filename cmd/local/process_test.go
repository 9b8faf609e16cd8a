package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
)

// startLimit has room for a first build on a slow machine.
const startLimit = 3 * time.Minute

// built is the folder of what the tests build, once for all of them: cmd/local itself, and the functions in bin.
var built string

func TestMain(m *testing.M) {
	var err error
	if built, err = os.MkdirTemp("", "local"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}

var buildCommand = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(built, "local")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// functionsOf builds the functions of a cloud as cmd/local does.
var functionsOf = map[string]func() (build, error){"aws": buildOf("aws"), "scf": buildOf("scf")}

func buildOf(cloud string) func() (build, error) {
	return sync.OnceValues(func() (build, error) {
		return buildFunctions(context.Background(), platforms[cloud], filepath.Join(built, "bin"))
	})
}

// A process is a running cmd/local.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	url    string
	lines  *bufio.Scanner
	stderr bytes.Buffer // read it after the end only
	ended  bool
}

// quick are the flags for a lottery that takes seconds.
var quick = []string{"-addr", "127.0.0.1:0", "-lock-lead", "3s", "-min-lead", "5s", "-tick", "1s", "-quiet"}

// start runs cmd/local for a lottery that takes seconds and waits until it says it is ready.
func start(t testing.TB, data, cloud string, more ...string) *process {
	t.Helper()
	return launch(t, data, cloud, append(slices.Clone(quick), more...)...)
}

// launch runs cmd/local with these flags and waits until it says it is ready. The functions are there already; it finds
// nothing to build.
func launch(t testing.TB, data, cloud string, flags ...string) *process {
	t.Helper()
	path, err := buildCommand()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := functionsOf[cloud](); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(built, "bin"), filepath.Join(data, "bin")); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(path, append([]string{"-data", data, "-cloud", cloud}, flags...)...)}
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tooLong := time.AfterFunc(startLimit, func() { p.cmd.Process.Kill() })
	defer tooLong.Stop()
	t.Cleanup(p.kill)
	p.lines = bufio.NewScanner(stdout)
	p.lines.Scan()
	url, ok := strings.CutPrefix(p.lines.Text(), "ready ")
	if !ok {
		p.kill()
		t.Fatalf("not ready, %q on standard output, and then\n%s", p.lines.Text(), p.stderr.String())
	}
	p.url = url
	return p
}

func (p *process) kill() {
	if !p.ended {
		p.ended = true
		p.cmd.Process.Kill()
		p.cmd.Wait()
	}
}

// wait returns the exit code and the rest of standard output.
func (p *process) wait(limit time.Duration) (code int, rest string) {
	p.t.Helper()
	tooLong := time.AfterFunc(limit, func() { p.cmd.Process.Kill() })
	defer tooLong.Stop()
	var out strings.Builder
	for p.lines.Scan() {
		out.WriteString(p.lines.Text() + "\n")
	}
	p.ended = true
	err := p.cmd.Wait()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return failed.ExitCode(), out.String()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return 0, out.String()
}

// interrupt is Ctrl-C.
func (p *process) interrupt() int {
	p.t.Helper()
	p.cmd.Process.Signal(os.Interrupt)
	code, _ := p.wait(20 * time.Second)
	return code
}

// functions are the process ids of the functions.
func (p *process) functions() []int {
	p.t.Helper()
	var stats map[string]function.Stats
	p.call("GET", "/_sim/functions", "", nil).is(200, "").into(&stats)
	var pids []int
	for _, name := range names {
		if len(stats[name].Instances) == 0 {
			p.t.Errorf("no process of %s", name)
		}
		for _, i := range stats[name].Instances {
			pids = append(pids, i.PID)
		}
	}
	return pids
}

func mustBeGone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		for end := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil && !zombie(pid); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("process %d is left", pid)
			}
		}
	}
}

// zombie reports whether a process has ended and only waits for a parent to notice, which nobody does for orphans in
// some containers.
func zombie(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && bytes.Contains(state, []byte(") Z "))
}

// An answer is what came back from a call.
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   []byte
}

func (p *process) call(method, path, token string, body any, headers ...string) *answer {
	p.t.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, content)
	if err != nil {
		p.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if res.Header.Get("X-Lottery-Version") == "" {
		p.t.Errorf("%s %s: no X-Lottery-Version", method, path)
	}
	return &answer{p.t, method + " " + path, res.StatusCode, res.Header, text}
}

// is requires a status and, unless it is "", an error code.
func (a *answer) is(status int, code string) *answer {
	a.t.Helper()
	var said struct{ Error struct{ Code string } }
	if code != "" {
		a.into(&said)
	}
	if a.status != status || said.Error.Code != code {
		a.t.Fatalf("%s: %d %s, want %d %s", a.what, a.status, a.body, status, code)
	}
	return a
}

func (a *answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%s: %v in %s", a.what, err, a.body)
	}
}
