package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// wish joins as a user does who taps that he wants a message, or does not.
func (w *world) wish(e *lottery.Event, who store.Entrant, notify bool) error {
	return third(w.store.Join(context.Background(), e.ID, who, notify, time.Now()))
}

func TestEachTapAddsOneCredit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, template := w.hourAhead(), templates.Participant
	leave := func(who store.Entrant) error { return w.store.Leave(context.Background(), e.ID, who, time.Now()) }
	for _, c := range []struct {
		who    string
		calls  []any // true or false: a join that wants a message or not; "leave"
		credit int64
	}{
		{"one who wants a message", []any{true}, 1},
		{"one who repeats it", []any{true, true, true}, 1},
		{"one who does not want it any more", []any{true, false}, 1},
		{"one who wants none", []any{false, false}, 0},
		{"one who wants it later", []any{false, true}, 1},
		{"one who wants it later, and repeats it", []any{false, true, true, false, true}, 1},
		{"one who left", []any{true, "leave"}, 1}, // WeChat does not forget it either
		{"one who comes back", []any{true, "leave", true}, 2},
		{"one who comes back without a wish", []any{true, "leave", false}, 1},
	} {
		guest, plain := w.guest(c.who, e), w.entrant("no messages: "+c.who, e)
		for _, call := range c.calls {
			for _, who := range []store.Entrant{guest, plain} {
				if notify, joins := call.(bool); joins {
					must(t, w.wish(e, who, notify))
				} else {
					must(t, leave(who))
				}
			}
		}
		same(t, c.who, w.credits(guest.User, template), c.credit)
		same(t, c.who+", where no messages are sent", w.number(`SELECT COUNT(*) FROM credits WHERE user_id = ?`, plain.User[:]), int64(0))
	}
}

func TestCreditsOfTemplatesAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	for _, template := range []string{"T-result", "t-result", "T-result ", "T"} {
		who := w.guest("alice", e)
		who.Template = template
		must(t, w.wish(w.hourAhead(), who, true))
	}
	alice := w.user("alice")
	for _, template := range []string{"T-result", "t-result", "T-result ", "T"} {
		same(t, fmt.Sprintf("credits of %q", template), w.credits(alice, template), int64(1))
	}
}

// TestCallsAtOnceAddOneCreditEach is about what the database does to transactions that meet: none of it may reach the caller.
func TestCallsAtOnceAddOneCreditEach(t *testing.T) {
	t.Parallel()
	for isolation, open := range isolations {
		for what, race := range map[string]func(*testing.T, *world){
			"one user in one event":       oneUserInOneEvent,
			"one user raises his wish":    oneUserRaises,
			"one user in many events":     oneUserInManyEvents,
			"many users in one event":     manyUsersInOneEvent,
			"an organiser of many events": organiserOfManyEvents,
		} {
			t.Run(isolation+", "+what, func(t *testing.T) {
				t.Parallel()
				race(t, open(t))
			})
		}
	}
}

// TestOnSeveralPrimariesACreditIsPartOfTheJoin has the event's row changed in the same transaction.
func TestOnSeveralPrimariesACreditIsPartOfTheJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	many, err := store.Open(w.dsn, store.Options{SetSession: true, MultiPrimary: true})
	must(t, err)
	t.Cleanup(func() { many.Close() })
	w.store = many
	e := w.hourAhead()
	alice := w.guest("alice", e)
	for range 2 {
		must(t, w.wish(e, alice, true))
	}
	same(t, "credits", w.credits(alice.User, templates.Participant), int64(1))
	w.store = w.past()
	if err := w.wish(e, w.guest("bob", e), true); !errors.Is(err, lottery.ErrLocked) {
		t.Errorf("after the lock: %v", err)
	}
	same(t, "credits of all", w.number(`SELECT SUM(credits) FROM credits`), int64(1))
	same(t, "changes of the event", w.number(`SELECT touched FROM events`), int64(1))
}

// atOnce makes n calls at once, none of which may fail.
func atOnce(t testing.TB, n int, call func(i int) error) {
	t.Helper()
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			if err := call(i); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
}

func oneUserInOneEvent(t *testing.T, w *world) {
	e := w.hourAhead()
	alice := w.guest("alice", e)
	atOnce(t, 50, func(int) error { return w.wish(e, alice, true) })
	same(t, "credits", w.credits(alice.User, templates.Participant), int64(1))
}

func oneUserRaises(t *testing.T, w *world) {
	e := w.hourAhead()
	alice := w.guest("alice", e)
	must(t, w.wish(e, alice, false))
	atOnce(t, 50, func(i int) error { return w.wish(e, alice, i%2 == 0) })
	same(t, "credits", w.credits(alice.User, templates.Participant), int64(1))
}

func oneUserInManyEvents(t *testing.T, w *world) {
	const n = 12
	who, events := make([]store.Entrant, n), make([]*lottery.Event, n)
	for i := range n {
		events[i] = w.hourAhead()
		who[i] = w.guest("alice", events[i])
	}
	atOnce(t, n, func(i int) error { return w.wish(events[i], who[i], true) })
	same(t, "credits", w.credits(who[0].User, templates.Participant), int64(n))
}

