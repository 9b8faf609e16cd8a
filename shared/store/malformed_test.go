package store_test

import (
	"context"
	"strings"
	"testing"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
)

// TestARowThatNoRuleMadeIsLeftOutOfMany has a lock record without a root, which the CHECKs refuse unless somebody turns them
// off. Those who read it with others get the others.
func TestARowThatNoRuleMadeIsLeftOutOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good, bad := w.hourAhead(), w.hourAhead()
	unchecked(t, w.dsn, `UPDATE events SET list_count = 5 WHERE id = ?`, bad.ID[:])
	got, now, err := w.store.EventsByID(context.Background(), []lottery.EventID{bad.ID, good.ID, lottery.NewEventID()})
	if err != nil || len(got) != 1 || got[good.ID] == nil || now.IsZero() {
		t.Fatalf("%v, %v", got, err)
	}
	if e := got[good.ID]; len(e.Prizes) != 2 || e.Manifest != good.Manifest {
		t.Errorf("%+v", e)
	}
}

// unchecked runs a statement that the CHECKs would refuse.
func unchecked(t *testing.T, dsn, statement string, args ...any) {
	t.Helper()
	off := `SET check_constraint_checks = 0`
	if strings.HasPrefix(dsn, "sqlite:") {
		off = `PRAGMA ignore_check_constraints = 1`
	}
	db := testdb.Connect(t, dsn)
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(off); err != nil {
		t.Skipf("the server cannot turn CHECKs off: %v", err) // MySQL
	}
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}
