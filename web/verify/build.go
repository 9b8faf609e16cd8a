// Package verifypage makes the verify page: one HTML file in which anybody rechecks a draw in his browser. The checker in it
// is shared/vdraw itself, compiled to WebAssembly, so page and command can't differ. The file needs nothing beside itself
// and asks the network for nothing but the event: any static host serves it, and so does the disk.
package verifypage

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build compiles the checker from the sources of the module in root and returns the page. The same sources and the same
// Go give the same bytes. It needs the Go toolchain and what the module needs, nothing else.
func Build(ctx context.Context, root string) ([]byte, error) {
	program, err := compile(ctx, root)
	if err != nil {
		return nil, err
	}
	runtime, err := wasmExec(ctx, root)
	if err != nil {
		return nil, err
	}
	packed, err := pack(program)
	if err != nil {
		return nil, err
	}
	return assemble(runtime, packed)
}

// compile returns the checker as WebAssembly.
func compile(ctx context.Context, root string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "verifypage-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "checker.wasm")
	_, err = goTool(ctx, root, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", file, "./web/verify/wasm")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// wasmExec returns the script that runs a program of this Go in a browser; another Go's would not fit.
func wasmExec(ctx context.Context, root string) ([]byte, error) {
	goroot, err := goTool(ctx, root, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
}

// goTool runs go for the browser and returns what it printed. What this machine's environment says about other builds does
// not reach it, so that the bytes depend on the sources and on Go alone.
func goTool(ctx context.Context, root string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOWASM=", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off",
		"GOEXPERIMENT=", "GOFIPS140=off")
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return "", fmt.Errorf("verifypage: go %s: %w\n%s", args[0], err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return "", fmt.Errorf("verifypage: go %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// pack compresses the program. Neither a name nor a time gets into the result.
func pack(program []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(program); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
