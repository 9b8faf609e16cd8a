package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestToolsAreBuiltForEveryPlatform(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := &builder{root: root, commit: "x", temp: t.TempDir()}
	made, err := b.tools(t.Context(), dir, platforms[:1])
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range made {
		names = append(names, a.path)
		if info, err := os.Stat(filepath.Join(dir, a.path)); err != nil || info.Mode() != 0o755 || a.platform != "linux/amd64" || a.sum == "" {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if text := strings.Join(names, " "); !strings.Contains(text, "tools/migrate-linux-amd64") {
		t.Errorf("there are only %s", text)
	}
	if len(platforms) != 6 || (platform{"windows", "arm64"}).executable("x") != "x.exe" || (platform{"darwin", "arm64"}).executable("x") != "x" {
		t.Errorf("%v", platforms)
	}
}

// needs skips a test where a program is missing; where CI is set it fails instead.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// sam build runs make in a copy of the module that is no checkout, in an environment that may be set up for Lambda.
func TestMakePutsTheSameExecutableThere(t *testing.T) {
	needs(t, "make")
	want, got := t.TempDir(), t.TempDir()
	build(t, "-out", want, "-commit", "0123456789ab", "-cloud", "aws", "-bare", "draw")
	cmd := exec.Command("make", "build-DrawFunction")
	cmd.Dir = copyModule(t)
	cmd.Env = append(os.Environ(), "ARTIFACTS_DIR="+got, "COMMIT=0123456789ab", "GOOS=linux", "GOARCH=arm64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if string(contents(t, got, "bootstrap")) != string(contents(t, want, "bootstrap")) {
		t.Error("they differ")
	}
	if info, err := os.Stat(filepath.Join(got, "bootstrap")); err != nil || info.Mode() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestEveryFunctionHasAMakeTarget(t *testing.T) {
	t.Parallel()
	needs(t, "make")
	for _, name := range functionNames {
		target := "build-" + strings.ToUpper(name[:1]) + name[1:] + "Function"
		cmd := exec.Command("make", "-n", target, "ARTIFACTS_DIR=/tmp/a b")
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if want := `go run ./cmd/package -cloud aws -bare  -out "/tmp/a b" ` + name; err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v: %s", target, err, out)
		}
	}
}
