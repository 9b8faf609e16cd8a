package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"

	"wxlottery/internal/checkout"
	"wxlottery/shared/cloud"
)

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
	root, err := checkout.Root(ctx)
	if err != nil {
		return build{}, err
	}
	b := build{dir: filepath.Join(dir, p.name), tags: p.tags, commit: checkout.Commit(ctx, root)}
	cmd := exec.CommandContext(ctx, "go", append(b.arguments(), packages()...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return build{}, fmt.Errorf("building the functions failed: %w\n%s", err, bytes.TrimSpace(out))
	}
	return b, nil
}

func (b build) arguments() []string {
	const cloudPackage = checkout.Module + "/shared/cloud"
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
