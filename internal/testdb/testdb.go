// Package testdb gives each test a database of its own: on the MySQL server that LOTTERY_TEST_MYSQL names (a DSN without a
// database), or else an SQLite file.
package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite" // tests run on it where there is no server

	"wxlottery/internal/testproxy"
	"wxlottery/shared/store"
	"wxlottery/shared/store/migrate"
)

// conns is how many connections a test's store may open. Tests run side by side on one server, whose usual limit is 151.
const conns = 24

// New returns a store on a fresh, migrated database that is gone after the test.
func New(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, DSN(t))
}

// Open opens another store on a database that DSN made.
func Open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(dsn, store.Options{Conns: conns, SetSession: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// DSN makes a fresh, migrated database and returns its data source.
func DSN(t testing.TB) string {
	t.Helper()
	dsn := Empty(t)
	if _, err := migrate.Up(context.Background(), dsn); err != nil {
		t.Fatal(err)
	}
	return dsn
}

// Empty makes a fresh database without any table.
func Empty(t testing.TB) string {
	t.Helper()
	server := os.Getenv("LOTTERY_TEST_MYSQL")
	if server == "" {
		return "sqlite:" + filepath.Join(t.TempDir(), "lottery.db")
	}
	cfg, err := mysql.ParseDSN(server)
	if err != nil {
		t.Fatal("LOTTERY_TEST_MYSQL is not a DSN")
	}
	var random [6]byte
	rand.Read(random[:])
	name := "lottery_test_" + hex.EncodeToString(random[:])
	admin(t, server, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	t.Cleanup(func() { admin(t, server, "DROP DATABASE "+name) })
	cfg.DBName = name
	return cfg.FormatDSN()
}

// Exec runs a statement behind the store's back, for tests that need a row the rules would never make.
func Exec(t testing.TB, dsn, statement string, args ...any) error {
	t.Helper()
	db := Connect(t, dsn)
	defer db.Close()
	_, err := db.Exec(statement, args...)
	return err
}

// Row reads one row behind the store's back.
func Row(t testing.TB, dsn, query string, args []any, into ...any) {
	t.Helper()
	db := Connect(t, dsn)
	defer db.Close()
	if err := db.QueryRow(query, args...).Scan(into...); err != nil {
		t.Fatal(err)
	}
}

// MySQL skips a test that is about locks between connections where there is no server; where CI is set it fails instead.
func MySQL(t testing.TB) {
	t.Helper()
	if os.Getenv("LOTTERY_TEST_MYSQL") != "" {
		return
	}
	if os.Getenv("CI") != "" && os.Getenv("LOTTERY_TEST_EMBEDDED") == "" {
		t.Fatal("LOTTERY_TEST_MYSQL is not set")
	}
	t.Skip("needs a MySQL server: set LOTTERY_TEST_MYSQL")
}

func admin(t testing.TB, server, statement string) {
	t.Helper()
	db, err := sql.Open("mysql", server)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Error(err)
	}
}

// Connect opens a plain connection pool, for tests that play another client of the database.
func Connect(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	driver, source := "mysql", dsn
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, source = "sqlite", store.SQLiteSource(path)
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// OpenPlain opens a store that leaves isolation and lock waits as the server has them.
func OpenPlain(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(dsn, store.Options{Conns: conns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Scale is the size of a heavy test: short, unless LOTTERY_TEST_SCALE asks for the whole.
func Scale(short, whole int) int {
	if os.Getenv("LOTTERY_TEST_SCALE") == "full" {
		return whole
	}
	return short
}

// Proxied is the data source of the same database behind a proxy that can fail; for MySQL only.
func Proxied(t testing.TB, dsn string) (*testproxy.Proxy, string) {
	t.Helper()
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	proxy := testproxy.New(t, cfg.Addr)
	cfg.Addr = proxy.Addr
	return proxy, cfg.FormatDSN()
}
