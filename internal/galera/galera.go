// Package galera gives tests a cluster of two nodes that both take writes: two MariaDBs with Galera, on this machine. Some
// things are so on a cluster only: a share lock is known to one node, a transaction can fail at its commit, and a node that
// has lost the other one takes no work.
package galera

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wxlottery/internal/checkout"
	"wxlottery/internal/testdb"
	"wxlottery/shared/store/migrate"
)

// library is the provider's place on Debian; what makes a MariaDB a node of a cluster.
const library = "/usr/lib/galera/libgalera_smm.so"

// patience is how long the cluster may take to start, or to be whole again.
const patience = 2 * time.Minute

// Cluster is two nodes, 0 and 1, that have the same databases.
type Cluster struct {
	script string // .ci/galera
	dir    string
	nodes  [2]string // DSNs without a database
}

// Start returns the cluster of this test process. The first call starts it; End, in TestMain, ends it, and should the process
// be killed, the cluster ends by itself. A test that asks for it is skipped, or fails, where testdb.MySQL says so, and likewise
// where there is no Galera.
func Start(t testing.TB) *Cluster {
	t.Helper()
	testdb.MySQL(t)
	if _, err := os.Stat(library); err != nil {
		if os.Getenv("CI") != "" && os.Getenv("LOTTERY_TEST_EMBEDDED") == "" {
			t.Fatalf("no Galera here (.ci/galera install brings it): %v", err)
		}
		t.Skip("needs Galera: " + library)
	}
	c, err := own()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var (
	own     = sync.OnceValues(start)
	started *Cluster
)

func start() (*Cluster, error) {
	root, err := checkout.Root(context.Background())
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "galera")
	if err != nil {
		return nil, err
	}
	c := &Cluster{script: filepath.Join(root, ".ci", "galera"), dir: dir}
	started = c // from here on there is something to remove
	out, err := c.run("start", strconv.Itoa(os.Getpid()))
	if err != nil {
		return nil, err
	}
	if n := copy(c.nodes[:], strings.Fields(out)); n != len(c.nodes) {
		return nil, fmt.Errorf("galera: the script names %d nodes", n)
	}
	return c, nil
}

// End ends the cluster if Start has started it.
func End() error {
	if started == nil {
		return nil
	}
	_, err := started.run("stop")
	return errors.Join(err, os.RemoveAll(started.dir))
}

// run runs a command of the script on the cluster and returns what it prints.
func (c *Cluster) run(command string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.script, append([]string{command, c.dir}, args...)...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("galera: %s: %w\n%s", command, err, problems.String())
	}
	return string(out), nil
}

// DSN makes a fresh, migrated database and returns its data source on either node.
func (c *Cluster) DSN(t testing.TB) (nodes [2]string) {
	t.Helper()
	var random [6]byte
	rand.Read(random[:])
	name := "lottery_test_" + hex.EncodeToString(random[:])
	for i, server := range c.nodes {
		nodes[i] = server + name
	}
	c.admin(t, 0, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	t.Cleanup(func() { c.admin(t, 0, "DROP DATABASE "+name) })
	if _, err := migrate.Up(context.Background(), nodes[0]); err != nil {
		t.Fatal(err)
	}
	c.admin(t, 1, "SELECT 1 FROM "+name+".events")
	return nodes
}

// admin runs a statement on a node, which before has caught up with the other.
func (c *Cluster) admin(t testing.TB, node int, statement string) {
	t.Helper()
	db := c.open(t, node)
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Errorf("node %d: %s: %v", node, statement, err)
	}
}

// open connects to a node, whose every answer then waits until it has what the other had committed.
func (c *Cluster) open(t testing.TB, node int) *sql.DB {
	t.Helper()
	cfg, err := mysql.ParseDSN(c.nodes[node])
	if err != nil {
		t.Fatal(err)
	}
	cfg.Params = map[string]string{"wsrep_sync_wait": "15"}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sql.OpenDB(connector)
}
