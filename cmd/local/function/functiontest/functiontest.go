// Package functiontest has the function that the tests of the local clouds run: the toy, which does what its event asks
// for.
package functiontest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// The build tags of the clouds.
const (
	Lambda = "lambda.norpc"
	SCF    = "scf"
)

var (
	dir    string // of the toys
	mu     sync.Mutex
	builds = map[string]func() error{}
)

// Main is for TestMain: it runs the tests and removes what Toy built.
func Main(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "toy"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// Toy returns the path of the toy built with the tag of a cloud, once for all tests of a package.
func Toy(t testing.TB, tag string) string {
	t.Helper()
	path := filepath.Join(dir, "toy-"+tag)
	mu.Lock()
	if builds[tag] == nil {
		builds[tag] = sync.OnceValue(func() error { return build(path, tag) })
	}
	once := builds[tag]
	mu.Unlock()
	if err := once(); err != nil {
		t.Fatal(err)
	}
	return path
}

func build(path, tag string) error {
	cmd := exec.Command("go", "build", "-tags", tag, "-o", path, "wxlottery/cmd/local/function/testdata/toy")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
