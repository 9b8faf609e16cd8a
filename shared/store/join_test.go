package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

func TestJoinTwiceIsOneTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	ctx, alice := context.Background(), w.entrant("alice", e)
	first, created, err := w.store.Join(ctx, e.ID, alice, false, time.Now())
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	again, created, err := w.store.Join(ctx, e.ID, alice, true, time.Now().Add(time.Minute))
	if err != nil || created || again.Ticket != first.Ticket || !again.JoinedAt.Equal(first.JoinedAt) || !again.Notify {
		t.Errorf("again: %+v, created %v, %v; first %+v", again, created, err, first)
	}
	if third, _, err := w.store.Join(ctx, e.ID, alice, false, time.Now()); err != nil || !third.Notify {
		t.Errorf("a repeat lowered notify: %+v, %v", third, err)
	}
	if kept, _, err := w.store.Participation(ctx, e.ID, alice); err != nil || kept != again {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

// TestTheSameUserJoiningFiftyTimesAtOnceIsOneTicket is a rule about locks; it runs on whatever database is there.
func TestTheSameUserJoiningFiftyTimesAtOnceIsOneTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	alice := w.entrant("alice", e)
	var mu sync.Mutex
	var wg sync.WaitGroup
	tickets, created := map[vdraw.Ticket]int{}, 0
	for range 50 {
		wg.Go(func() {
			p, fresh, err := w.store.Join(context.Background(), e.ID, alice, false, time.Now())
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			tickets[p.Ticket]++
			if fresh {
				created++
			}
		})
	}
	wg.Wait()
	if len(tickets) != 1 || created != 1 {
		t.Errorf("%d tickets, %d times created", len(tickets), created)
	}
	if n := w.count(e); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func (w *world) count(e *lottery.Event) uint64 {
	w.t.Helper()
	counts, err := w.store.Counts(context.Background(), []lottery.EventID{e.ID})
	must(w.t, err)
	return counts[e.ID]
}

func TestJoinAndLeaveAreRefusedForAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	open, canceled, held, drawn := w.hourAhead(), w.hourAhead(), w.hourAhead(), w.hourAhead()
	for _, e := range []*lottery.Event{open, canceled, held, drawn} {
		w.join(e, "inside")
	}
	_, _, err := w.store.Cancel(ctx, canceled.ID, w.owner, false)
	must(t, err)
	must(t, testdb.Exec(t, w.dsn, `UPDATE events SET held = 1 WHERE id = ?`, held.ID[:]))
	after := w.later(61 * time.Minute)
	_, done, err := w.draw(after, w.freeze(after, drawn))
	if err != nil || !done {
		t.Fatal(done, err)
	}
	locked := w.later(59*time.Minute + time.Second)
	for _, c := range []struct {
		what        string
		s           *store.Store
		e           *lottery.Event
		now         time.Time
		join, leave error // of somebody outside; of somebody inside
	}{
		{"locked by the database's clock", locked, open, time.Now(), lottery.ErrLocked, lottery.ErrLocked},
		{"locked by the function's clock", w.store, open, open.LockAt, lottery.ErrLocked, lottery.ErrLocked},
		{"canceled", w.store, canceled, time.Now(), lottery.ErrCanceled, lottery.ErrCanceled},
		{"held", w.store, held, time.Now(), lottery.ErrNotFound, nil},
		{"drawn", after, drawn, time.Now(), lottery.ErrOpened, lottery.ErrOpened},
		{"in time (last: it changes who is in)", w.store, open, time.Now(), nil, nil},
		{"unknown", w.store, &lottery.Event{ID: lottery.NewEventID()}, time.Now(), lottery.ErrNotFound, lottery.ErrNotFound},
	} {
		if _, _, err := c.s.Join(ctx, c.e.ID, w.entrant("stranger", c.e), false, c.now); !errors.Is(err, c.join) {
			t.Errorf("%s: a stranger joins: %v, want %v", c.what, err, c.join)
		}
		if c.what != "unknown" && c.what != "held" {
			if _, created, err := c.s.Join(ctx, c.e.ID, w.entrant("inside", c.e), false, c.now); err != nil || created {
				t.Errorf("%s: a participant asks again: created %v, %v", c.what, created, err)
			}
		}
		if err := c.s.Leave(ctx, c.e.ID, w.entrant("inside", c.e), c.now); !errors.Is(err, c.leave) {
			t.Errorf("%s: a participant leaves: %v, want %v", c.what, err, c.leave)
		}
		if c.leave == nil || c.what == "unknown" {
			continue
		}
		if err := c.s.Leave(ctx, c.e.ID, w.entrant("never in", c.e), c.now); err != nil {
			t.Errorf("%s: one who is not in it leaves: %v", c.what, err)
		}
	}
	self := w.entrant("owner", open)
	if _, _, err := w.store.Join(ctx, open.ID, self, false, time.Now()); !errors.Is(err, lottery.ErrOwnEvent) {
		t.Errorf("the organiser joins: %v", err)
	}
	if _, _, err := after.Join(ctx, drawn.ID, self, false, time.Now()); !errors.Is(err, lottery.ErrOwnEvent) {
		t.Errorf("the organiser joins a drawn one: %v", err)
	}
}

func TestLeaveIsIdempotentAndUndoesAJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	ctx, alice := context.Background(), w.entrant("alice", e)
	w.join(e, "alice", "bob")
	for range 2 {
		must(t, w.store.Leave(ctx, e.ID, alice, time.Now()))
	}
	if _, _, err := w.store.Participation(ctx, e.ID, alice); !errors.Is(err, lottery.ErrNotJoined) {
		t.Errorf("after leaving: %v", err)
	}
	if n := w.count(e); n != 1 {
		t.Errorf("%d participants are left, want bob", n)
	}
	if _, created, err := w.store.Join(ctx, e.ID, alice, false, time.Now()); err != nil || !created {
		t.Errorf("joining again: created %v, %v", created, err)
	}
}

// TestAnEventKeepsTheKeyItWasMadeWith joins after a rotation: the ticket must be the one of the old key.
func TestAnEventKeepsTheKeyItWasMadeWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	stale := w.entrant("alice", e)
	stale.Version = 1
	p, created, err := w.store.Join(context.Background(), e.ID, stale, false, time.Now())
	want, _ := w.keys.Ticket(e.KeyVersion, e.ID, "alice")
	if err != nil || !created || p.Ticket != want {
		t.Fatalf("%v, created %v, %v; want %v", p.Ticket, created, err, want)
	}
	must(t, w.store.Leave(context.Background(), e.ID, stale, time.Now()))
	if n := w.count(e); n != 0 {
		t.Errorf("%d participants", n)
	}
}
