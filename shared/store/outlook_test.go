package store_test

import (
	"context"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/store"
)

func TestTheOutlookSaysWhenToLookAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	next := func(s *store.Store, until time.Time) store.Outlook {
		t.Helper()
		o, err := s.Outlook(ctx, until)
		must(t, err)
		return o
	}
	if o := next(w.store, time.Now().Add(time.Hour)); !o.Next.IsZero() || time.Since(o.Now).Abs() > 5*time.Second {
		t.Errorf("an empty table: %+v", o)
	}
	e := w.hourAhead()
	if o := next(w.store, e.LockAt.Add(-time.Second)); !o.Next.IsZero() {
		t.Errorf("before the horizon: %+v", o)
	}
	if o := next(w.store, e.LockAt); !o.Next.Equal(e.LockAt) {
		t.Errorf("at the horizon: %+v", o)
	}
	due := w.later(time.Hour)
	c, err := due.Claim(ctx, 1)
	if err != nil || len(c.Events) != 1 {
		t.Fatal(c, err)
	}
	o := next(due, e.LockAt.Add(time.Hour))
	if d := o.Next.Sub(o.Now); d < store.Lease-5*time.Second || d > store.Lease {
		t.Errorf("under a lease: in %s", d)
	}
}

// TestWhatShouldHaveBeenDrawnIsCounted has one event drawn in time, one cancelled, and two that nobody draws.
func TestWhatShouldHaveBeenDrawnIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	drawn, canceled := w.hourAhead(), w.hourAhead()
	w.hourAhead()
	locked := w.hourAhead()
	_, _, err := w.store.Cancel(ctx, canceled.ID, w.owner, false)
	must(t, err)
	due := w.later(time.Hour + 2*time.Second)
	w.freeze(due, locked)
	if _, done, err := w.draw(due, w.freeze(due, drawn)); err != nil || !done {
		t.Fatal(done, err)
	}
	for later, want := range map[time.Duration]int{
		0:                           0,
		time.Hour + 50*time.Second:  0,
		time.Hour + 62*time.Second:  2,
		300 * 24 * time.Hour:        2,
		time.Hour - 2*time.Second:   0,
		time.Hour + 120*time.Minute: 2,
	} {
		s := w.later(later)
		now, err := s.Now(ctx)
		must(t, err)
		o, err := s.Outlook(ctx, now.Add(150*time.Second))
		if err != nil || o.Overdue != want {
			t.Errorf("after %s: %d overdue, want %d; %v", later, o.Overdue, want, err)
		}
	}
}

func TestTheHeartbeatIsTheLastTick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, s := range []*store.Store{w.store, w.later(time.Hour)} {
		must(t, s.Beat(context.Background(), "draw"))
		now, err := s.Now(context.Background())
		must(t, err)
		var at int64
		testdb.Row(t, w.dsn, `SELECT finished_at_ms FROM heartbeats WHERE name = 'draw'`, nil, &at)
		if d := now.Sub(time.UnixMilli(at)); d < 0 || d > 5*time.Second {
			t.Errorf("%s before now", d)
		}
	}
}
