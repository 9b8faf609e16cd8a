// Command bench measures how fast the service is on a MySQL server and a Redis, each figure beside its limit in the same
// run: what the database takes for the bare minimum of the same work. Absolute figures are the machine's; the ratios are
// ours. It works in a database of its own, which is gone afterwards.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit code: 0 when everything was measured, whatever the figures; 1 for a failure, 2 for wrong arguments.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	if len(args) > 0 && args[0] == childCommand {
		return runChild(ctx, args[1:], stdout, stderr)
	}
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n(-help lists the flags)\n", err)
		return 2
	}
	if err := measure(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}

// A subject is a group of measurements that need the same rows in the database.
type subject struct {
	names []string
	run   func(ctx context.Context, b *bench, wanted func(name string) bool) error
}

// subjects are all measurements, in the order they are made. Each leaves nothing that is due, and no participants.
func subjects(o options) []subject {
	return []subject{
		joins(o), functions(), sessionCheck(), lists(o), dueScan(o), draws(o), steps(o), lateRows(), heldOff(),
	}
}

// measure makes the measurements that the options ask for and prints them. What was measured before a failure is printed, too.
func measure(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	if o.list {
		for _, s := range subjects(o) {
			for _, name := range s.names {
				fmt.Fprintln(stdout, name)
			}
		}
		return nil
	}
	b, err := open(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	r := report{Machine: b.machine(ctx), Pairs: o.pairs, Quick: o.quick}
	b.report = &r
	err = b.all(ctx)
	r.print(stdout)
	if o.json != "" && len(r.Results) > 0 {
		err = errors.Join(err, r.save(o.json))
	}
	return err
}

func (b *bench) all(ctx context.Context) error {
	for _, s := range subjects(b.options) {
		wanted := map[string]bool{}
		for _, name := range s.names {
			if b.options.run.MatchString(name) {
				wanted[name] = true
			}
		}
		if len(wanted) == 0 {
			continue
		}
		if err := s.run(ctx, b, func(name string) bool { return wanted[name] }); err != nil {
			return fmt.Errorf("%s …: %w", s.names[0], err)
		}
	}
	return nil
}
