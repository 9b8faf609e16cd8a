// Package migrate brings a database to the schema that the store needs. It is the only package that links goose: the
// functions of the cloud never migrate on a request.
package migrate

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"wxlottery/shared/store"
)

//go:embed schema/*.sql
var embedded embed.FS

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied time.Time // zero: pending
}

// Up applies every pending migration to the data source (as store.Open takes it) and returns those it applied. Run again after all
// functions are of this version, it also gives a public id to organisers whom an older one has made meanwhile. On MySQL
// migrations that run at once wait for each other.
func Up(ctx context.Context, dsn string) ([]Migration, error) { return up(ctx, dsn, store.Options{}) }

func up(ctx context.Context, dsn string, o store.Options) ([]Migration, error) {
	var applied []Migration
	err := run(dsn, o, func(p *goose.Provider, db *sql.DB) error {
		results, err := p.Up(ctx)
		for _, r := range results {
			applied = append(applied, Migration{r.Source.Version, name(r.Source), time.Now()})
		}
		if err != nil {
			return err
		}
		return nameOrganisers(ctx, db)
	})
	return applied, err
}

// Status returns every migration this program knows, in order.
func Status(ctx context.Context, dsn string) ([]Migration, error) {
	return status(ctx, dsn, store.Options{})
}

func status(ctx context.Context, dsn string, o store.Options) ([]Migration, error) {
	var all []Migration
	err := run(dsn, o, func(p *goose.Provider, _ *sql.DB) error {
		results, err := p.Status(ctx)
		for _, r := range results {
			all = append(all, Migration{r.Source.Version, name(r.Source), r.AppliedAt})
		}
		return err
	})
	return all, err
}

// Reset drops every table of the schema with all that is in it, and leaves other tables alone.
func Reset(ctx context.Context, dsn string) error {
	return run(dsn, store.Options{}, func(p *goose.Provider, _ *sql.DB) error {
		_, err := p.DownTo(ctx, 0)
		return err
	})
}

func run(dsn string, o store.Options, work func(*goose.Provider, *sql.DB) error) error {
	db, dialect, err := open(dsn, o)
	if err != nil {
		return err
	}
	defer db.Close()
	files, err := fs.Sub(embedded, "schema")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	options := []goose.ProviderOption{
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(programmed(dialect)...),
	}
	if dialect == goose.DialectMySQL {
		locker, err := lock.NewMySQLTableLocker(
			lock.WithTableLockTimeout(200*time.Millisecond, 600), lock.WithTableLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		options = append(options, goose.WithLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := work(p, db); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// open connects with the time limits of a person who waits, not those of a request.
func open(dsn string, o store.Options) (*sql.DB, goose.Dialect, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		db, err := sql.Open("sqlite", store.SQLiteSource(path))
		if err != nil {
			return nil, "", fmt.Errorf("migrate: open SQLite (is the driver linked, -tags sqlite?): %w", err)
		}
		return db, goose.DialectSQLite3, nil
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, "", errors.New("migrate: the data source is not a MySQL data source name")
	}
	cfg.ParseTime = true // goose reads its own table with it
	cfg.Timeout = 5 * time.Second
	cfg.Logger = &mysql.NopLogger{}
	connector, err := store.Connector(cfg, o)
	if err != nil {
		return nil, "", err
	}
	return sql.OpenDB(connector), goose.DialectMySQL, nil
}

func name(s *goose.Source) string {
	if programmed, ok := programmedNames[s.Version]; ok {
		return programmed
	}
	return strings.TrimSuffix(s.Path, ".sql")
}
