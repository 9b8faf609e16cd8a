package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"wxlottery/internal/checkout"
	"wxlottery/shared/cloud"
)

// A target is what one cloud wants.
type target struct {
	cloud string   // also the folder of its zips
	arch  string   // of Linux
	file  string   // what the zip's executable is called
	flags []string // of go build
	limit int64    // bytes of a function's executable
}

// Tencent's library links net/rpc, which makes the linker keep every method of every type that is used at all, and
// go-redis has 600 commands on each of a dozen types: a function of 17.7 MB. Without inlining in that one package it is
// 15.5 MB; its calls wait for the network a thousand times longer than that costs.
var targets = []target{
	{"aws", "arm64", "bootstrap", []string{"-tags", "lambda.norpc"}, 10_000_000},
	{"scf", "amd64", "main", []string{"-tags", "scf", "-gcflags", "github.com/redis/go-redis/v9/...=-l"}, 17_000_000},
}

// limitOf is the size a function must stay below for a short cold start, 0 for none: nobody waits for migrate.
func (t target) limitOf(function string) int64 {
	if function == "migrate" {
		return 0
	}
	return t.limit
}

// A builder runs go build.
type builder struct {
	root   string // of the module
	commit string
	temp   string
}

func newBuilder(ctx context.Context, commit string) (*builder, error) {
	root, err := checkout.Root(ctx)
	if err != nil {
		return nil, err
	}
	if commit == "" {
		commit = checkout.Commit(ctx, root)
	}
	temp, err := os.MkdirTemp("", "package-")
	if err != nil {
		return nil, err
	}
	return &builder{root, commit, temp}, nil
}

func (b *builder) close() { os.RemoveAll(b.temp) }

// build compiles packages of this module into a new folder, whose name it returns. Several at once take half the time of
// one after the other.
func (b *builder) build(ctx context.Context, system, arch string, flags, packages []string) (dir string, err error) {
	if dir, err = os.MkdirTemp(b.temp, ""); err != nil {
		return "", err
	}
	const stamps = "-s -w -buildid= -X %[1]s.Version=%[2]s -X %[1]s.Commit=%[3]s"
	args := []string{
		"build", "-trimpath", "-buildvcs=false", "-o", dir + string(filepath.Separator),
		"-ldflags", fmt.Sprintf(stamps, checkout.Module+"/shared/cloud", cloud.Version, b.commit),
	}
	args = append(append(args, flags...), packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.root
	cmd.Env = append(environ(), "GOOS="+system, "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build for %s/%s failed: %w\n%s", system, arch, err, bytes.TrimSpace(out))
	}
	return dir, nil
}

// environ is this machine's environment without what it may have set that changes the bytes.
func environ() []string {
	return append(os.Environ(), "CGO_ENABLED=0", "GOARM64=v8.0", "GOAMD64=v1", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOEXPERIMENT=", "GOFIPS140=off",
		"GO_EXTLINK_ENABLED=0")
}
