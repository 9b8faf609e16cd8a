// Command package builds the cloud functions as they are deployed: for AWS Lambda (arm64) zips with one executable,
// bootstrap; for Tencent SCF (amd64) zips with one executable, main. It prints their sizes and hashes, and fails when a
// function has grown over its limit.
//
// The same commit built by the same Go gives the same bytes, on any machine and in any folder: paths, times and build ids
// are left out, and settings of the machine that would change the code are overridden. The commit is in the bytes, so
// another commit gives others, and so does a build outside of a checkout, whose commit is "unknown" unless -commit says it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"wxlottery/shared/cloud"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code: 0 when everything is built and within its limit, 1 for a failure, 2 for wrong arguments.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "package: %v\n(-help lists the flags)\n", err)
		return 2
	}
	if err := pack(ctx, o, stdout); err != nil {
		fmt.Fprintf(stderr, "package: %v\n", err)
		return 1
	}
	return 0
}

// pack builds what the options ask for and reports it. What is over its limit is written and reported, too: the report
// shows by how much.
func pack(ctx context.Context, o options, stdout io.Writer) error {
	b, err := newBuilder(ctx, o.commit)
	if err != nil {
		return err
	}
	defer b.close()
	var all []artifact
	for _, t := range o.targets {
		made, err := b.functions(ctx, t, o)
		if err != nil {
			return err
		}
		all = append(all, made...)
	}
	if o.tools {
		made, err := b.tools(ctx, o.out, platforms)
		if err != nil {
			return err
		}
		all = append(all, made...)
	}
	fmt.Fprintf(stdout, "version %s, commit %s, %s\n", cloud.Version, b.commit, runtime.Version())
	if err := table(stdout, all); err != nil {
		return err
	}
	if !o.bare {
		if err := writeSums(o.out, all); err != nil {
			return err
		}
	}
	return overLimit(all)
}
