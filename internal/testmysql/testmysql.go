// Package testmysql gives a test a MariaDB of its own, which it may stop, kill and start again as it likes. For what needs
// a database and no power over its server there is testdb.
package testmysql

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wxlottery/internal/testdb"
	"wxlottery/shared/store/migrate"
)

const (
	program  = "mariadbd"
	installs = "mariadb-install-db"
	database = "lottery"
)

// patience is how long a server may take to start or to stop, recovery from a crash included.
const patience = time.Minute

// Server is a MariaDB with a data folder and a port of its own, which stay the same as long as the test lasts. Its methods
// are for one goroutine.
type Server struct {
	t    testing.TB
	dir  string
	port int
	log  *os.File
	run  *run // nil while it is down
}

// run is one life of the server's process.
type run struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
}

// Start starts a server that is gone after the test, with an empty, migrated database. A test that asks for one is skipped,
// or fails, where testdb.MySQL says so; where MariaDB is not installed likewise.
func Start(t testing.TB) *Server {
	t.Helper()
	testdb.MySQL(t)
	need(t, program, installs)
	s := &Server{t: t, port: quietPort(t)}
	t.Cleanup(s.close)
	s.install()
	s.StartAgain()
	s.create()
	if _, err := migrate.Up(context.Background(), s.DSN()); err != nil {
		t.Fatal(err)
	}
	return s
}

func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") != "" && os.Getenv("LOTTERY_TEST_EMBEDDED") == "" {
			t.Fatalf("%s is not in PATH", name)
		}
		t.Skipf("needs a MariaDB that it may kill: %s is not in PATH", name)
	}
}

// quietPort is a port where nobody listens, below those that the kernel gives away by itself: otherwise a client could be
// given the server's own port while the server is down.
func quietPort(t testing.TB) int {
	t.Helper()
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(10_000))
		if err != nil {
			t.Fatal(err)
		}
		port := 20_000 + int(n.Int64())
		l, err := net.Listen("tcp", address(port))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// install makes the data folder, beside it a log.
func (s *Server) install() {
	s.t.Helper()
	var err error
	if s.dir, err = os.MkdirTemp("", "testmysql"); err != nil {
		s.t.Fatal(err)
	}
	if s.log, err = os.Create(filepath.Join(s.dir, "log")); err != nil {
		s.t.Fatal(err)
	}
	args := append(common(s.data()), "--auth-root-authentication-method=normal", "--skip-test-db")
	if out, err := exec.Command(installs, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", installs, err, out)
	}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// common are the arguments of both programs. MariaDB runs as root only when it is told to.
func common(data string) []string {
	args := []string{"--no-defaults", "--datadir=" + data}
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	return args
}

func (s *Server) create() {
	s.t.Helper()
	db := s.admin()
	defer db.Close()
	if _, err := db.Exec("CREATE DATABASE " + database + " CHARACTER SET utf8mb4"); err != nil {
		s.t.Fatal(err)
	}
}

// admin connects without choosing a database.
func (s *Server) admin() *sql.DB {
	s.t.Helper()
	cfg := s.config()
	cfg.Logger = &mysql.NopLogger{} // that it does not answer yet is no news
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return sql.OpenDB(connector)
}

func (s *Server) config() *mysql.Config {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Net, cfg.Addr = "root", "tcp", address(s.port)
	return cfg
}

// DSN is the data source of the database, also while the server is down.
func (s *Server) DSN() string {
	cfg := s.config()
	cfg.DBName = database
	return cfg.FormatDSN()
}
