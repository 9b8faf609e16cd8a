package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"

	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
)

func TestKeysAreKeptUntilFresh(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	read := func(fresh bool) string {
		keys, err := masterKeys(file, fresh)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	first, second, fresh := read(false), read(false), read(true)
	if !regexp.MustCompile(`^1:[0-9a-f]{64}$`).MatchString(first) {
		t.Error("the keys don't have the form version:hex")
	}
	if first != second || second == fresh {
		t.Errorf("kept: %v, new when fresh: %v", first == second, second != fresh)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

func TestFreshRemovesTheEmbeddedDatabaseAndNothingElse(t *testing.T) {
	t.Parallel()
	o := options{data: t.TempDir(), fresh: true}
	for _, name := range []string{"lottery.db", "lottery.db-wal", "lottery.db-shm", "notes"} {
		os.WriteFile(filepath.Join(o.data, name), nil, 0o600)
	}
	dsn, err := databaseDSN(t.Context(), o)
	if err != nil || dsn != "sqlite:"+filepath.Join(o.data, "lottery.db") {
		t.Fatalf("%s, %v", dsn, err)
	}
	left, err := os.ReadDir(o.data)
	if err != nil || len(left) != 1 || left[0].Name() != "notes" {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestFunctionsSeeNothingOfOurEnvironmentButItsBasics(t *testing.T) {
	t.Setenv("HOME", "/home/x")
	t.Setenv("MYSQL_PWD", "leak")
	all := strings.Join(baseEnv(), "\n")
	if strings.Contains(all, "leak") || !strings.Contains(all, "HOME=/home/x") {
		t.Error("the environment is not the basics")
	}
	variables := functionVariables(options{tick: time.Second}, backing{dsn: "sqlite:/x", chain: newKey(t)}, "http://127.0.0.1:1", "s")
	if got := variables["WECHAT_BASE_URL"]; got != "http://127.0.0.1:1/_sim/wechat/api" {
		t.Errorf("the address of the simulated WeChat is %q", got)
	}
}

// miniredis keeps its keys for ever unless its clock is pushed.
func TestEmbeddedRedisExpiresKeys(t *testing.T) {
	t.Parallel()
	addr, stop, err := embeddedRedis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	if err := client.Set(t.Context(), "k", "v", 500*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); client.Exists(t.Context(), "k").Val() == 1; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the key is still there")
		}
	}
}

func TestADatabaseThatIsNotThereIsMade(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	cfg, err := mysql.ParseDSN(os.Getenv("LOTTERY_TEST_MYSQL"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.DBName = "lottery_made`" + strings.ToLower(rand.Text()[:8])
	for range 2 {
		dsn, err := mysqlDSN(t.Context(), cfg.FormatDSN())
		if err != nil {
			t.Fatal(err)
		}
		db := testdb.Connect(t, dsn)
		var charset string
		if err := db.QueryRow("SELECT @@character_set_database").Scan(&charset); err != nil || charset != "utf8mb4" {
			t.Errorf("character set %q, %v", charset, err)
		}
		db.Close()
	}
	db := testdb.Connect(t, os.Getenv("LOTTERY_TEST_MYSQL"))
	defer db.Close()
	if _, err := db.Exec("DROP DATABASE `" + strings.ReplaceAll(cfg.DBName, "`", "``") + "`"); err != nil {
		t.Error(err)
	}
}

func TestARedisThatIsNotThereIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	m := testredis.Mini(t)
	if err := pingRedis(t.Context(), m.Addr()); err != nil {
		t.Error(err)
	}
	addr := m.Addr()
	m.Close()
	if err := pingRedis(t.Context(), addr); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("a Redis that is gone: %v", err)
	}
}

func TestTakenPortIsSaidBeforeTheBuild(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var stderr bytes.Buffer
	data := filepath.Join(t.TempDir(), "data")
	code := run([]string{"-addr", taken.Addr().String(), "-data", data}, io.Discard, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "-addr") || strings.Contains(stderr.String(), "building") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

func TestAddressThatIsPrintedCanBeReached(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{"127.0.0.1:0": "127.0.0.1", ":0": "127.0.0.1", "0.0.0.0:0": "127.0.0.1"} {
		l, url, err := listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		host, _, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
		if err != nil || host != want {
			t.Errorf("%s is shown as %s", addr, url)
		}
		l.Close()
	}
}
