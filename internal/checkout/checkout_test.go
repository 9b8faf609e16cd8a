package checkout

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

func TestTheRootIsTheModulesFromAnywhereInIt(t *testing.T) {
	root, err := Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Error(err)
	}
	t.Chdir(t.TempDir())
	if root, err := Root(t.Context()); err == nil {
		t.Errorf("outside of the module its root is %s", root)
	}
}

// TestTheCommitSaysWhetherSomethingIsChanged runs as in a hook of another repository.
func TestTheCommitSaysWhetherSomethingIsChanged(t *testing.T) {
	other := t.TempDir()
	t.Setenv("GIT_DIR", filepath.Join(other, ".git"))
	t.Setenv("GIT_WORK_TREE", other)
	if _, err := exec.LookPath("git"); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	dir := t.TempDir()
	if got := Commit(t.Context(), dir); got != "unknown" {
		t.Errorf("where there is no repository it is %s", got)
	}
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		cmd.Dir, cmd.Env = dir, environ()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "x")
	if got := Commit(t.Context(), dir); !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(got) {
		t.Errorf("a clean one is %s", got)
	}
	inner := filepath.Join(dir, "inner")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := Commit(t.Context(), inner); got != "unknown" {
		t.Errorf("in a checkout of something else it is %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Commit(t.Context(), dir); !regexp.MustCompile(`^[0-9a-f]{12}-dirty$`).MatchString(got) {
		t.Errorf("a changed one is %s", got)
	}
}
