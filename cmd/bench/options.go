package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"time"
)

// options is the command line, checked.
type options struct {
	mysql  string // a DSN; a database in it is ignored
	redis  string // host:port
	run    *regexp.Regexp
	pairs  int
	trials int
	quick  bool
	list   bool
	json   string
	sizes
}

// sizes are how much is measured.
type sizes struct {
	lap       time.Duration // how long one side of a pair goes on, about, where it can be chosen
	conns     []int         // connections of the hot join
	instances int           // instances of the function, clients of the server
	lists     []int         // participants
	winners   []int
	old       int // events that are over
	due       int // events that are due at once
}

var (
	fullSizes = sizes{
		lap: 400 * time.Millisecond, conns: []int{1, 8, 32, 128}, instances: 32,
		lists: []int{10_000, 100_000, 1_000_000}, winners: []int{1, 100, 10_000}, old: 1_000_000, due: 10_000,
	}
	quickSizes = sizes{
		lap: 30 * time.Millisecond, conns: []int{1, 8}, instances: 8,
		lists: []int{300, 2000}, winners: []int{1, 100}, old: 2000, due: 300,
	}
)

const usage = `Measures joins, draws, long lists and sessions on a MySQL server and a Redis, each figure beside its limit in the same
run. Makes a database lottery_bench_… and drops it at the end. A full run takes about a quarter of an hour.

Usage: go run ./cmd/bench -mysql 'root@tcp(127.0.0.1:3306)/' -redis 127.0.0.1:6379 [flags]
`

// parse reads the arguments. It fails with flag.ErrHelp when all that was wanted is the help text, written to out.
func parse(args []string, out io.Writer) (options, error) {
	o := options{sizes: fullSizes}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.mysql, "mysql", "", "MySQL `DSN`, user:password@tcp(host:port)/, of a user that may make databases")
	flags.StringVar(&o.redis, "redis", "", "`host:port` of a Redis")
	names := flags.String("run", "", "measure only what this `regexp` matches, of the names that -list shows")
	flags.IntVar(&o.pairs, "pairs", 12, "how often each side of a comparison runs, in turns")
	flags.IntVar(&o.trials, "trials", 50, "races of joins against the lock, for each isolation level")
	flags.BoolVar(&o.quick, "quick", false, "small sizes, two pairs and one trial: to see that everything works")
	flags.BoolVar(&o.list, "list", false, "list the measurements")
	flags.StringVar(&o.json, "json", "", "also write the results to this `file`")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return o, err
	} else if err != nil {
		return o, err
	}
	if o.quick {
		o.shrink(flags)
	}
	var err error
	if o.run, err = regexp.Compile(*names); err != nil {
		return o, fmt.Errorf("-run: %w", err)
	}
	return o, o.check(flags.Args())
}

// shrink takes what -quick means, except for what was given.
func (o *options) shrink(flags *flag.FlagSet) {
	pairs, trials := 2, 1
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "pairs":
			pairs = o.pairs
		case "trials":
			trials = o.trials
		}
	})
	o.sizes, o.pairs, o.trials = quickSizes, pairs, trials
}

func (o *options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.pairs < 1 || o.trials < 1:
		return errors.New("-pairs and -trials are at least 1")
	case !o.list && (o.mysql == "" || o.redis == ""):
		return errors.New("-mysql and -redis are needed")
	}
	return nil
}
