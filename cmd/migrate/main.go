// Command migrate brings the database that DB_DSN names to the schema of this version (up), or says where it stands
// (status) and whether the server is set up as the service needs it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"wxlottery/shared/store"
	"wxlottery/shared/store/migrate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:], os.Getenv("DB_DSN")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, errUsage) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: DB_DSN=… migrate up|status")

func run(ctx context.Context, out io.Writer, args []string, dsn string) error {
	if len(args) != 1 || dsn == "" {
		return errUsage
	}
	switch args[0] {
	case "up":
		return up(ctx, out, dsn)
	case "status":
		return status(ctx, out, dsn)
	}
	return errUsage
}

func up(ctx context.Context, out io.Writer, dsn string) error {
	applied, err := migrate.Up(ctx, dsn)
	for _, m := range applied {
		fmt.Fprintf(out, "applied %s\n", m.Name)
	}
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		fmt.Fprintln(out, "nothing to apply")
	}
	return warn(ctx, out, dsn)
}

func status(ctx context.Context, out io.Writer, dsn string) error {
	all, err := migrate.Status(ctx, dsn)
	for _, m := range all {
		state := "pending"
		if !m.Applied.IsZero() {
			state = "applied " + m.Applied.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(out, "%s: %s\n", m.Name, state)
	}
	if err != nil {
		return err
	}
	return warn(ctx, out, dsn)
}

// warn says what about the server is not as the service needs it.
func warn(ctx context.Context, out io.Writer, dsn string) error {
	s, err := store.Open(dsn, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	warnings, err := s.Check(ctx)
	for _, w := range warnings {
		fmt.Fprintf(out, "warning: %s\n", w)
	}
	return err
}
