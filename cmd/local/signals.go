package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// signals returns two contexts: the first SIGINT or SIGTERM ends stop, the second one hurry. The end of a "go run" that
// started us counts as a signal: it dies of SIGTERM without passing it on.
func signals() (stop, hurry context.Context) {
	came := make(chan os.Signal, 2)
	signal.Notify(came, os.Interrupt, syscall.SIGTERM)
	stop, end := context.WithCancel(context.Background())
	hurry, endAtOnce := context.WithCancel(context.Background())
	go func() {
		<-came
		end()
		<-came
		endAtOnce()
	}()
	if underGoRun() {
		go followParent(stop, end)
	}
	return stop, hurry
}

// underGoRun reports whether this program lies where "go run" puts what it builds: in a temporary folder or in its cache,
// whose folders for programs end in -d.
func underGoRun() bool {
	path, err := os.Executable()
	return err == nil && (strings.Contains(filepath.ToSlash(path), "/go-build") || strings.HasSuffix(filepath.Dir(path), "-d"))
}

func followParent(ctx context.Context, end func()) {
	parent := os.Getppid()
	check := time.NewTicker(500 * time.Millisecond)
	defer check.Stop()
	for os.Getppid() == parent {
		select {
		case <-ctx.Done():
			return
		case <-check.C:
		}
	}
	end()
}
