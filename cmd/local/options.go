package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// options is the command line, checked.
type options struct {
	cloud    platform
	addr     string
	mysql    string // "" for the embedded SQLite
	redis    string // "" for the embedded miniredis
	data     string // an absolute path
	beacon   string // as BEACON wants it
	fresh    bool
	demo     bool
	quiet    bool
	tick     time.Duration
	lockLead time.Duration
	minLead  time.Duration
}

const defaultMinLead = 15 * time.Second

const usage = `Runs the whole lottery on this machine: the four functions, as they go to AWS Lambda or to Tencent SCF, as processes
behind an HTTP gateway, a timer, a database, Redis and a simulated WeChat. Needs Go and nothing else. Prints
"ready http://…" once it can be used; Ctrl-C ends it.

Usage: go run ./cmd/local [flags]
`

// parse reads the arguments. It fails with flag.ErrHelp when all that was wanted is the help text, written to out.
func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8080", "where to listen; port 0 picks a free one")
	cloud := flags.String("cloud", "aws", "whose functions are built and whose protocols are spoken: aws (Lambda) or scf (Tencent).\nTencent's library has the functions listen on all addresses of this machine")
	flags.StringVar(&o.mysql, "mysql", "", "MySQL `DSN`, user:password@tcp(host:port)/database; empty: an embedded SQLite file.\nThe database is made when it is missing; without a name it is lottery_local")
	flags.StringVar(&o.redis, "redis", "", "`host:port` of a Redis; empty: an embedded one, which forgets logins at the end")
	flags.StringVar(&o.data, "data", ".local", "`folder` for the embedded database, the keys and the built functions")
	flags.BoolVar(&o.fresh, "fresh", false, "start anew: throw away database and keys")
	flags.DurationVar(&o.tick, "tick", time.Second, "how often the timer fires; 0: never, only POST /_sim/draw draws")
	flags.DurationVar(&o.lockLead, "lock-lead", 10*time.Second, "how long before the draw joining ends")
	flags.DurationVar(&o.minLead, "min-lead", defaultMinLead, "how far ahead a draw has to be at least")
	flags.StringVar(&o.beacon, "beacon", "drand", "what decides the draws of new lotteries: drand, rounds of a simulated relay with a development chain, one a\nsecond; or none, the operator's secret alone")
	flags.BoolVar(&o.demo, "demo", false, "play one lottery with 50 users, check it, and end")
	flags.BoolVar(&o.quiet, "quiet", false, "don't show what the functions log")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return o, err
	} else if err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	var known bool
	if o.cloud, known = platforms[*cloud]; !known {
		return o, fmt.Errorf("-cloud %s: there are aws and scf", *cloud)
	}
	if o.beacon != "drand" && o.beacon != "none" {
		return o, fmt.Errorf("-beacon %s: there are drand and none", o.beacon)
	}
	if !given(flags, "min-lead") {
		o.minLead = max(o.minLead, wholeSeconds(o.lockLead+o.tick+4*time.Second))
	}
	if err := o.checkTimes(); err != nil {
		return o, err
	}
	data, err := filepath.Abs(o.data)
	o.data = data
	return o, err
}

func given(flags *flag.FlagSet, name string) (found bool) {
	flags.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// checkTimes refuses here, with the flags' names, what the functions would refuse one by one.
func (o options) checkTimes() error {
	switch {
	case o.tick != 0 && o.tick < 100*time.Millisecond:
		return fmt.Errorf("-tick %v is too short, 100ms is the least", o.tick)
	case o.lockLead < time.Second || o.lockLead != wholeSeconds(o.lockLead):
		return fmt.Errorf("-lock-lead %v has to be whole seconds, 1s at least", o.lockLead)
	case o.minLead != wholeSeconds(o.minLead):
		return fmt.Errorf("-min-lead %v has to be whole seconds", o.minLead)
	case o.minLead < o.lockLead+o.tick:
		return fmt.Errorf("-min-lead %v is too short: -lock-lead and -tick together are %v", o.minLead, o.lockLead+o.tick)
	}
	return nil
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}
