package store_test

import (
	"context"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// TestOnSeveralPrimariesJoinsAndLeavesChangeTheEvent is about the statements; what a cluster makes of them is tried on one.
func TestOnSeveralPrimariesJoinsAndLeavesChangeTheEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	many, err := store.Open(w.dsn, store.Options{SetSession: true, MultiPrimary: true})
	must(t, err)
	t.Cleanup(func() { many.Close() })
	ctx, alice := context.Background(), w.entrant("alice", e)
	for i, call := range []func(*store.Store) error{
		func(s *store.Store) error { return third(s.Join(ctx, e.ID, alice, false, time.Now())) },
		func(s *store.Store) error { return s.Leave(ctx, e.ID, alice, time.Now()) },
	} {
		must(t, call(many))
		var touched int
		testdb.Row(t, w.dsn, `SELECT touched FROM events WHERE id = ?`, []any{e.ID[:]}, &touched)
		if touched != i+1 {
			t.Errorf("the event was changed %d times in %d calls", touched, i+1)
		}
	}
	must(t, third(w.store.Join(ctx, e.ID, alice, false, time.Now())))
	_, again, err := many.Join(ctx, e.ID, alice, false, time.Now())
	if err != nil || again || w.count(e) != 1 {
		t.Errorf("a repeat: created %v, %v, %d rows", again, err, w.count(e))
	}
	must(t, lock(w.later(time.Hour), e, time.Second))
	if err := third(many.Join(ctx, e.ID, w.entrant("bob", e), false, time.Now())); err != lottery.ErrLocked {
		t.Errorf("after the lock: %v", err)
	}
	if err := many.Leave(ctx, e.ID, alice, time.Now()); err != lottery.ErrLocked {
		t.Errorf("leaving after the lock: %v", err)
	}
}

func third[T, U any](_ T, _ U, err error) error { return err }
