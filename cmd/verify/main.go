// Command verify rechecks a draw from its public record: the proof, as a file or from a running service, and whatever
// whoever checks has kept himself. It takes the ten steps of the specification (docs/vdraw.md) and says how each of them
// ended and what was left unchecked.
//
// Exit codes: 0 nothing failed; 1 something failed; 2 wrong usage, an unreadable file or a service that can't be read; 3
// nothing failed, but the draw was late or rests on the operator's word. What is wrong with a proof is never a 2: whoever
// runs verify from a script may take a 2 for "nothing is known yet".
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"wxlottery/shared/vdraw"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	code, err := verify(args, stdin, stdout)
	if err != nil {
		fmt.Fprintf(stderr, "verify: %v\n", err)
		return 2
	}
	return code
}

func verify(args []string, stdin io.Reader, stdout io.Writer) (code int, err error) {
	o, err := parse(args, os.Getenv)
	if errors.Is(err, flag.ErrHelp) {
		return 0, help(stdout)
	}
	if err != nil {
		return 0, fmt.Errorf("%w (-help lists the flags)", err)
	}
	r, err := check(o, stdin)
	if err != nil {
		return 0, err
	}
	return r.Exit(), show(stdout, r, o)
}

// result is a report and what else is worth saying about where it comes from.
type result struct {
	vdraw.Report
	servedKey string // the operator's key as the service names it, where none came from outside
}

func check(o options, stdin io.Reader) (result, error) {
	given, err := o.bring()
	spoilt := vdraw.SpoiltReceipt{}
	if err != nil && !errors.As(err, &spoilt) {
		return result{}, err
	}
	r, err := checkWith(o, given, stdin)
	if err == nil && spoilt.Unwrap() != nil && r.Steps[0].Outcome == vdraw.OK {
		fail(r.Report, 10, "mine.receipt", spoiltReceipt)
	}
	return r, err
}

func checkWith(o options, given vdraw.Given, stdin io.Reader) (result, error) {
	if o.event != nil {
		return checkEvent(newService(o.event), given)
	}
	proof, err := readProof(o.proof, stdin)
	if err != nil {
		return result{}, err
	}
	return result{Report: vdraw.Check(proof, given)}, nil
}
