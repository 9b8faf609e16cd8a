package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
)

// TestWhoTriesALockedEventAgainHoldsNothing has somebody hold the row of a locked event. A join that is known to be refused
// does not wait for it, and so cannot be in the way of a worker either.
func TestWhoTriesALockedEventAgainHoldsNothing(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	w := newWorld(t)
	e := w.hourAhead()
	w.join(e, "alice")
	s, ctx := w.later(time.Hour), context.Background()
	if err := third(s.Join(ctx, e.ID, w.entrant("bob", e), false, time.Now())); !errors.Is(err, lottery.ErrLocked) {
		t.Fatal(err)
	}
	db := testdb.Connect(t, w.dsn)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	defer tx.Rollback()
	_, err = tx.Exec(`SELECT id FROM events WHERE id = ? FOR UPDATE`, e.ID[:])
	must(t, err)
	short, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := third(s.Join(short, e.ID, w.entrant("carol", e), false, time.Now())); !errors.Is(err, lottery.ErrLocked) {
		t.Errorf("a join: %v", err)
	}
	if p, created, err := s.Join(short, e.ID, w.entrant("alice", e), true, time.Now()); err != nil || created || !p.Notify {
		t.Errorf("a repeat: %+v, %v, %v", p, created, err)
	}
	if err := s.Leave(short, e.ID, w.entrant("alice", e), time.Now()); !errors.Is(err, lottery.ErrLocked) {
		t.Errorf("a leave: %v", err)
	}
}

// TestAnEventThatIsOpenAfterAllCanBeJoined goes back in time, as a restore of the database does.
func TestAnEventThatIsOpenAfterAllCanBeJoined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	ctx := context.Background()
	_, _, err := w.store.Cancel(ctx, e.ID, w.owner, false)
	must(t, err)
	if err := third(w.store.Join(ctx, e.ID, w.entrant("bob", e), false, time.Now())); !errors.Is(err, lottery.ErrCanceled) {
		t.Fatal(err)
	}
	must(t, testdb.Exec(t, w.dsn, `UPDATE events SET status = 0, cancel_reason = NULL, canceled_at_ms = NULL, next_at_ms = lock_at_ms WHERE id = ?`, e.ID[:]))
	if _, created, err := w.store.Join(ctx, e.ID, w.entrant("bob", e), false, time.Now()); err != nil || !created {
		t.Errorf("created %v, %v", created, err)
	}
}
