package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"wxlottery/shared/cloud"
)

const module = "wxlottery"

// names are the functions, in the order they are shown in. The first three serve HTTP, each the paths below its name.
var names = []string{"login", "events", "join", "draw"}

// A build is the functions' binaries and what they were built from.
type build struct {
	dir    string
	tags   string
	commit string
}

// path returns a function's executable; it contains the function's name, so a list of processes can be read.
func (b build) path(function string) string {
	if runtime.GOOS == "windows" {
		function += ".exe"
	}
	return filepath.Join(b.dir, function)
}

func (b build) version() string { return cloud.Version + "+" + b.commit }

// buildFunctions compiles the four functions into a folder of dir, as for the cloud but with SQLite in them. Each cloud has
// a folder of its own, so that neither runs the other's. Flags that would make the compiler do again what it has just done
// for this program (SQLite takes most of a minute) are left out.
func buildFunctions(ctx context.Context, p platform, dir string) (build, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return build{}, errors.New(`building the functions needs the Go toolchain, but there is no "go" in PATH`)
	}
	root, err := output(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return build{}, fmt.Errorf("this is not a checkout of module %s, run it inside one: %w", module, err)
	}
	b := build{dir: filepath.Join(dir, p.name), tags: p.tags, commit: commitOf(ctx, root)}
	cmd := exec.CommandContext(ctx, "go", append(b.arguments(), packages()...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return build{}, fmt.Errorf("building the functions failed: %w\n%s", err, bytes.TrimSpace(out))
	}
	return b, nil
}

func (b build) arguments() []string {
	const cloudPackage = module + "/shared/cloud"
	return []string{
		"build", "-tags", b.tags, "-buildvcs=false",
		"-ldflags", fmt.Sprintf("-s -w -X %s.Version=%s -X %[1]s.Commit=%[3]s", cloudPackage, cloud.Version, b.commit),
		"-o", b.dir + string(filepath.Separator),
	}
}

func packages() []string {
	var all []string
	for _, name := range names {
		all = append(all, "./functions/"+name)
	}
	return all
}

// commitOf names the state of the checkout: twelve digits, with -dirty when something is changed, or unknown.
func commitOf(ctx context.Context, root string) string {
	commit, err := output(ctx, root, "git", "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changes, err := output(ctx, root, "git", "status", "--porcelain"); err != nil || changes != "" {
		commit += "-dirty"
	}
	return commit
}

// output runs a command and returns its trimmed output, or an error with what it had to say.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return "", errors.New(string(bytes.TrimSpace(failed.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}
