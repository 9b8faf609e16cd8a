package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// functionNames are the functions, in the order they are reported in.
var functionNames = []string{"login", "events", "join", "draw", "migrate"}

type options struct {
	out       string
	targets   []target
	functions []string
	tools     bool
	bare      bool
	commit    string // "": ask git
}

const usage = `usage: package [flags] [function…]
Builds the functions (all of them, or those named: %s) for the clouds.

`

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("package", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintf(stderr, usage, strings.Join(functionNames, ", "))
		f.PrintDefaults()
	}
	f.StringVar(&o.out, "out", "dist", "`folder` to write to")
	cloud := f.String("cloud", "all", "which `cloud` to build for: aws, scf or all")
	f.BoolVar(&o.tools, "tools", false, "also build the command line tools, for Linux, macOS and Windows, into OUT/tools")
	f.BoolVar(&o.bare, "bare", false, "write the executable of one function for one cloud into OUT, without a zip")
	f.StringVar(&o.commit, "commit", "", "the `commit` the functions log; by default what git says, outside of a checkout unknown")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	var err error
	if o.targets, err = targetsOf(*cloud); err != nil {
		return options{}, err
	}
	if o.functions, err = functionsOf(f.Args()); err != nil {
		return options{}, err
	}
	return o, o.check()
}

var commitForm = regexp.MustCompile(`^[0-9A-Za-z._-]{0,64}$`)

func (o options) check() error {
	switch {
	case o.out == "":
		return errors.New("-out is empty")
	case o.bare && (len(o.targets) != 1 || len(o.functions) != 1 || o.tools):
		return errors.New("-bare is for exactly one function and one -cloud, without -tools")
	case !commitForm.MatchString(o.commit):
		return errors.New("-commit may have letters, digits, dots, dashes and underscores only")
	}
	return nil
}

func targetsOf(cloud string) ([]target, error) {
	if cloud == "all" {
		return targets, nil
	}
	for _, t := range targets {
		if t.cloud == cloud {
			return []target{t}, nil
		}
	}
	return nil, fmt.Errorf("there is no cloud %q; there are aws, scf and all", cloud)
}

// functionsOf returns the functions that are named, each once and in their usual order; all, if none is.
func functionsOf(named []string) ([]string, error) {
	if len(named) == 0 {
		return functionNames, nil
	}
	for _, name := range named {
		if !slices.Contains(functionNames, name) {
			return nil, fmt.Errorf("there is no function %q; there are %s (flags come first)", name, strings.Join(functionNames, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(functionNames), func(name string) bool { return !slices.Contains(named, name) }), nil
}
