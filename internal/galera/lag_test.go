package galera_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// lag lets node 1 fall behind: what node 0 commits from then on, the other one has half a second or more later. It has to find
// each row of a table without a key to apply a change that on node 0 is one pass over it.
func (w *world) lag() {
	w.t.Helper()
	must(w.t, testdb.Exec(w.t, w.dsn[0], `UPDATE lag SET n = n + 1`))
}

// newLag makes the table that lag needs, and leaves node 1 one applier.
func (w *world) newLag() {
	w.t.Helper()
	must(w.t, testdb.Exec(w.t, w.dsn[1], `SET GLOBAL wsrep_slave_threads = 1`))
	w.t.Cleanup(func() { must(w.t, testdb.Exec(w.t, w.dsn[1], `SET GLOBAL wsrep_slave_threads = 4`)) })
	must(w.t, testdb.Exec(w.t, w.dsn[0], `CREATE TABLE lag (n INT, seq INT)`))
	must(w.t, testdb.Exec(w.t, w.dsn[0], `INSERT INTO lag SELECT 0, seq FROM seq_1_to_3500`))
	for range 8 { // an applier that is one too many ends when it has had something to do
		must(w.t, testdb.Exec(w.t, w.dsn[0], `UPDATE lag SET n = 0 WHERE seq = 1`))
	}
}

// TestTheLockOnOneNodeStopsAJoinUnderWayOnAnother stops a join (or a leave) on node 1 in the middle of its transaction, after
// it has seen the event open, and takes the lock on node 0, which node 1 does not learn of for a while. Locks are of no use
// then; whether the join is committed must be decided where the nodes compare what they have.
func TestTheLockOnOneNodeStopsAJoinUnderWayOnAnother(t *testing.T) {
	for _, isolation := range isolations[:testdb.Scale(1, 2)] {
		for _, call := range []string{"join", "leave"} {
			t.Run(call+", "+isolation.name, func(t *testing.T) {
				w := newWorld(t, store.Options{Conns: conns, SetSession: isolation.set, MultiPrimary: true})
				then, now, err := w.lockMeanwhile(call)
				if now != then {
					t.Errorf("%d in the list when the lock was taken, %d afterwards", then, now)
				}
				if !errors.Is(err, lottery.ErrLocked) && !isUnavailable(err) {
					t.Errorf("the %s was answered %v", call, err)
				}
			})
		}
	}
}

// TestWithoutMultiPrimaryTheLockDoesNotStopIt shows what the option is for; it only tells.
func TestWithoutMultiPrimaryTheLockDoesNotStopIt(t *testing.T) {
	w := newWorld(t, store.Options{Conns: conns, SetSession: true})
	then, now, err := w.lockMeanwhile("join")
	t.Logf("%d in the list when the lock was taken, %d afterwards; the join was answered %v", then, now, err)
}

// lockMeanwhile returns the length of the list when the lock was taken and at the end, and the answer to the call that was
// under way.
func (w *world) lockMeanwhile(call string) (then, now int, err error) {
	w.t.Helper()
	w.newLag()
	e, err := w.create(w.nodes[0], "", usual, time.Hour)
	must(w.t, err)
	if call == "leave" {
		must(w.t, w.call("join", e))
	}
	release := w.obstruct(e, call)
	answer := make(chan error, 1)
	go func() { answer <- w.call(call, e) }()
	w.awaitLockWait()
	w.lag()
	if !w.lock(store.ShiftClock(w.nodes[0], time.Hour), e) {
		w.t.Fatal("the lock was not taken")
	}
	list, err := w.nodes[0].List(context.Background(), e, func(uint64) error { return nil })
	must(w.t, err)
	release()
	err = <-answer
	return int(list.Count()), len(w.tickets(1, e)), err
}

// call lets a user join or leave on node 1.
func (w *world) call(what string, e *lottery.Event) error {
	if what == "leave" {
		return w.nodes[1].Leave(context.Background(), e.ID, w.entrant(e, 7), time.Now())
	}
	_, _, err := w.nodes[1].Join(context.Background(), e.ID, w.entrant(e, 7), false, time.Now())
	return err
}

// obstruct makes a user's join or leave on node 1 wait for his row, until release is called.
func (w *world) obstruct(e *lottery.Event, call string) (release func()) {
	w.t.Helper()
	db := testdb.Connect(w.t, w.dsn[1])
	w.t.Cleanup(func() { db.Close() })
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	must(w.t, err)
	who := w.entrant(e, 7)
	ticket, err := who.Ticket(who.Version)
	must(w.t, err)
	if call == "leave" {
		_, err = tx.Exec(`UPDATE participants SET notify = 1 WHERE event_id = ? AND ticket = ?`, e.ID[:], ticket[:])
	} else {
		_, err = tx.Exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at) VALUES (?, ?, ?, 1)`, e.ID[:], ticket[:], who.User[:])
	}
	must(w.t, err)
	return func() { must(w.t, tx.Rollback()) }
}

// awaitLockWait waits until a statement on node 1 waits for a lock. The server renews what it tells about that only when
// nobody has asked for a tenth of a second.
func (w *world) awaitLockWait() {
	w.t.Helper()
	for range 40 {
		time.Sleep(150 * time.Millisecond)
		var waiting int
		testdb.Row(w.t, w.dsn[1], `
			SELECT COUNT(*)
			FROM information_schema.innodb_trx AS t
			JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
			WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()`, nil, &waiting)
		if waiting > 0 {
			return
		}
	}
	w.t.Fatal("nothing ever waited for a lock")
}

// TestANodeThatLagsBehindAnswersWithWhatTheOtherCommitted asks node 1 at once for what node 0 has acknowledged: a user who is
// new, an event that was made, and the list of one that was locked.
func TestANodeThatLagsBehindAnswersWithWhatTheOtherCommitted(t *testing.T) {
	w := newWorld(t, clustered)
	w.newLag()
	ctx := context.Background()
	w.lag()
	if err := w.nodes[1].Rename(ctx, w.user("new"), "Bob", false); err != nil {
		t.Errorf("a name for a user who has just logged in: %v", err)
	}
	w.lag()
	e, err := w.create(w.nodes[0], "", usual, time.Hour)
	must(t, err)
	if err := w.call("join", e); err != nil {
		t.Fatalf("a join right after the event was made: %v", err)
	}
	w.lag()
	for n := range 3 {
		_, _, err := w.nodes[0].Join(ctx, e.ID, w.entrant(e, n), false, time.Now())
		must(t, err)
	}
	must(t, w.nodes[0].Leave(ctx, e.ID, w.entrant(e, 0), time.Now()))
	if !w.lock(store.ShiftClock(w.nodes[0], time.Hour), e) {
		t.Fatal("the lock was not taken")
	}
	list, err := w.nodes[1].List(ctx, e, func(uint64) error { return nil })
	must(t, err)
	if list.Count() != 3 {
		t.Errorf("%d in the list of a locked event with 3", list.Count())
	}
}
