package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite" // one of the two drivers that are counted
)

// onEachDriver runs a test on a store without tables. These tests are not parallel: the count is the process's own.
func onEachDriver(t *testing.T, test func(t *testing.T, s *Store)) {
	sources := map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "lottery.db"), "mysql": os.Getenv("LOTTERY_TEST_MYSQL")}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			if source == "" {
				t.Skip("needs a MySQL server: set LOTTERY_TEST_MYSQL")
			}
			s, err := Open(source, Options{SetSession: true})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			test(t, s)
		})
	}
}

func TestEachStatementIsCountedOnce(t *testing.T) {
	onEachDriver(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		var n int
		prepared, err := s.db.PrepareContext(ctx, `SELECT ?`)
		if err != nil {
			t.Fatal(err)
		}
		defer prepared.Close()
		for _, tt := range []struct {
			what string
			want uint64
			work func() error
		}{
			{"a query", 1, func() error { return s.db.GetContext(ctx, &n, `SELECT 1`) }},
			{"a query with arguments", 1, func() error { return s.db.GetContext(ctx, &n, `SELECT ? + ?`, 1, []byte("2")) }},
			{"a change", 1, func() error {
				return s.execIn(ctx, "x", map[string]string{"sqlite": `PRAGMA cache_size = 100`, "mysql": `DO 1`}[s.dialect.name])
			}},
			{"a transaction of two", 2, func() error {
				return s.tx(ctx, "x", func(tx *sqlx.Tx) error {
					return errors.Join(tx.Get(&n, `SELECT 1`), tx.Get(&n, `SELECT 2`))
				})
			}},
			{"a transaction that is undone", 1, func() error {
				s.tx(ctx, "x", func(tx *sqlx.Tx) error { return errors.Join(tx.Get(&n, `SELECT 1`), errors.New("no")) })
				return nil
			}},
			{"two tries", 2, func() error {
				tries := 0
				return s.tx(ctx, "x", func(tx *sqlx.Tx) error {
					if tries++; tries == 1 {
						return errors.Join(tx.Get(&n, `SELECT 1`), errAgain)
					}
					return tx.Get(&n, `SELECT 1`)
				})
			}},
			{"a prepared one, three times", 3, func() error {
				return errors.Join(prepared.QueryRow(1).Scan(&n), prepared.QueryRow("2").Scan(&n), prepared.QueryRow(3).Scan(&n))
			}},
			{"one that is refused", 1, func() error {
				if s.db.GetContext(ctx, &n, `SELECT nothing`) == nil {
					return errors.New("it was not refused")
				}
				return nil
			}},
			{"a ping", 0, func() error { return s.db.PingContext(ctx) }},
		} {
			before := Statements()
			if err := tt.work(); err != nil {
				t.Errorf("%s: %v", tt.what, err)
			}
			if got := Statements() - before; got != tt.want {
				t.Errorf("%s counts %d, want %d", tt.what, got, tt.want)
			}
		}
	})
}

