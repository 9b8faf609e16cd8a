package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"wxlottery/functions/draw/worker"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

func memoryName(n, winners int) string { return fmt.Sprintf("memory-%d-of-%d", winners, n) }

// weigh measures the most memory a process ever has that freezes and draws the list, beside one that only connects.
func (l *list) weigh(ctx context.Context) error {
	name := memoryName(l.n, l.winners)
	var busy, idle []float64
	_, err := l.alternate(ctx, name, l.pairs,
		side{"freeze and draw", func(ctx context.Context) (lap, error) { return l.child(ctx, childTick, &busy) }},
		side{"idle", func(ctx context.Context) (lap, error) { return l.child(ctx, childIdle, &idle) }})
	if err != nil {
		return err
	}
	r := result{
		Name: name, Unit: "MB", Limit: "a process that only connects", Turns: l.pairs,
		Figure: spreadOf(busy).Median, Baseline: spreadOf(idle).Median, Ratio: spreadOf(ratios(busy, idle)),
	}
	if l.n == 1_000_000 {
		r = r.with(atMost("MB", r.Figure, 48))
	}
	l.add(r)
	return nil
}

// childCommand is the first argument of a child; where the database is stands in its environment, as a DSN has a password.
const (
	childCommand = "child"
	childDSN     = "LOTTERY_BENCH_DSN"
	childTick    = "tick"
	childIdle    = "idle"
)

// child runs this program anew and keeps the megabytes it needed at most.
func (l *list) child(ctx context.Context, what string, into *[]float64) (lap, error) {
	if what == childTick {
		if err := l.reset(ctx); err != nil {
			return lap{}, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return lap{}, err
	}
	cmd := exec.CommandContext(ctx, self, childCommand, what)
	cmd.Env = append(os.Environ(), childDSN+"="+l.dsn)
	cmd.Stderr = l.out
	answer, err := cmd.Output()
	if err != nil {
		return lap{}, fmt.Errorf("child: %w", err)
	}
	kb, err := strconv.ParseFloat(strings.TrimSpace(string(answer)), 64)
	if err != nil || kb == 0 {
		return lap{}, errors.New("a process's memory is not known on this system")
	}
	*into = append(*into, kb/1024)
	return lap{ops: 1, took: 1}, nil
}

// runChild does what one tick of the draw function does, or next to nothing, and prints how many kilobytes it needed.
func runChild(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := errors.New("what a child is to do is one argument")
	if len(args) == 1 {
		err = childWork(ctx, args[0])
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: child: %v\n", err)
		return 1
	}
	kb, _, _ := strings.Cut(field("/proc/self/status", "VmHWM"), " ")
	fmt.Fprintln(stdout, kb)
	return 0
}

func childWork(ctx context.Context, what string) error {
	keys, err := keyring()
	if err != nil {
		return err
	}
	s, err := store.Open(os.Getenv(childDSN), sessionOptions(worker.Conns))
	if err != nil {
		return err
	}
	defer s.Close()
	if what == childIdle {
		_, err := s.Now(ctx)
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	return worker.New(s, keys, lottery.Grace(terms.LockLead)).Tick(ctx, 0)
}
