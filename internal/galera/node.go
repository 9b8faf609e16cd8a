package galera

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Kill ends a node as a loss of power would. Within the suspect timeout the other one, which cannot know whether it is the
// one that is cut off, takes no more work.
func (c *Cluster) Kill(t testing.TB, node int) {
	t.Helper()
	c.end(t, node, syscall.SIGKILL)
}

// ShutDown ends a node in order. The other one knows that it is alone, and goes on.
func (c *Cluster) ShutDown(t testing.TB, node int) {
	t.Helper()
	c.end(t, node, syscall.SIGTERM)
}

func (c *Cluster) end(t testing.TB, node int, how syscall.Signal) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, strconv.Itoa(node+1), "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, how); err != nil {
		t.Fatalf("node %d: %v", node, err)
	}
	for deadline := time.Now().Add(patience); lives(pid); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("node %d does not end", node)
		}
	}
}

// lives says whether a process is still there. Nobody may have asked for its end yet: then it is in the table, and dead.
func lives(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

// Return starts a node again that has ended, and waits until the cluster is whole.
func (c *Cluster) Return(t testing.TB, node int) {
	t.Helper()
	if _, err := c.run("node", strconv.Itoa(node+1)); err != nil {
		t.Fatal(err)
	}
}

// Provider sets an option of the provider on both nodes.
func (c *Cluster) Provider(t testing.TB, option string) {
	t.Helper()
	for node := range c.nodes {
		c.admin(t, node, "SET GLOBAL wsrep_provider_options = '"+option+"'")
	}
}

// Status is a number that a node tells of itself, such as wsrep_local_cert_failures.
func (c *Cluster) Status(t testing.TB, node int, name string) (value int) {
	t.Helper()
	db := c.open(t, node)
	defer db.Close()
	err := db.QueryRowContext(context.Background(), `
		SELECT CAST(variable_value AS SIGNED)
		FROM information_schema.global_status
		WHERE variable_name = ?`, name).Scan(&value)
	if err != nil {
		t.Fatalf("node %d: %s: %v", node, name, err)
	}
	return value
}