// TestWhatTheDriverPassesBackIsCountedOnce has arguments that the driver does not put in by itself: it says so, and the pool
// prepares the statement.
func TestWhatTheDriverPassesBackIsCountedOnce(t *testing.T) {
	cfg, err := mysql.ParseDSN(os.Getenv("LOTTERY_TEST_MYSQL"))
	if err != nil || cfg.Addr == "" || os.Getenv("LOTTERY_TEST_MYSQL") == "" {
		t.Skip("needs a MySQL server: set LOTTERY_TEST_MYSQL")
	}
	plain, err := Connector(cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(countingConnector{plain})
	defer db.Close()
	before, n := Statements(), 0
	if err := db.QueryRow(`SELECT ?`, 7).Scan(&n); err != nil || n != 7 {
		t.Fatal(n, err)
	}
	if _, err := db.Exec(`DO ?`, 7); err != nil {
		t.Fatal(err)
	}
	if got := Statements() - before; got != 2 {
		t.Errorf("%d statements, want 2", got)
	}
}

// What database/sql looks for, by the names in its sources. MySQL's statements have a ColumnConverter, too, which is asked only
// where the checker of values, which they have as well, passes a value on; it never does.
var (
	ofConnections = []reflect.Type{
		reflect.TypeFor[driver.ConnBeginTx](), reflect.TypeFor[driver.ConnPrepareContext](), reflect.TypeFor[driver.ExecerContext](),
		reflect.TypeFor[driver.NamedValueChecker](), reflect.TypeFor[driver.Pinger](), reflect.TypeFor[driver.QueryerContext](),
		reflect.TypeFor[driver.SessionResetter](), reflect.TypeFor[driver.Validator](),
	}
	ofStatements = []reflect.Type{
		reflect.TypeFor[driver.StmtExecContext](), reflect.TypeFor[driver.StmtQueryContext](), reflect.TypeFor[driver.NamedValueChecker](),
	}
)

func TestWhatCountsCanDoAllThatTheDriverCan(t *testing.T) {
	onEachDriver(t, func(t *testing.T, s *Store) {
		onConnection(t, s, func(c *countingConn) {
			mustDoNoLess(t, c, c.conn, ofConnections)
			prepared, err := c.PrepareContext(t.Context(), `SELECT ?`)
			if err != nil {
				t.Fatal(err)
			}
			defer prepared.Close()
			mustDoNoLess(t, prepared, prepared.(*countingStmt).stmt, ofStatements)
			old, err := c.Prepare(`SELECT 1`)
			if err != nil {
				t.Fatal(err)
			}
			old.Close()
		})
	})
}

// onConnection runs a test on a connection of the pool, which must be one that counts.
func onConnection(t *testing.T, s *Store, test func(*countingConn)) {
	t.Helper()
	held, err := s.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := held.Raw(func(c any) error { test(c.(*countingConn)); return nil }); err != nil {
		t.Fatal(err)
	}
}

func mustDoNoLess(t *testing.T, around, plain any, what []reflect.Type) {
	t.Helper()
	for _, i := range what {
		if reflect.TypeOf(plain).Implements(i) && !reflect.TypeOf(around).Implements(i) {
			t.Errorf("%T is a %s, %T is not", plain, i, around)
		}
	}
}

// TestAConnectionGivenUpIsClosed is what attempt does with one whose transaction may not have ended.
func TestAConnectionGivenUpIsClosed(t *testing.T) {
	onEachDriver(t, func(t *testing.T, s *Store) {
		for range 2 {
			held, err := s.db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n := s.db.Stats().OpenConnections; n != 1 {
				t.Errorf("%d connections are open", n)
			}
			if err := held.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
				t.Errorf("the error is %v", err)
			}
			held.Close()
			if n := s.db.Stats().OpenConnections; n != 0 {
				t.Errorf("%d connections are open after it was given up", n)
			}
		}
	})
}

// TestAConnectionTheServerClosedCostsNoStatement ends the pool's connection behind its back: the next statement goes over another
// one, and counts once.
func TestAConnectionTheServerClosedCostsNoStatement(t *testing.T) {
	onEachDriver(t, func(t *testing.T, s *Store) {
		if s.dialect.name != "mysql" {
			t.Skip("no server")
		}
		s.db.SetMaxOpenConns(1)
		var id, next int
		if err := s.db.Get(&id, `SELECT CONNECTION_ID()`); err != nil {
			t.Fatal(err)
		}
		killer, err := Open(os.Getenv("LOTTERY_TEST_MYSQL"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer killer.Close()
		if _, err := killer.db.Exec(`KILL ?`, id); err != nil {
			t.Fatal(err)
		}
		before := Statements()
		if err := s.db.Get(&next, `SELECT CONNECTION_ID()`); err != nil || next == id {
			t.Errorf("connection %d after %d, %v", next, id, err)
		}
		if got := Statements() - before; got != 1 {
			t.Errorf("%d statements, want 1", got)
		}
	})
}

// A poor driver's connection is one that can do what it must only.
type poor struct{ driver.Conn }

func TestADriverThatCanDoLessIsLeftAlone(t *testing.T) {
	if c := counted(poor{}); c != (poor{}) {
		t.Errorf("%T", c)
	}
}

// still is a connection that does nothing, to weigh what counting adds.
type still struct{ conn }

func (still) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.ResultNoRows, nil
}

func TestCountingAllocatesNothing(t *testing.T) {
	c, value := counted(still{}).(*countingConn), &driver.NamedValue{Value: int64(1)}
	n := testing.AllocsPerRun(100, func() {
		c.CheckNamedValue(value)
		c.ExecContext(context.Background(), "", nil)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCounting(b *testing.B) {
	for name, c := range map[string]driver.ExecerContext{"plain": still{}, "counted": counted(still{}).(*countingConn)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.ExecContext(context.Background(), "", nil)
			}
		})
	}
}

// BenchmarkQuery is a whole query of SQLite's, over a connection that counts and over one that does not.
func BenchmarkQuery(b *testing.B) {
	source := SQLiteSource(filepath.Join(b.TempDir(), "lottery.db"))
	plain, err := sql.Open("sqlite", source)
	if err != nil {
		b.Fatal(err)
	}
	defer plain.Close()
	counting := sql.OpenDB(countingConnector{sourceConnector{plain.Driver(), source}})
	defer counting.Close()
	for name, db := range map[string]*sql.DB{"plain": plain, "counted": counting} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); {
				if err := db.QueryRow(`SELECT ?`, 1).Scan(&n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
