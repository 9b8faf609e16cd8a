package store_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wxlottery/internal/testdb"
	"wxlottery/shared/store"
)

// TestAClientThatFallsSilentInATransactionLosesItsRow plays an instance whose host is lost in the middle of a draw: its
// connection stays open and nothing comes any more.
func TestAClientThatFallsSilentInATransactionLosesItsRow(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	w := newWorld(t)
	e := w.hourAhead()
	cfg, err := mysql.ParseDSN(w.dsn)
	must(t, err)
	connector, err := store.Connector(cfg, store.Options{SetSession: true})
	must(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	var version string
	must(t, db.QueryRow(`SELECT VERSION()`).Scan(&version))
	if !strings.Contains(version, "MariaDB") {
		t.Skip("only MariaDB can end a transaction that is idle")
	}
	tx, err := db.Begin()
	must(t, err)
	defer tx.Rollback()
	_, err = tx.Exec(`UPDATE events SET touched = 1 WHERE id = ?`, e.ID[:])
	must(t, err)
	begin, due := time.Now(), w.later(61*time.Minute)
	for {
		c, err := due.Claim(context.Background(), 1)
		must(t, err)
		if len(c.Events) == 1 {
			break
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatal("the row is still held")
		}
		time.Sleep(200 * time.Millisecond)
	}
	if d := time.Since(begin); d < 5*time.Second {
		t.Errorf("the row was free after %s: nobody held it", d)
	}
}
