package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// withoutWinners is the end of an event that nobody has joined.
const withoutWinners = "drawn without winners"

// ends are all ways an event can end; each takes one that is an hour ahead, and says on whose clock it ended.
var ends = map[string]func(*world, *lottery.Event) *store.Store{
	"canceled by its organiser": func(w *world, e *lottery.Event) *store.Store {
		w.cancel(e)
		return w.store
	},
	"held at its lock": func(w *world, e *lottery.Event) *store.Store {
		w.exec(`UPDATE events SET held = 1 WHERE id = ?`, e.ID[:])
		must(w.t, lock(w.past(), e, 0))
		return w.past()
	},
	"drawn": func(w *world, e *lottery.Event) *store.Store {
		w.drawn(w.past(), e)
		return w.past()
	},
	withoutWinners: func(w *world, e *lottery.Event) *store.Store {
		if n := len(w.drawn(w.past(), e)); n != 0 {
			w.t.Errorf("%d winners", n)
		}
		return w.past()
	},
	"void": func(w *world, e *lottery.Event) *store.Store {
		w.freeze(w.past(), e)
		late := w.later(time.Hour + lottery.VoidAfter + time.Second)
		done, err := late.Void(context.Background(), e.ID, 0)
		if !done || err != nil {
			w.t.Fatal(done, err)
		}
		return late
	},
}

func TestEveryFinalStepLeavesSomethingToTellFromItsMomentOn(t *testing.T) {
	t.Parallel()
	for what, end := range ends {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.hourAhead()
			if what != withoutWinners {
				w.audience(e, 5, nobody)
			}
			s := end(w, e)
			if got := w.read(w.store, e); !got.Status.Final() {
				t.Fatalf("the event is %s", got.Status)
			}
			ended := w.number(`SELECT COALESCE(drawn_at_ms, canceled_at_ms) FROM events WHERE id = ?`, e.ID[:])
			same(t, "when there is something to tell", w.tellAt(e), ended)
			w.claim(s, 1, 10, true)
			if at := w.tellAt(e); at != 0 {
				t.Errorf("it was told, and is to be told again from %d on", at)
			}
		})
	}
}

func TestAStepThatIsNotFinalLeavesNothingToTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.watched()
	w.audience(e, 2, everybody)
	for _, step := range []struct {
		what string
		take func()
	}{
		{"created", func() {}},
		{"locked", func() { must(t, lock(w.past(), e, 0)) }},
		{"frozen", func() { w.freeze(w.past(), e) }},
	} {
		step.take()
		if at := w.tellAt(e); at != 0 {
			t.Errorf("%s: there is something to tell from %d on", step.what, at)
		}
		if n := len(w.claim(w.past(), 1, 10, true).Deliveries); n != 0 {
			t.Errorf("%s: %d messages", step.what, n)
		}
	}
}

// TestALostRaceForTheEndTellsNothingAgain has sixteen draws of one event at once, and everything else that could end it tried after
// it has been told.
func TestALostRaceForTheEndTellsNothingAgain(t *testing.T) {
	t.Parallel()
	for name, world := range isolations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			e, s, ctx := w.hourAhead(), w.past(), context.Background()
			w.audience(e, 5, everybody)
			e = w.freeze(s, e)
			var won atomic.Int64
			var wg sync.WaitGroup
			tell := func(token byte) { w.settle(s, w.claim(s, token, 10, true), store.Outcome{State: store.Sent}) }
			for i := range 16 {
				wg.Go(func() {
					_, done, err := w.draw(s, e)
					if err != nil {
						t.Error(err)
					}
					if done {
						won.Add(1)
					}
					tell(byte(i + 1)) // whoever is first may tell while others still try to draw
				})
			}
			wg.Wait()
			same(t, "draws that were stored", won.Load(), int64(1))
			same(t, "the notice", w.notice(e), store.Notice{Wanted: 5, Sent: 5, Done: true})
			must(t, second(w.later(30*24*time.Hour).Void(ctx, e.ID, 0)))
			must(t, lock(s, e, 0))
			if err := third(s.Cancel(ctx, e.ID, w.owner, true)); err == nil {
				t.Error("a drawn event was canceled")
			}
			same(t, "something to tell", w.tellAt(e), int64(0))
			tell(99)
			same(t, "the notice afterwards", w.notice(e), store.Notice{Wanted: 5, Sent: 5, Done: true})
		})
	}
}

func TestCancelingAgainTellsNothingAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.canceled(1)
	w.claim(w.store, 1, 10, true)
	must(t, third(w.store.Cancel(context.Background(), e.ID, w.owner, true)))
	same(t, "something to tell", w.tellAt(e), int64(0))
}