func manyUsersInOneEvent(t *testing.T, w *world) {
	const n = 200
	e := w.hourAhead()
	who := make([]store.Entrant, n)
	for i, name := range names(n) {
		who[i] = w.guest(name, e)
	}
	atOnce(t, 2*n, func(i int) error { return w.wish(e, who[i%n], true) })
	same(t, "users with one credit", w.number(`SELECT COUNT(*) FROM credits WHERE credits = 1`), int64(n))
	same(t, "credits", w.number(`SELECT SUM(credits) FROM credits`), int64(n))
}

func organiserOfManyEvents(t *testing.T, w *world) {
	const n = 12
	atOnce(t, n, func(int) error {
		return third(w.create(store.Creation{Template: templates.Organiser}, func(d *lottery.Draft) { d.Notify = true }))
	})
	same(t, "credits", w.credits(w.owner, templates.Organiser), int64(n))
}

func TestARefusedJoinAddsNoCredit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	open, held, canceled := w.hourAhead(), w.hourAhead(), w.hourAhead()
	w.exec(`UPDATE events SET held = 1 WHERE id = ?`, held.ID[:])
	w.cancel(canceled)
	for _, c := range []struct {
		what string
		s    *store.Store
		e    *lottery.Event
		who  string
		now  time.Time
		want error
	}{
		{"locked by the database's clock", w.later(59*time.Minute + time.Second), open, "alice", time.Now(), lottery.ErrLocked},
		{"locked by the function's clock", w.store, open, "alice", open.LockAt, lottery.ErrLocked},
		{"held", w.store, held, "alice", time.Now(), lottery.ErrNotFound},
		{"canceled", w.store, canceled, "alice", time.Now(), lottery.ErrCanceled},
		{"his own", w.store, open, "owner", time.Now(), lottery.ErrOwnEvent},
		{"unknown", w.store, &lottery.Event{ID: lottery.NewEventID()}, "alice", time.Now(), lottery.ErrNotFound},
	} {
		if err := third(c.s.Join(ctx, c.e.ID, w.guest(c.who, c.e), true, c.now)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
		same(t, "rows of credits, "+c.what, w.number(`SELECT COUNT(*) FROM credits`), int64(0))
	}
}

// TestJoinsRacingTheLockHaveACreditEachAndNoOtherHas lets joins run into the lock; whoever is in wishes a message, and whoever is
// not in has agreed to none. It runs alone, as all that is about a moment.
func TestJoinsRacingTheLockHaveACreditEachAndNoOtherHas(t *testing.T) {
	w := newWorld(t)
	e := w.event(4500*time.Millisecond, racing)
	const lanes = 16
	who, one := make([]store.Entrant, lanes*2000), w.entrant("owner", e)
	for i := range who {
		who[i] = one // without a user for each: the race is about joining
		who[i].User, who[i].Template = lottery.UserID{byte(i), byte(i >> 8), 1}, templates.Participant
		ticket, err := w.keys.Ticket(e.KeyVersion, e.ID, fmt.Sprint(i))
		must(t, err)
		who[i].Ticket = func(int) (vdraw.Ticket, error) { return ticket, nil }
	}
	acknowledged := make([]int64, lanes)
	atOnce(t, lanes, func(lane int) error {
		time.Sleep(time.Until(e.LockAt.Add(-crowd)))
		for i := lane; i < len(who); i += lanes {
			err := w.wish(e, who[i], true)
			if errors.Is(err, lottery.ErrLocked) {
				return nil
			}
			if err != nil {
				return err
			}
			acknowledged[lane]++
		}
		return errors.New("everybody was in before the lock: the race did not happen")
	})
	var n int64
	for _, some := range acknowledged {
		n += some
	}
	if n == 0 {
		t.Fatal("nobody was in before the lock: the race did not happen")
	}
	same(t, "participants", w.number(`SELECT COUNT(*) FROM participants`), n)
	same(t, "credits", w.number(`SELECT SUM(credits) FROM credits`), n)
	same(t, "participants with a credit", w.number(`
		SELECT COUNT(*)
		FROM participants AS p
		JOIN credits AS c ON c.user_id = p.user_id AND c.credits = 1`), n)
}

