package testmysql_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/internal/testmysql"
)

func beat(t *testing.T, dsn, name string) error {
	t.Helper()
	return testdb.Exec(t, dsn, `INSERT INTO heartbeats (name, finished_at_ms) VALUES (?, 1)`, name)
}

func TestACommittedRowOutlivesTheServersDeath(t *testing.T) {
	t.Parallel()
	s := testmysql.Start(t)
	for name, end := range map[string]func(){"killed": s.Kill, "stopped": s.Stop} {
		if err := beat(t, s.DSN(), name); err != nil {
			t.Fatal(err)
		}
		end()
		if err := beat(t, s.DSN(), "down"); err == nil {
			t.Errorf("a server that was %s answers", name)
		}
		s.StartAgain()
	}
	var rows int
	testdb.Row(t, s.DSN(), `SELECT COUNT(*) FROM heartbeats`, nil, &rows)
	if rows != 2 {
		t.Errorf("%d rows of two are left", rows)
	}
}

// victim names the variable that makes the test below start a server and wait to be killed.
const victim = "TESTMYSQL_VICTIM"

// TestTheServerDiesWithATestThatIsKilled runs itself once more, in a process that is killed with its server running.
func TestTheServerDiesWithATestThatIsKilled(t *testing.T) {
	if os.Getenv(victim) != "" {
		fmt.Printf("\nserver %s\n", testmysql.Start(t).DSN())
		time.Sleep(time.Minute)
		return
	}
	testdb.MySQL(t)
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a process with its parent")
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), victim+"=1", "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dsn := after(bufio.NewScanner(out), "server ")
	if dsn == "" {
		if err := cmd.Wait(); err != nil {
			t.Fatal("it could not start a server")
		}
		t.Skip("there is no server to start")
	}
	if err := beat(t, dsn, "alive"); err != nil {
		t.Error(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for n, end := 0, time.Now().Add(10*time.Second); beat(t, dsn, fmt.Sprint(n)) == nil; n++ {
		if time.Now().After(end) {
			t.Fatal("its server goes on")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// after is the rest of the first line that begins so, "" where there is none.
func after(lines *bufio.Scanner, begin string) string {
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), begin); ok {
			return rest
		}
	}
	return ""
}
