package store_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// TestTheLockWaitsForJoinsAndLeavesUnderWay stops a join (or a leave) in the middle of its statement, after it has seen the
// event open and before it can commit, and then takes the lock. What was under way must be decided when Lock returns:
// nothing may change in the list afterwards.
func TestTheLockWaitsForJoinsAndLeavesUnderWay(t *testing.T) {
	testdb.MySQL(t)
	for _, isolation := range []string{"READ COMMITTED", "the server's own"} {
		for _, call := range []string{"join", "leave"} {
			t.Run(call+", "+isolation, func(t *testing.T) { // one at a time: see awaitLockWait
				w := newWorld(t)
				if isolation != "READ COMMITTED" {
					w.store = testdb.OpenPlain(t, w.dsn)
				}
				holdTheLock(t, w, call)
			})
		}
	}
}

func holdTheLock(t *testing.T, w *world, call string) {
	e := w.hourAhead()
	alice := w.entrant("alice", e)
	ctx := context.Background()
	if call == "leave" {
		w.join(e, "alice")
	}
	release := obstruct(t, w, e, alice)
	answered := make(chan error, 1)
	go func() {
		var err error
		if call == "join" {
			_, _, err = w.store.Join(ctx, e.ID, alice, false, time.Now())
		} else {
			err = w.store.Leave(ctx, e.ID, alice, time.Now())
		}
		answered <- err
	}()
	awaitLockWait(t, w, 1)
	locked := make(chan error, 1)
	go func() { locked <- lock(w.later(time.Hour), e, time.Second) }()
	select {
	case err := <-locked: // legal only if the call under way comes to nothing
		must(t, err)
		then := w.count(e)
		release()
		<-answered
		if now := w.count(e); now != then {
			t.Errorf("%d rows when the lock was taken, %d afterwards", then, now)
		}
		return
	case <-time.After(500 * time.Millisecond):
	}
	release()
	must(t, <-answered)
	must(t, <-locked)
	want := map[string]uint64{"join": 1, "leave": 0}[call]
	if got := w.count(e); got != want {
		t.Errorf("%d rows after an acknowledged %s", got, call)
	}
}

// obstruct makes alice's join or leave wait on her row, with a transaction of its own, until release is called.
func obstruct(t *testing.T, w *world, e *lottery.Event, alice store.Entrant) (release func()) {
	t.Helper()
	db := testdb.Connect(t, w.dsn)
	t.Cleanup(func() { db.Close() })
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	must(t, err)
	t.Cleanup(func() { tx.Rollback() })
	ticket, _ := alice.Ticket(e.KeyVersion)
	if w.count(e) == 0 {
		_, err = tx.Exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at) VALUES (?, ?, ?, 1)`, e.ID[:], ticket[:], alice.User[:])
	} else {
		_, err = tx.Exec(`UPDATE participants SET notify = 1 WHERE event_id = ? AND ticket = ?`, e.ID[:], ticket[:])
	}
	must(t, err)
	return func() { must(t, tx.Rollback()) }
}

// awaitLockWait waits until n statements of this test's database wait for a lock. The server renews what it tells about
// that only when nobody has asked for a tenth of a second.
func awaitLockWait(t *testing.T, w *world, n int) {
	t.Helper()
	for range 40 {
		time.Sleep(150 * time.Millisecond)
		var waiting int
		testdb.Row(t, w.dsn, `
			SELECT COUNT(*)
			FROM information_schema.innodb_trx AS t
			JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
			WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()`, nil, &waiting)
		if waiting >= n {
			return
		}
	}
	t.Fatal("nothing ever waited for a lock")
}