// TestACreditAndItsReasonAreOneTransaction takes the table of credits away: nothing else may be left of a call then.
func TestACreditAndItsReasonAreOneTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	guest := w.guest("alice", e)
	must(t, w.wish(e, w.guest("bob", e), false))
	told := w.canceled(1)
	post := w.claim(w.store, 1, 1, true)
	w.exec(`DROP TABLE credits`)
	if err := w.wish(e, guest, true); err == nil {
		t.Error("a join succeeded")
	}
	if err := w.wish(e, w.guest("bob", e), true); err == nil {
		t.Error("a raised wish succeeded")
	}
	same(t, "participants who wish a message", w.number(`SELECT COUNT(*) FROM participants WHERE event_id = ? AND notify = 1`, e.ID[:]), int64(0))
	same(t, "participants", w.count(e), uint64(1))
	if err := third(w.create(store.Creation{Template: templates.Organiser}, func(d *lottery.Draft) { d.Notify = true })); err == nil {
		t.Error("a creation succeeded")
	}
	if e := w.hourAhead(); e.Seq != 3 {
		t.Errorf("seq %d: the creation took a place", e.Seq)
	}
	sent := []store.Outcome{{Delivery: post.Deliveries[0], State: store.Sent}}
	if err := w.store.Settle(context.Background(), post.Token, templates, sent); err == nil {
		t.Error("a record succeeded")
	}
	same(t, "the notice", w.notice(told), store.Notice{Wanted: 1})
	same(t, "messages that wait", w.number(`SELECT COUNT(*) FROM deliveries WHERE state = 0`), int64(1))
}

func TestAnOrganiserAgreesWithEachEventThatSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	notify := func(d *lottery.Draft) { d.Notify = true }
	quiet := func(*lottery.Draft) {}
	refusal := errors.New("no")
	refuse := func(lottery.Place, time.Time) (*lottery.Event, error) { return nil, refusal }
	report := templates.Organiser
	for _, c := range []struct {
		what     string
		c        store.Creation
		change   func(*lottery.Draft)
		replayed bool
		want     error
		credits  int64 // afterwards, of all so far
	}{
		{"an event that says so", store.Creation{Template: report, IdempotencyKey: "k"}, notify, false, nil, 1},
		{"its replay", store.Creation{Template: report, IdempotencyKey: "k"}, notify, true, nil, 1},
		{"another request under its key", store.Creation{Template: report, IdempotencyKey: "k", Digest: [32]byte{1}}, notify, false, lottery.ErrIdempotency, 1},
		{"one that is refused", store.Creation{Template: report, Make: refuse}, nil, false, refusal, 1},
		{"one that does not say so", store.Creation{Template: report}, quiet, false, nil, 1},
		{"where no messages are sent", store.Creation{}, notify, false, nil, 1},
		{"a second one", store.Creation{Template: report}, notify, false, nil, 2},
	} {
		e, replayed, err := w.create(c.c, c.change)
		if !errors.Is(err, c.want) || err == nil && replayed != c.replayed {
			t.Errorf("%s: replayed %v, %v", c.what, replayed, err)
		}
		if err == nil {
			same(t, c.what+": the wish is kept", w.read(w.store, e).NotifyOwner, e.NotifyOwner)
		}
		same(t, c.what+": credits", w.credits(w.owner, report), c.credits)
		same(t, c.what+": credits of all templates", w.number(`SELECT SUM(credits) FROM credits`), c.credits)
	}
}

func TestTheSameRequestManyTimesAtOnceAddsOneCredit(t *testing.T) {
	t.Parallel()
	for isolation, world := range isolations {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			atOnce(t, 20, func(int) error {
				return third(w.create(store.Creation{Template: templates.Organiser, IdempotencyKey: "k"}, func(d *lottery.Draft) { d.Notify = true }))
			})
			same(t, "credits", w.credits(w.owner, templates.Organiser), int64(1))
		})
	}
}

// TestAnEarlierRequestIsFoundWithoutAnother is about Earlier, which must answer as Create would.
func TestAnEarlierRequestIsFoundWithoutAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	c := store.Creation{Owner: w.owner, IdempotencyKey: "k", Digest: [32]byte{1}}
	if e, _, found, err := w.store.Earlier(ctx, c); e != nil || found || err != nil {
		t.Errorf("before the first: %v, %v, %v", e, found, err)
	}
	first, _, err := w.create(store.Creation{IdempotencyKey: c.IdempotencyKey, Digest: c.Digest}, func(*lottery.Draft) {})
	must(t, err)
	e, now, found, err := w.store.Earlier(ctx, c)
	if err != nil || !found || e.ID != first.ID || time.Since(now).Abs() > 5*time.Second {
		t.Errorf("after it: %v, %v, %v, %v", e, now, found, err)
	}
	if _, _, _, err := w.store.Earlier(ctx, store.Creation{Owner: w.owner, IdempotencyKey: "k", Digest: [32]byte{2}}); !errors.Is(err, lottery.ErrIdempotency) {
		t.Errorf("another request: %v", err)
	}
	for what, other := range map[string]store.Creation{
		"another owner": {Owner: w.user("another"), IdempotencyKey: "k", Digest: [32]byte{1}},
		"another key":   {Owner: w.owner, IdempotencyKey: "K", Digest: [32]byte{1}},
		"no key":        {Owner: w.owner, Digest: [32]byte{1}},
	} {
		if e, _, found, err := w.store.Earlier(ctx, other); e != nil || found || err != nil {
			t.Errorf("%s: %v, %v, %v", what, e, found, err)
		}
	}
}
