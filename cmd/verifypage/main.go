// Command verifypage writes the verify page, one HTML file for any static host or the disk:
//
//	verifypage [-o verify.html]
//
// It runs inside a checkout of the module and needs the Go toolchain.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"wxlottery/internal/checkout"
	verifypage "wxlottery/web/verify"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Stdout, os.Stderr, os.Args[1:]); {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// errUsage says that the arguments are wrong and that the reader was told how.
var errUsage = errors.New("usage")

func run(ctx context.Context, out, complaints io.Writer, args []string) error {
	flags := flag.NewFlagSet("verifypage", flag.ContinueOnError)
	flags.SetOutput(complaints)
	file := flags.String("o", "verify.html", "the `file` to write")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return errUsage
	}
	if flags.NArg() > 0 {
		flags.Usage()
		return errUsage
	}
	return write(ctx, out, *file)
}

func write(ctx context.Context, out io.Writer, file string) error {
	root, err := checkout.Root(ctx)
	if err != nil {
		return err
	}
	page, err := verifypage.Build(ctx, root)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, page, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d bytes\n", file, len(page))
	return nil
}
