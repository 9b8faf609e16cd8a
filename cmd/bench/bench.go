package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/store/migrate"
)

// bench is what measurements stand on: a database of its own, plain connections to it, keys and an organiser.
type bench struct {
	options
	random    string // part of names that are to be this run's only
	name      string // of the database
	dsn       string
	db        *sql.DB      // for preparing and for limits
	store     *store.Store // for preparing
	keys      *lottery.Keyring
	owner     lottery.UserID
	server    processorTime
	report    *report
	isolation string    // the name of the variable on this server
	filled    bool      // the events that are over are there
	out       io.Writer // progress
	told      time.Time // when it was last written to
}

// conns is how many connections the plain pool may open.
const conns = 8

// open makes the database. The keys are the same in every run: nothing secret depends on them.
func open(ctx context.Context, o options, stderr io.Writer) (*bench, error) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(io.Discard, nil))) // lines are made as in a function, and go nowhere
	var random [6]byte
	rand.Read(random[:])
	b := &bench{options: o, random: hex.EncodeToString(random[:]), out: stderr}
	b.name = "lottery_bench_" + b.random
	b.server = localServer(ctx, o.mysql)
	var err error
	if b.keys, err = keyring(); err != nil {
		return nil, err
	}
	if err := b.admin(context.WithoutCancel(ctx), "CREATE DATABASE "+b.name+" CHARACTER SET utf8mb4"); err != nil {
		return nil, fmt.Errorf("cannot make a database: %w", err)
	}
	if err := b.connect(ctx); err != nil {
		return nil, errors.Join(err, b.close())
	}
	fmt.Fprintf(stderr, "database %s\n", b.name)
	return b, nil
}

func keyring() (*lottery.Keyring, error) {
	return lottery.NewKeyring(1, map[int][]byte{1: bytes.Repeat([]byte{1}, 32)})
}

// connect migrates the database and opens it.
func (b *bench) connect(ctx context.Context) (err error) {
	cfg, err := b.config()
	if err != nil {
		return err
	}
	b.dsn = cfg.FormatDSN()
	if _, err := migrate.Up(ctx, b.dsn); err != nil {
		return err
	}
	if b.db, err = b.pool(conns); err != nil {
		return err
	}
	if b.store, err = b.openStore(conns); err != nil {
		return err
	}
	b.isolation = "tx_isolation"
	if variable(ctx, b.db, b.isolation) == "" {
		b.isolation = "transaction_isolation" // MySQL 8
	}
	b.owner, _, err = b.store.UserByOpenID(ctx, "organiser")
	return err
}

func (b *bench) config() (*mysql.Config, error) {
	cfg, err := mysql.ParseDSN(b.mysql)
	if err != nil {
		return nil, errors.New("-mysql is not a DSN")
	}
	cfg.DBName = b.name
	return cfg, nil
}

// sessionOptions are those under which the store runs on a plain server; limits run under the same.
func sessionOptions(conns int) store.Options { return store.Options{Conns: conns, SetSession: true} }

func (b *bench) openStore(conns int) (*store.Store, error) {
	return store.Open(b.dsn, sessionOptions(conns))
}

// pool opens plain connections with the driver's options that the store has.
func (b *bench) pool(conns int) (*sql.DB, error) {
	cfg, err := b.config()
	if err != nil {
		return nil, err
	}
	cfg.ClientFoundRows, cfg.InterpolateParams = true, true
	cfg.Logger = &mysql.NopLogger{}
	connector, err := store.Connector(cfg, sessionOptions(conns))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// close drops the database, also after an interrupt.
func (b *bench) close() error {
	if b.store != nil {
		b.store.Close()
	}
	if b.db != nil {
		b.db.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := b.admin(ctx, "DROP DATABASE IF EXISTS "+b.name); err != nil {
		return fmt.Errorf("the database %s is left: %w", b.name, err)
	}
	return nil
}

// admin runs a statement outside of the database.
func (b *bench) admin(ctx context.Context, statement string) error {
	cfg, err := b.config()
	if err != nil {
		return err
	}
	cfg.DBName = ""
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// room waits until the server takes n more connections: it may be busy ending those that were closed just now.
func (b *bench) room(ctx context.Context, n int) error {
	most, _ := strconv.Atoi(variable(ctx, b.db, "max_connections"))
	for range 100 {
		open, err := b.status(ctx, "Threads_connected")
		if err != nil || int(open)+n <= most {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("the server has no room for %d more of %d connections", n, most)
}

// status is the sum of the server's counters whose names are like that.
func (b *bench) status(ctx context.Context, like string) (total int64, err error) {
	rows, err := b.db.QueryContext(ctx, `SHOW GLOBAL STATUS LIKE '`+like+`'`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(new(string), &n); err != nil {
			return 0, err
		}
		total += n
	}
	return total, rows.Err()
}

// exec runs statements without parameters, one after the other.
func (b *bench) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := b.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// tell writes progress, at most twice a second.
func (b *bench) tell(format string, args ...any) {
	if time.Since(b.told) < 500*time.Millisecond {
		return
	}
	b.told = time.Now()
	fmt.Fprintf(b.out, format+"\n", args...)
}
