package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// TestTheOrganiserIsToldOnceIfHeWishesIt ends events in every way, with an organiser who wishes to hear of it or not.
func TestTheOrganiserIsToldOnceIfHeWishesIt(t *testing.T) {
	t.Parallel()
	for what, end := range ends {
		for _, wishes := range []bool{true, false} {
			t.Run(what, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				e := w.hourAhead()
				if wishes {
					e = w.watched()
				}
				participants := 4
				if what == withoutWinners {
					participants = 0
				}
				w.audience(e, participants, everybody)
				s := end(w, e)
				var got []store.Delivery
				for more := true; more; { // the list is gone through in pages
					p := w.claim(s, 1, 3, true)
					got = append(got, p.Deliveries...)
					more = len(p.Deliveries) > 0
				}
				organiser := slices.DeleteFunc(slices.Clone(got), func(d store.Delivery) bool { return !d.Organiser })
				var want []lottery.UserID
				if wishes && what != "canceled by its organiser" {
					want = append(want, w.owner)
				}
				same(t, "messages to the organiser", users(organiser), want)
				same(t, "other messages", len(got)-len(organiser), participants)
				same(t, "participants who wish a message", w.notice(e).Wanted, participants)
			})
		}
	}
}

func TestWhoHasNoTemplateIsNotTold(t *testing.T) {
	t.Parallel()
	both, participant, organiser := templates, store.Templates{Participant: templates.Participant}, store.Templates{Organiser: templates.Organiser}
	for _, c := range []struct {
		what         string
		templates    store.Templates
		wish         func(int) bool
		watched      bool
		participants int
		organisers   int
	}{
		{"both are told", both, everybody, true, 6, 1},
		{"participants only", participant, everybody, true, 6, 0},
		{"organisers only", organiser, everybody, true, 0, 1},
		{"organisers only, and this one does not wish it", organiser, everybody, false, 0, 0},
		{"participants only, and none wishes it", participant, nobody, true, 0, 0},
		{"some wish it", both, func(i int) bool { return i%3 == 0 }, false, 2, 0},
		{"nobody wishes it", both, nobody, false, 0, 0},
		{"nobody is told", store.Templates{}, everybody, true, 0, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.hourAhead()
			if c.watched {
				e = w.watched()
			}
			w.audience(e, 6, c.wish)
			s := ends["held at its lock"](w, e)
			p, err := s.ClaimDeliveries(context.Background(), [16]byte{1}, c.templates, 100, true)
			must(t, err)
			organisers := 0
			for _, d := range p.Deliveries {
				if d.Organiser {
					organisers++
				}
			}
			same(t, "messages to participants", len(p.Deliveries)-organisers, c.participants)
			same(t, "messages to organisers", organisers, c.organisers)
			same(t, "rows", w.number(`SELECT COUNT(*) FROM deliveries`), int64(c.participants+c.organisers))
			same(t, "something to tell", w.tellAt(e), int64(0))
			n, found, err := w.store.Notice(context.Background(), e.ID)
			must(t, err)
			same(t, "there is a notice", found, c.participants+c.organisers > 0)
			same(t, "those who wish a message", n.Wanted, c.participants)
			same(t, "done", n.Done, found && c.participants == 0) // the organiser is not waited for
		})
	}
}

// TestListsAreGoneOnWithInTheOrderOfTheirEnds has three events and claims of a size that ends within the second.
func TestListsAreGoneOnWithInTheOrderOfTheirEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var events []*lottery.Event
	for i := range 3 {
		e := w.canceled(4)
		w.exec(`UPDATE events SET tell_at_ms = ? WHERE id = ?`, 1000-i, e.ID[:])
		events = append(events, e)
	}
	slices.Reverse(events) // the last is told first
	for _, want := range [][]int{{4, 2, 0}, {4, 4, 4}, {4, 4, 4}} {
		w.claim(w.store, 1, 6, true)
		var got []int
		for _, e := range events {
			got = append(got, w.notice(e).Wanted)
		}
		same(t, "rows of each", got, want)
	}
}

// TestManyEventsWithNobodyToTellAreEndedByOneClaim has more of them than are looked for at once, before one with somebody.
func TestManyEventsWithNobodyToTellAreEndedByOneClaim(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 45 {
		w.canceled(0)
	}
	w.exec(`UPDATE events SET tell_at_ms = 1`)
	w.canceled(1)
	same(t, "messages", len(w.claim(w.store, 1, 10, true).Deliveries), 1)
	same(t, "events that are still to be told of", w.number(`SELECT COUNT(*) FROM events WHERE tell_at_ms IS NOT NULL`), int64(0))
	same(t, "notices", w.number(`SELECT COUNT(*) FROM notices`), int64(1))
}

// TestAnEventThatCannotBeListedIsPutOff has a row in the way that no rule of ours makes.
func TestAnEventThatCannotBeListedIsPutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := w.hourAhead()
	user := w.audience(bad, 1, everybody)[0]
	w.cancel(bad)
	w.exec(`UPDATE events SET tell_at_ms = 1 WHERE id = ?`, bad.ID[:])
	w.exec(`INSERT INTO deliveries (event_id, user_id, state, ended_at_ms) VALUES (?, ?, 3, 1)`, bad.ID[:], user[:])
	good := w.canceled(2)
	before := w.now(w.store)
	p, err := w.store.ClaimDeliveries(context.Background(), [16]byte{1}, templates, 10, true)
	must(t, err)
	same(t, "faults", len(p.Faults), 1)
	same(t, "messages", len(p.Deliveries), 2)
	same(t, "the notice of the other", w.notice(good).Wanted, 2)
	same(t, "the notice", w.notice(bad), store.Notice{})
	again := time.UnixMilli(w.tellAt(bad))
	within(t, "when it is tried again", again, before.Add(time.Minute), w.now(w.store).Add(time.Minute))
	same(t, "messages", len(w.claim(w.store, 1, 10, true).Deliveries), 0)
	w.exec(`DELETE FROM deliveries WHERE event_id = ?`, bad.ID[:])
	same(t, "messages a minute later", len(w.claim(w.later(time.Minute+time.Second), 2, 1, true).Deliveries), 1)
}

func TestHushForgetsWhatThereIsToTellNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now, open := w.canceled(2), w.hourAhead()
	putOff := w.canceled(2)
	w.exec(`UPDATE events SET tell_at_ms = tell_at_ms + 60000 WHERE id = ?`, putOff.ID[:])
	must(t, w.store.Hush(context.Background()))
	same(t, "what there was to tell", w.tellAt(now), int64(0))
	same(t, "what there never was", w.tellAt(open), int64(0))
	if w.tellAt(putOff) == 0 {
		t.Error("what is to be told later is forgotten already")
	}
	same(t, "messages", len(w.claim(w.store, 1, 10, true).Deliveries), 0)
	must(t, w.later(2*time.Minute).Hush(context.Background()))
	same(t, "what was to be told later", w.tellAt(putOff), int64(0))
	must(t, w.store.Hush(context.Background()))
}

func TestTheMailSaysWhatComesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	mail := func(s *store.Store, ahead time.Duration) store.Mail {
		t.Helper()
		before := w.now(s)
		m, err := s.Mail(ctx, "deliver", before.Add(ahead))
		must(t, err)
		within(t, "the clock", m.Now, before, w.now(s))
		m.Now = time.Time{}
		return m
	}
	same(t, "an empty database", mail(w.store, time.Hour), store.Mail{})

	first, second := w.canceled(1), w.canceled(3)
	w.exec(`UPDATE events SET tell_at_ms = tell_at_ms + 30000 WHERE id = ?`, second.ID[:])
	lists := time.UnixMilli(w.tellAt(first)).UTC()
	same(t, "two ends", mail(w.store, time.Hour), store.Mail{Lists: lists})
	next := time.UnixMilli(w.tellAt(second)).UTC()

	p := w.claim(w.store, 1, 10, true)
	due := time.UnixMilli(w.number(`SELECT due_at_ms FROM deliveries`)).UTC()
	within(t, "the end of a claim", due, p.Now.Add(store.DeliveryLease-15*time.Second), p.Now.Add(store.DeliveryLease))
	same(t, "one is claimed, one is to be listed", mail(w.store, time.Hour), store.Mail{Lists: next, Due: due})
	same(t, "before both", mail(w.store, 10*time.Second), store.Mail{})
	same(t, "later", mail(w.later(time.Hour), 0), store.Mail{Lists: next, Due: due})
	for _, c := range []struct {
		what  string
		until time.Time
		want  store.Mail
	}{
		{"a moment before the claim ends", due.Add(-time.Millisecond), store.Mail{}},
		{"when the claim ends", due, store.Mail{Due: due}},
	} {
		w.exec(`UPDATE events SET tell_at_ms = ? WHERE tell_at_ms IS NOT NULL`, due.UnixMilli()+1)
		m, err := w.store.Mail(ctx, "deliver", c.until)
		must(t, err)
		m.Now = time.Time{}
		same(t, c.what, m, c.want)
	}
	w.settle(w.store, p, store.Outcome{State: store.Sent})
	must(t, w.store.Hush(ctx))
	w.exec(`UPDATE events SET tell_at_ms = NULL`)
	same(t, "everything has ended", mail(w.store, time.Hour), store.Mail{})

	turn := func(s *store.Store, name string, while time.Duration) {
		t.Helper()
		if mine, err := s.TakeTurn(ctx, name, [16]byte{1}, while); !mine || err != nil {
			t.Fatal(mine, err)
		}
	}
	turn(w.store, "another", time.Hour)
	same(t, "somebody has another turn", mail(w.store, 0), store.Mail{})
	turn(w.store, "deliver", time.Minute)
	same(t, "somebody has the turn", mail(w.store, 0), store.Mail{Taken: true})
	same(t, "it has run out", mail(w.later(time.Minute+time.Second), 0), store.Mail{})
	must(t, w.store.EndTurn(ctx, "deliver", [16]byte{1}))
	same(t, "it was given back", mail(w.store, 0), store.Mail{})
}

// TestTheOrganisersMessageCountsAgainstTheLimit asks for one message of an event that has several, the organiser's among them.
func TestTheOrganisersMessageCountsAgainstTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	w.join(e, names(3)...)
	w.exec(`UPDATE participants SET notify = 1`)
	w.exec(`UPDATE events SET notify_owner = 1`)
	w.exec(`UPDATE events SET held = 1 WHERE id = ?`, e.ID[:]) // canceled by the lock: the organiser hears of it
	must(t, lock(w.later(time.Hour), e, 0))
	seen := 0
	for range 5 {
		post, err := w.later(time.Hour).ClaimDeliveries(context.Background(), [16]byte{1}, templates, 1, true)
		must(t, err)
		if len(post.Deliveries) > 1 {
			t.Fatalf("%d messages claimed, with a limit of one", len(post.Deliveries))
		}
		seen += len(post.Deliveries)
	}
	if seen != 4 {
		t.Errorf("%d of 4 messages were claimed", seen)
	}
}
