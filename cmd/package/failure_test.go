package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFunctionOverItsLimitFailsAfterTheReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	small := targets[0]
	small.limit = 5_000_000
	var out bytes.Buffer
	err := pack(t.Context(), options{out: dir, targets: []target{small}, functions: []string{"draw", "migrate"}}, &out)
	if err == nil || !strings.Contains(err.Error(), "draw for aws has ") || !strings.Contains(err.Error(), " bytes, 5000000 are allowed") ||
		strings.Contains(err.Error(), "migrate") {
		t.Error(err)
	}
	if len(contents(t, dir, "aws", "draw.zip")) == 0 || !strings.Contains(out.String(), "draw     aws  ") {
		t.Errorf("it is not written, or not reported:\n%s", out.String())
	}
}

// fails runs the command and wants exit code 1 and a text.
func fails(t *testing.T, want string, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, &out, &errs); code != 1 || !strings.Contains(errs.String(), want) {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}

func TestWithoutGoThereIsNothingToBuildWith(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	fails(t, `there is no "go" in PATH`, "draw")
}

func TestOutsideOfTheModuleThereIsNothingToBuild(t *testing.T) {
	t.Chdir(t.TempDir())
	fails(t, "this is not a checkout of module wxlottery", "draw")
}

func TestWhatDoesNotCompileIsShown(t *testing.T) {
	to := copyModule(t)
	if err := os.WriteFile(filepath.Join(to, "functions", "draw", "broken.go"), []byte("package main\n\nvar x = nowhere\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(to)
	fails(t, "undefined: nowhere", "-out", t.TempDir(), "-cloud", "aws", "draw")
}

func TestAFolderThatCannotBeWrittenToIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	fails(t, "file", "-out", filepath.Join(file, "dist"), "-cloud", "aws", "draw")
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "draw.zip")
	if err := os.Mkdir(name, 0o755); err != nil { // in the way
		t.Fatal(err)
	}
	if err := writeFile(name, []byte("x"), 0o644); err == nil {
		t.Error("a folder was replaced")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"old", "new"} {
		if err := writeFile(name, []byte(text), 0o644); err != nil || string(contents(t, name)) != text {
			t.Error(err)
		}
	}
}
