package store_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// held is an event that the text check holds.
func (w *world) held() *lottery.Event {
	w.t.Helper()
	e := w.hourAhead()
	w.exec(`UPDATE events SET held = 1 WHERE id = ?`, e.ID[:])
	return e
}

func TestOnlyAHeldEventIsPublishedOnceAndBeforeItsLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	locked, canceled := w.held(), w.held()
	must(t, lock(w.past(), locked, 0))
	w.cancel(canceled)
	for _, c := range []struct {
		what string
		s    *store.Store
		e    *lottery.Event
		done bool
		held bool // afterwards
	}{
		{"a held one", w.store, w.held(), true, false},
		{"one that is not held", w.store, w.hourAhead(), false, false},
		{"half a minute before the lock", w.later(58*time.Minute + 30*time.Second), w.held(), true, false},
		{"when the lock is due", w.later(59*time.Minute + time.Second), w.held(), false, true},
		{"one that was canceled as held", w.past(), locked, false, true},
		{"one that was canceled", w.store, canceled, false, true},
		{"an unknown one", w.store, nil, false, false},
	} {
		id := lottery.NewEventID()
		if c.e != nil {
			id = c.e.ID
		}
		for _, want := range []bool{c.done, false} {
			done, err := c.s.Publish(context.Background(), id)
			must(t, err)
			same(t, c.what+": done", done, want)
		}
		if c.e != nil {
			same(t, c.what+": held", w.read(w.store, c.e).Held, c.held)
		}
	}
}

func TestAPublishedEventCanBeJoinedAndIsDrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.held()
	if err := w.wish(e, w.guest("alice", e), true); !errors.Is(err, lottery.ErrNotFound) {
		t.Errorf("a held one: %v", err)
	}
	var done atomic.Int64
	atOnce(t, 8, func(int) error {
		first, err := w.store.Publish(context.Background(), e.ID)
		if first {
			done.Add(1)
		}
		return err
	})
	same(t, "times that it was published", done.Load(), int64(1))
	must(t, w.wish(e, w.guest("alice", e), true))
	same(t, "winners", len(w.drawn(w.past(), e)), 1)
}

// TestAnEventIsCreatedHeldIfMakeSaysSo also reads back everything else that a draft may have.
func TestAnEventIsCreatedHeldIfMakeSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, held := range []bool{true, false} {
		e, _, err := w.create(store.Creation{Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			d := lottery.Draft{
				Title: "Tee", DrawAt: now.Add(time.Hour).Truncate(time.Second), Prizes: []lottery.Prize{{Name: "Cup", Quantity: 2, Value: 88}},
				Organiser: lottery.Business, Conditions: "从北京来", ClaimTerms: "七日内", Notify: true,
			}
			e, err := d.Event(lottery.NewEventID(), place, now, terms, w.keys)
			if err == nil {
				e.Held = held
			}
			return e, err
		}}, nil)
		must(t, err)
		got := w.read(w.store, e)
		e.CreatedAt = e.CreatedAt.Truncate(time.Millisecond)
		same(t, "what is read back", got, e)
	}
}

// TestTheLongestEventIsKeptWhole has every text at its limit, in characters of four bytes.
func TestTheLongestEventIsKeptWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := func(n int) string { return strings.Repeat("𠮷", n) }
	e, _, err := w.create(store.Creation{}, func(d *lottery.Draft) {
		d.Title, d.Description = text(lottery.MaxTitle), text(lottery.MaxDescription)
		d.Conditions, d.ClaimTerms, d.Organiser = text(lottery.MaxTerms), text(lottery.MaxTerms), lottery.Business
		d.Prizes = nil
		for range lottery.MaxPrizes {
			d.Prizes = append(d.Prizes, lottery.Prize{Name: text(lottery.MaxPrizeName), Quantity: lottery.MaxWinners / lottery.MaxPrizes, Value: lottery.MaxValue})
		}
	})
	must(t, err)
	e.CreatedAt = e.CreatedAt.Truncate(time.Millisecond)
	same(t, "what is read back", w.read(w.store, e), e)
}

