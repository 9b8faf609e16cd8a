// Command migrate brings the database that DB_DSN names to the schema of this version (up), or says where it stands
// (status) and whether the server is set up as the service needs it. DB_TLS_CA says whom to trust, as for the functions.
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
	if err := run(ctx, os.Stdout, os.Args[1:], os.Getenv("DB_DSN"), os.Getenv("DB_TLS_CA")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, errUsage) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: DB_DSN=… migrate up|status")

func run(ctx context.Context, out io.Writer, args []string, dsn, ca string) error {
	if len(args) != 1 || dsn == "" {
		return errUsage
	}
	report, err := migrate.Do(ctx, args[0], dsn, store.Options{CA: ca})
	if errors.Is(err, migrate.ErrCommand) {
		return errUsage
	}
	show(out, report)
	if err == nil && args[0] == "up" && len(report.Applied) == 0 {
		fmt.Fprintln(out, "nothing to apply")
	}
	return err
}

func show(out io.Writer, r migrate.Report) {
	for _, name := range r.Applied {
		fmt.Fprintf(out, "applied %s\n", name)
	}
	for _, m := range r.Migrations {
		state := "pending"
		if !m.Applied.IsZero() {
			state = "applied " + m.Applied.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(out, "%s: %s\n", m.Name, state)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(out, "warning: %s\n", w)
	}
}
