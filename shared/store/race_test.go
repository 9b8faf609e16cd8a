package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// racing are terms under which a lock comes within a second or two.
var racing = lottery.Terms{LockLead: 3 * time.Second, MinLead: 3 * time.Second}

// outcome is what a racer knows about one user at the end.
type outcome int

const (
	unknown outcome = iota // the last call got no answer of the rules: anything may be true
	in
	out
)

// decide reads an outcome from an answer: an acknowledged one, or a refusal that leaves things as they were.
func decide(before, acknowledged outcome, err error) outcome {
	switch {
	case err == nil:
		return acknowledged
	case errors.Is(err, lottery.ErrLocked):
		return before
	}
	return unknown
}

// TestJoinsRacingTheLock lets 64 connections join and leave until the lock, which a worker takes at the very instant;
// every acknowledged join must be in the list as it is then, every acknowledged leave not, and no row may come later.
func TestJoinsRacingTheLock(t *testing.T) {
	for _, isolation := range []string{"READ COMMITTED", "the server's own"} {
		t.Run(isolation, func(t *testing.T) {
			if isolation != "READ COMMITTED" {
				testdb.MySQL(t)
			}
			for range rounds() { // each with connections of its own, which end with it
				t.Run("round", func(t *testing.T) { raceTheLock(t, isolation) })
			}
		})
	}
}

// crowd is how long before the lock everybody comes.
const crowd = 800 * time.Millisecond

func rounds() int { return testdb.Scale(1, 50) }

func raceTheLock(t *testing.T, isolation string) {
	w := newWorld(t)
	if isolation != "READ COMMITTED" {
		w.store = testdb.OpenPlain(t, w.dsn)
	}
	e := w.event(4500*time.Millisecond, racing)
	who := make([]store.Entrant, 64*400) // more than there is time for
	for i := range who {                 // made before the race, which is about joining
		openid := fmt.Sprintf("user-%d", i)
		user := lottery.UserID{byte(i), byte(i >> 8), byte(i >> 16), 1}
		who[i] = store.Entrant{User: user, Version: 2, Ticket: func(v int) (vdraw.Ticket, error) { return w.keys.Ticket(v, e.ID, openid) }}
	}
	final := make([]outcome, len(who))
	for i := range final {
		final[i] = out
	}
	var wg sync.WaitGroup
	var acknowledged, refused atomic.Int64
	for g := range 64 {
		wg.Go(func() {
			for i := g; i < len(who); i += 64 {
				time.Sleep(time.Until(e.LockAt.Add(-crowd))) // the crowd comes at the end
				_, _, err := w.store.Join(context.Background(), e.ID, who[i], false, time.Now())
				final[i] = decide(final[i], in, err)
				if err == nil {
					acknowledged.Add(1)
				}
				if i%3 == 0 {
					final[i] = decide(final[i], out, w.store.Leave(context.Background(), e.ID, who[i], time.Now()))
				}
				if errors.Is(err, lottery.ErrLocked) {
					refused.Add(1)
					return
				}
			}
		})
	}
	grace := lottery.Grace(racing.LockLead)
	time.Sleep(time.Until(e.LockAt.Add(-5 * time.Millisecond))) // not earlier: a worker that tries all the time keeps writers out
	for lock(w.store, e, grace) != nil {
		time.Sleep(time.Millisecond)
	}
	// The list is read at once, without the grace: the share lock alone must hold.
	list, err := w.store.List(context.Background(), e, func(uint64) error { return nil })
	must(t, err)
	wg.Wait()
	if acknowledged.Load() == 0 || refused.Load() == 0 {
		t.Fatalf("%d joined and %d were refused: the race did not happen", acknowledged.Load(), refused.Load())
	}
	if n := w.count(e); n != list.Count() {
		t.Errorf("%d rows, but %d were frozen", n, list.Count())
	}
	t.Logf("%d joins acknowledged, %d frozen", acknowledged.Load(), list.Count())
	there := w.tickets(e)
	for i, want := range final {
		ticket, _ := who[i].Ticket(e.KeyVersion)
		switch is := there[ticket]; {
		case want == in && !is:
			t.Errorf("user %d's join was acknowledged and is missing", i)
		case want == out && is:
			t.Errorf("user %d is in the list and was told otherwise", i)
		}
	}
}