func TestAHeldNameIsSettledOnlyIfItIsStillTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	type name struct {
		text string // "" is none
		held bool
	}
	for _, c := range []struct {
		what    string
		renames []name
		settle  string
		passed  bool
		want    name
	}{
		{"it passes", []name{{"小明", true}}, "小明", true, name{"小明", false}},
		{"it is refused", []name{{"小明", true}}, "小明", false, name{"", false}},
		{"it is refused, and an older one is not brought back", []name{{"小红", false}, {"小明", true}}, "小明", false, name{"", false}},
		{"he has another one that is held", []name{{"小明", true}, {"小红", true}}, "小明", true, name{"小红", true}},
		{"he has another one that is held, and it is refused", []name{{"小明", true}, {"小红", true}}, "小明", false, name{"小红", true}},
		{"he has another one that is not held", []name{{"小明", true}, {"小红", false}}, "小明", false, name{"小红", false}},
		{"it is not held any more", []name{{"小明", true}, {"小明", false}}, "小明", false, name{"小明", false}},
		{"he has none", nil, "小明", true, name{"", false}},
	} {
		user := w.user(c.what)
		for _, n := range c.renames {
			must(t, w.store.Rename(ctx, user, n.text, n.held))
		}
		must(t, w.store.SettleName(ctx, user, c.settle, c.passed))
		held, err := w.store.HeldName(ctx, user)
		must(t, err)
		shown, _ := w.shownAs(user)
		if c.want.held {
			same(t, c.what+": held and shown", []string{held, shown}, []string{c.want.text, ""})
		} else {
			same(t, c.what+": held and shown", []string{held, shown}, []string{"", c.want.text})
		}
	}
	if name, err := w.store.HeldName(ctx, lottery.NewUserID()); name != "" || err != nil {
		t.Errorf("a user who is not there: %q, %v", name, err)
	}
	must(t, w.store.SettleName(ctx, lottery.NewUserID(), "小明", true))
}

// shownAs is how others see a user: as an organiser, and as a winner.
func (w *world) shownAs(user lottery.UserID) (organiser, winner string) {
	w.t.Helper()
	other := *w
	other.owner = user
	e := other.hourAhead()
	ticket := lottery.NewUserID()
	w.exec(`INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms) VALUES (?, 1, ?, ?, 1)`, e.ID[:], user[:], ticket[:])
	winners, err := w.store.Winners(context.Background(), e.ID, 0, 10)
	must(w.t, err)
	same(w.t, "an organiser's name as it is created and as it is read", e.OwnerName, w.read(w.store, e).OwnerName)
	same(w.t, "winners", len(winners), 1)
	return w.read(w.store, e).OwnerName, winners[0].Name
}

func TestAHeldNameIsShownToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	user := w.user("alice")
	shown := func(what, want string) {
		t.Helper()
		organiser, winner := w.shownAs(user)
		same(t, what+": as an organiser and as a winner", []string{organiser, winner}, []string{want, want})
	}
	shown("before he has one", "")
	must(t, w.store.Rename(ctx, user, "小明", false))
	shown("one that is not held", "小明")
	must(t, w.store.Rename(ctx, user, "小红", true))
	shown("a held one, nor the one before", "")
	must(t, w.store.SettleName(ctx, user, "小红", true))
	shown("one that has passed", "小红")

	// Every way of reading an event has the name as it is now.
	other := *w
	other.owner = user
	e := other.hourAhead()
	for want, held := range map[string]bool{"": true, "小红": false} {
		must(t, w.store.Rename(ctx, user, "小红", held))
		events, _, err := w.store.EventsByID(ctx, []lottery.EventID{e.ID})
		must(t, err)
		same(t, "by id", events[e.ID].OwnerName, want)
		page, _, _, err := w.store.Events(ctx, user, store.Created, store.Cursor{}, 1)
		must(t, err)
		same(t, "in a list", page[0].OwnerName, want)
		canceled, _, err := w.store.Cancel(ctx, e.ID, user, false)
		must(t, err)
		same(t, "after a step", canceled.OwnerName, want)
	}
}

func TestAHeldNameIsNotSettledByOneThatOnlyLooksTheSameToTheCollation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	for _, c := range [][2]string{{"🎁", "🎉"}, {"alice", "Alice"}, {"Jose", "José"}} {
		for _, passed := range []bool{true, false} {
			must(t, w.store.Rename(ctx, w.owner, c[0], true))
			must(t, w.store.Rename(ctx, w.owner, c[1], true))
			must(t, w.store.SettleName(ctx, w.owner, c[0], passed))
			held, err := w.store.HeldName(ctx, w.owner)
			must(t, err)
			same(t, c[1]+" is held after "+c[0]+" was settled", held, c[1])
		}
	}
}
