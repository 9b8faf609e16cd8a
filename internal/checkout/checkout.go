// Package checkout tells the commands that build the functions where the sources are and what state they are in.
package checkout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Module is the path of the module that the sources are of.
const Module = "wxlottery"

// Root returns the folder of the module that the working folder is in. It needs the Go toolchain.
func Root(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", errors.New(`building needs the Go toolchain, but there is no "go" in PATH`)
	}
	root, err := output(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}", Module)
	if err != nil {
		return "", fmt.Errorf("this is not a checkout of module %s, run it inside one: %w", Module, err)
	}
	return root, nil
}

// Commit names the state of the checkout at root: twelve digits, with -dirty when something is changed, or unknown, also where
// root only lies in a checkout of something else.
func Commit(ctx context.Context, root string) string {
	top, err := output(ctx, root, "git", "rev-parse", "--show-toplevel")
	if err != nil || !same(top, root) {
		return "unknown"
	}
	commit, err := output(ctx, root, "git", "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changes, err := output(ctx, root, "git", "status", "--porcelain"); err != nil || changes != "" {
		commit += "-dirty"
	}
	return commit
}

// same reports whether two names are of the same folder.
func same(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, other)
}

// output runs a command and returns its trimmed output, or an error with what it had to say. What the environment tells go and
// git about other modules and checkouts (a git hook has its own in it) doesn't count.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, environ()
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return "", errors.New(string(bytes.TrimSpace(failed.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}

func environ() []string {
	own := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	return append(own, "GOWORK=off", "GOFLAGS=")
}
