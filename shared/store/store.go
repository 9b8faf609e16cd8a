// Package store keeps the events: MySQL through sqlx, and SQLite for one machine. One exported method is one use case and
// one transaction. A change of state is one guarded UPDATE and its row count; every instant that decides something is
// compared inside SQL with the database's own clock.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/fault"
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	db      *sqlx.DB
	dialect *dialect
	multi   bool // Options.MultiPrimary
	closed  *closed
	origins *origins
}

// Options are about connections.
type Options struct {
	SetSession bool   // set isolation, strictness and lock waits on each connection, for servers that are not set up for it
	Conns      int    // open connections at most; 0: 2, enough for a function that serves one request at a time
	CA         string // PEM: whom TLS connections trust besides those the system trusts
	// MultiPrimary is for clusters that several nodes of write to (Galera), whose share locks hold on one node only: a join
	// or leave then changes the event's row in its transaction, so that the cluster sees it meet the lock, and reads wait
	// until the node has what the others committed before.
	MultiPrimary bool
}

// Open makes a store for a data source: a MySQL DSN `user:password@tcp(host:port)/db`, or `sqlite:` and the path of a
// file, which needs a binary with the SQLite driver linked. It does not dial.
func Open(dsn string, o Options) (*Store, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return openSQLite(path, o)
	}
	cfg, err := mysqlConfig(dsn)
	if err != nil {
		return nil, err
	}
	connector, err := Connector(cfg, o)
	if err != nil {
		return nil, err
	}
	return newStore(connector, newDialect("mysql", mysqlNow), o), nil
}

func openSQLite(path string, o Options) (*Store, error) {
	source := SQLiteSource(path)
	pool, err := sql.Open("sqlite", source) // for its driver, which nothing but its name is known of here
	if err != nil {
		return nil, fmt.Errorf("store: open SQLite (is the driver linked, -tags sqlite?): %w", err)
	}
	defer pool.Close()
	return newStore(sourceConnector{pool.Driver(), source}, newDialect("sqlite", sqliteNow), o), nil
}

// SQLiteSource is the driver's name for a file, with the settings that let several processes share it.
func SQLiteSource(path string) string {
	v := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}).String()
}

func newStore(c driver.Connector, d *dialect, o Options) *Store {
	db := sqlx.NewDb(sql.OpenDB(countingConnector{c}), d.name)
	conns := o.Conns
	if conns == 0 {
		conns = 2
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxLifetime(3 * time.Minute)
	db.SetConnMaxIdleTime(time.Minute)
	return &Store{db, d, o.MultiPrimary, new(closed), new(origins)}
}

// Close closes the connections.
func (s *Store) Close() error { return s.db.Close() }

// ShiftClock makes a store whose database clock seems to be off by a while, for tests that cannot wait for a draw. No
// program calls it: the linker leaves it out of them.
func ShiftClock(s *Store, by time.Duration) *Store {
	shifted := newDialect(s.dialect.name, fmt.Sprintf("(%s + (%d))", s.dialect.now, by.Milliseconds()))
	return &Store{s.db, shifted, s.multi, new(closed), new(origins)}
}

// Now is the database's clock.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var ms int64
	if err := s.db.GetContext(ctx, &ms, s.dialect.sql(`SELECT {now}`)); err != nil {
		return time.Time{}, classify("read the clock", err)
	}
	return instant(ms), nil
}

// Work that gave way to another transaction is tried again, so often, and not after so long. Work that waited for a lock until
// the server gave up is not: it has waited for seconds already.
const (
	tries    = 20
	retryFor = 6 * time.Second
)

// tx runs work in one transaction, again from the start where the database gave way to another one. Work must not keep
// what it read in an earlier try.
func (s *Store) tx(ctx context.Context, what string, work func(*sqlx.Tx) error) error {
	return s.retry(ctx, what, func() error { return s.attempt(ctx, work) })
}

// attempt runs work in one transaction on a connection that goes back to the pool only if the transaction has ended for sure. A
// node of a Galera cluster that has lost the others refuses ROLLBACK, too, and keeps the transaction open: whatever came next
// on that connection would be part of it, and lost with it, although it was acknowledged.
func (s *Store) attempt(ctx context.Context, work func(*sqlx.Tx) error) (err error) {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended && tx.Rollback() != nil {
			conn.Raw(func(any) error { return driver.ErrBadConn }) // the pool closes it
		}
	}()
	if err := work(tx); err != nil {
		return err
	}
	err = tx.Commit()
	ended = err == nil || mysqlNumber(err) == mysqlDeadlock // the server has undone that one by itself
	return err
}

// exec runs one statement as a transaction of its own and returns how many rows it matched.
func (s *Store) exec(ctx context.Context, what, statement string, args ...any) (rows int64, err error) {
	err = s.retry(ctx, what, func() error {
		rows, err = s.affect(ctx, s.db, statement, args...)
		return err
	})
	return rows, err
}

// execIn is exec for a statement with an IN (?), whose argument is a slice.
func (s *Store) execIn(ctx context.Context, what, statement string, args ...any) error {
	expanded, args, err := sqlx.In(s.dialect.sql(statement), args...)
	if err != nil {
		return classify(what, err)
	}
	return s.retry(ctx, what, func() error {
		_, err := s.db.ExecContext(ctx, expanded, args...)
		return err
	})
}

func (s *Store) affect(ctx context.Context, e sqlx.ExecerContext, statement string, args ...any) (int64, error) {
	result, err := e.ExecContext(ctx, s.dialect.sql(statement), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *Store) retry(ctx context.Context, what string, work func() error) error {
	begin := time.Now()
	for try := 1; ; try++ {
		err := work()
		if err == nil || !contended(err) || IsHeld(err) || try == tries || time.Since(begin) > retryFor {
			return classify(what, err)
		}
		select {
		case <-ctx.Done():
			return classify(what, err)
		case <-time.After(jitter(time.Duration(try) * 20 * time.Millisecond)):
		}
	}
}

// jitter is between half of d and d, so that two that collided do not collide again.
func jitter(d time.Duration) time.Duration {
	var b [1]byte
	rand.Read(b[:])
	return d/2 + d/2*time.Duration(b[0])/256
}

// classify wraps an error once, at this package's edge: errors of the rules stay what they are, a database that does not
// answer or stays contended is unavailable, and everything else is a defect.
func classify(what string, err error) error {
	var ruled *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ruled):
		return err
	case contended(err), unreachable(err):
		return fault.Down(fmt.Errorf("store: %s: %w", what, err))
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