// TestOneUserJoiningAndLeavingUpToTheLock goes in and out fifty times; the list must say what the last answer said.
func TestOneUserJoiningAndLeavingUpToTheLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.event(4*time.Second, racing)
	alice := w.entrant("alice", e)
	state := out
	pause := time.Until(e.LockAt) / 45
	for i := range 50 {
		if i%2 == 0 {
			_, _, err := w.store.Join(context.Background(), e.ID, alice, false, time.Now())
			state = decide(state, in, err)
		} else {
			state = decide(state, out, w.store.Leave(context.Background(), e.ID, alice, time.Now()))
		}
		time.Sleep(pause)
	}
	time.Sleep(time.Until(e.LockAt.Add(lottery.Grace(racing.LockLead) + 20*time.Millisecond)))
	frozen := w.freeze(w.store, e)
	if state == unknown {
		t.Log("the last call got no answer: both ends are right")
		return
	}
	if (frozen.Record.Count == 1) != (state == in) {
		t.Errorf("%d in the list, the last answer said %v", frozen.Record.Count, state)
	}
}

// TestCancelRacingTheLockHasOneWinner: an event ends up either canceled or locked, and both sides are told the truth.
func TestCancelRacingTheLockHasOneWinner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 4 {
		e := w.event(3*time.Second+200*time.Millisecond, racing)
		var cancel error
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(time.Until(e.LockAt.Add(-time.Millisecond)))
			_, _, cancel = w.store.Cancel(context.Background(), e.ID, w.owner, false)
		})
		wg.Go(func() {
			time.Sleep(time.Until(e.LockAt.Add(-5 * time.Millisecond)))
			for errors.Is(lock(w.store, e, time.Second), lottery.ErrNotLocked) {
				time.Sleep(100 * time.Microsecond)
			}
		})
		wg.Wait()
		switch got := w.read(w.store, e).Status; {
		case cancel == nil && got != lottery.Canceled:
			t.Errorf("cancel was acknowledged, the event is %s", got)
		case errors.Is(cancel, lottery.ErrLocked) && got != lottery.Opening:
			t.Errorf("cancel was refused as locked, the event is %s", got)
		case cancel != nil && !errors.Is(cancel, lottery.ErrLocked):
			t.Errorf("cancel: %v", cancel)
		}
	}
}

// TestSixteenDrawsAtOnceAreOneResult lets sixteen workers take every step at the same time.
func TestSixteenDrawsAtOnceAreOneResult(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]func(testing.TB) *world{"READ COMMITTED": newWorld, "the server's own isolation": newPlainWorld} {
		t.Run(name, func(t *testing.T) { drawSixteenTimes(t, world(t)) })
	}
}

func drawSixteenTimes(t *testing.T, w *world) {
	e := w.hourAhead(lottery.Prize{Name: "Cup", Quantity: 7})
	w.join(e, names(600)...)
	s, ctx := w.later(61*time.Minute), context.Background()
	grace := lottery.Grace(terms.LockLead)
	var stored atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := lock(s, e, grace); err != nil {
				t.Error(err)
				return
			}
			list, err := s.List(ctx, e, func(uint64) error { return nil })
			if err != nil {
				t.Error(err)
				return
			}
			record, err := e.Freeze(list.Count(), list.Root(), w.keys, nil, time.Time{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := second(s.Freeze(ctx, e.ID, record, list.Pages(), grace)); err != nil {
				t.Error(err)
				return
			}
			_, done, err := w.draw(s, w.read(s, e))
			if err != nil && !errors.Is(err, lottery.ErrOpened) {
				t.Error(err)
			}
			if done {
				stored.Add(1)
			}
		})
	}
	wg.Wait()
	if stored.Load() != 1 {
		t.Errorf("%d workers stored a result", stored.Load())
	}
	winners, err := s.Winners(ctx, e.ID, 0, 100)
	if err != nil || len(winners) != 7 {
		t.Errorf("%d winners, %v", len(winners), err)
	}
	tickets := map[vdraw.Ticket]bool{}
	for _, x := range winners {
		tickets[x.Ticket] = true
	}
	if len(tickets) != 7 {
		t.Error("somebody won twice")
	}
}

func TestADeadlineIsUnavailableNotAnotherError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := w.store.Event(ctx, lottery.NewEventID())
	if fault.From(err).Code != "unavailable" {
		t.Error(err)
	}
}
