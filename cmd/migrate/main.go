// Command migrate brings the database that DB_DSN names to the schema of this version (up), or says where it stands
// (status) and whether the server is set up as the service needs it. DB_TLS_CA and DB_SET_SESSION mean what they mean to the
// functions.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"wxlottery/shared/config"
	"wxlottery/shared/setup"
	"wxlottery/shared/store/migrate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:], os.Environ()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, errUsage) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: DB_DSN=… migrate up|status")

type settings struct {
	Database config.Database
}

func run(ctx context.Context, out io.Writer, args, environ []string) error {
	if len(args) != 1 {
		return errUsage
	}
	cfg, err := config.Load[settings](environ)
	if err != nil {
		return err
	}
	report, err := migrate.Do(ctx, args[0], cfg.Database.DSN.Reveal(), setup.Options(cfg.Database))
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
