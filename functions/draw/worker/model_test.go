package worker

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// TestTheStoreDoesWhatAFewLinesSay plays random sequences of creations, joins, leaves, cancellations, ticks (one or three at
// once) and workers that die, on the real store and on a model of a few lines, and compares after each step what either says
// of every event, list and result. Time is the database's clock, moved on between steps.
func TestTheStoreDoesWhatAFewLinesSay(t *testing.T) {
	s := servicetest.New(t)
	checks := testdb.Scale(15, 200)
	if os.Getenv("LOTTERY_TEST_MYSQL") != "" {
		checks = testdb.Scale(60, 1000) // the race detector makes SQLite several times as slow
	}
	must(t, flag.Set("rapid.checks", strconv.Itoa(checks)))
	must(t, flag.Set("rapid.steps", "40"))
	drawn, taken, users := 0, map[string]int{}, map[string]lottery.UserID{}
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{Service: s, rt: rt, taken: taken, users: users}
		m.clear(t)
		actions := map[string]func(*rapid.T){
			"create": m.create, "join": m.join, "join again": m.join, "leave": m.leave, "cancel": m.cancel,
			"wait": m.wait, "wait again": m.wait, "tick": m.tick, "tick again": m.tick, "die": m.die, "": m.compare,
		}
		for name, act := range actions {
			actions[name] = func(rt *rapid.T) {
				if !m.lost {
					act(rt)
				}
			}
		}
		rt.Repeat(actions)
		for _, e := range m.events {
			if e.status == lottery.Opened {
				drawn++
			}
		}
	})
	t.Logf("%d sequences, %d draws, steps %v", checks, drawn, taken)
	if drawn < testdb.Scale(1, checks/4) { // few sequences may have few draws by chance
		t.Errorf("only %d draws in %d sequences: they look at too little", drawn, checks)
	}
}

// fiction is an event as the model has it.
type fiction struct {
	event        *lottery.Event // as created
	status       lottery.Status
	hidden       bool
	joined       map[string]bool
	frozen       bool
	leased       time.Time // until then a dead worker holds it
	lapsing      time.Time // at the earliest: the lease began at some moment of its step
	winners      []vdraw.Ticket
	lock, freeze time.Time // when these are due; the draw is due at event.DrawAt
}

// due is the next instant that something is to be done, zero when final.
func (f *fiction) due() time.Time {
	switch {
	case f.status == lottery.Init:
		return f.lock
	case f.status == lottery.Opening && !f.frozen:
		return f.freeze
	case f.status == lottery.Opening:
		return f.event.DrawAt
	}
	return time.Time{}
}

func (f *fiction) free(now time.Time) bool {
	due := f.due()
	return !due.IsZero() && !now.Before(due) && !now.Before(f.leased)
}

// locked says what the clock says, whatever a timer did.
func (f *fiction) locked(now time.Time) error {
	switch {
	case f.status == lottery.Canceled:
		return lottery.ErrCanceled
	case f.status == lottery.Opened:
		return lottery.ErrOpened
	case f.status == lottery.Opening || !now.Before(f.lock):
		return lottery.ErrLocked
	}
	return nil
}

type machine struct {
	*servicetest.Service
	rt     *rapid.T
	passed time.Duration // how far the clock was moved
	lost   bool          // the model does not know any more what has become of the events
	events []*fiction
	taken  map[string]int
	users  map[string]lottery.UserID
}

// User asks once.
func (m *machine) User(name string) lottery.UserID {
	if _, ok := m.users[name]; !ok {
		m.users[name] = m.Service.User(name)
	}
	return m.users[name]
}

var (
	owners = []string{"olga", "otto"}
	guests = []string{"ann", "ben", "cy", "dee", "olga"}
)

func (m *machine) clear(t *testing.T) {
	t.Helper()
	for _, table := range []string{"winners", "list_pages", "participants", "prizes", "events"} {
		must(t, testdb.Exec(t, m.DSN, `DELETE FROM `+table))
	}
}

func (m *machine) at() *store.Store { return m.Later(m.passed) }

// now is the database's clock.
func (m *machine) now() time.Time {
	now, err := m.at().Now(context.Background())
	must(m.T, err)
	return now
}

// sameInstant gives the sequence up, from here on, where the clock overtook a step: it cannot be judged what came of it. To skip the
// step alone would be wrong, since the store has taken it.
func (m *machine) sameInstant(begin time.Time) {
	end := m.now()
	skip := func(why string) {
		m.lost = true
		m.rt.Skip(why)
	}
	for _, f := range m.events {
		for _, at := range []time.Time{f.lock, f.freeze, f.event.DrawAt, f.leased} {
			if begin.Before(at) && !end.Before(at) {
				skip("the clock passed an instant that matters during a step")
			}
		}
		if begin.Before(f.leased) && !end.Before(f.lapsing) {
			skip("a lease may have ended during a step, or not")
		}
	}
}

func (m *machine) pick() *fiction {
	if len(m.events) == 0 {
		m.rt.Skip("no event yet")
	}
	return m.events[rapid.IntRange(0, len(m.events)-1).Draw(m.rt, "event")]
}

func (m *machine) entrant(name string, e *lottery.Event) store.Entrant {
	return store.Entrant{User: m.User(name), Version: 1, Ticket: func(v int) (vdraw.Ticket, error) {
		return m.Keys.Ticket(v, e.ID, m.OpenID(name))
	}}
}

func (m *machine) create(rt *rapid.T) {
	owner := m.User(rapid.SampledFrom(owners).Draw(rt, "owner"))
	ahead := time.Duration(rapid.IntRange(121, 300).Draw(rt, "seconds ahead")) * time.Second
	quantity := rapid.IntRange(1, 4).Draw(rt, "quantity")
	e, _, _, err := m.at().Create(context.Background(), store.Creation{
		Owner: owner,
		Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			d := lottery.Draft{Title: "x", DrawAt: now.Add(ahead).Truncate(time.Second), Prizes: []lottery.Prize{cups(quantity)}}
			return d.Event(lottery.NewEventID(), place, now, servicetest.Terms, m.Keys)
		},
	})
	must(m.T, err)
	m.events = append(m.events, &fiction{
		event: e, joined: map[string]bool{}, lock: e.LockAt, freeze: e.LockAt.Add(lottery.Grace(servicetest.Terms.LockLead)),
	})
	m.taken["create"]++
}

func (m *machine) join(rt *rapid.T) {
	f, name := m.pick(), rapid.SampledFrom(guests).Draw(rt, "guest")
	now := m.now()
	_, created, err := m.at().Join(context.Background(), f.event.ID, m.entrant(name, f.event), false, now)
	m.sameInstant(now)
	want := f.locked(now)
	switch {
	case m.User(name) == f.event.Owner:
		want = lottery.ErrOwnEvent
	case f.joined[name]:
		want = nil
	}
	m.expect("join", err, want)
	if created != (want == nil && !f.joined[name]) {
		rt.Fatalf("%s joins: created %v", name, created)
	}
	if want == nil {
		f.joined[name] = true
	}
}

func (m *machine) leave(rt *rapid.T) {
	f, name := m.pick(), rapid.SampledFrom(guests).Draw(rt, "guest")
	now := m.now()
	err := m.at().Leave(context.Background(), f.event.ID, m.entrant(name, f.event), now)
	m.sameInstant(now)
	var want error
	if f.joined[name] {
		want = f.locked(now)
	}
	m.expect("leave", err, want)
	if want == nil {
		delete(f.joined, name)
	}
}

func (m *machine) cancel(rt *rapid.T) {
	f, name, hide := m.pick(), rapid.SampledFrom(owners).Draw(rt, "who"), rapid.Bool().Draw(rt, "hide")
	now := m.now()
	_, _, err := m.at().Cancel(context.Background(), f.event.ID, m.User(name), hide)
	m.sameInstant(now)
	want := f.locked(now)
	switch {
	case m.User(name) != f.event.Owner:
		want = lottery.ErrNotOwner
	case f.status == lottery.Canceled:
		want = nil
	}
	m.expect("cancel", err, want)
	if want == nil {
		f.status, f.hidden = lottery.Canceled, f.hidden || hide
	}
}

func (m *machine) wait(rt *rapid.T) {
	m.passed += time.Duration(rapid.IntRange(1, 80).Draw(rt, "seconds")) * time.Second
}

// tick lets one worker or three at once do all that is due.
func (m *machine) tick(rt *rapid.T) {
	n := rapid.SampledFrom([]int{1, 1, 3}).Draw(rt, "workers")
	now := m.now()
	failed := make(chan error, n)
	for range n {
		w := newWorker(m.Service, m.passed)
		w.patience = time.Minute // the model knows no worker that gives back because the machine is busy
		go func() { failed <- w.Tick(context.Background(), 0) }()
	}
	for range n {
		must(m.T, <-failed)
	}
	m.sameInstant(now)
	for _, f := range m.events {
		for f.free(now) {
			m.step(f)
		}
	}
	m.taken["tick"]++
}

func (m *machine) step(f *fiction) {
	switch {
	case f.status == lottery.Init:
		f.status = lottery.Opening
	case !f.frozen:
		f.frozen = true
	default:
		f.status = lottery.Opened
	}
}

// die is a worker that claims what is due and is never seen again.
func (m *machine) die(*rapid.T) {
	now := m.now()
	claim, err := m.at().Claim(context.Background(), 2)
	must(m.T, err)
	m.sameInstant(now)
	after := m.now()
	var free []*fiction
	for _, f := range m.events {
		if f.free(now) {
			free = append(free, f)
		}
	}
	slices.SortStableFunc(free, func(a, b *fiction) int { return a.due().Compare(b.due()) })
	if len(claim.Events) != min(2, len(free)) {
		m.rt.Fatalf("claimed %d of %d", len(claim.Events), len(free))
	}
	for i, id := range claim.Events {
		k := slices.IndexFunc(free, func(f *fiction) bool { return f.event.ID == id })
		if k < 0 || !free[k].due().Equal(free[i].due()) {
			m.rt.Fatalf("claimed %s, which is not the longest due", id)
		}
		free[k].lapsing, free[k].leased = now.Add(store.Lease), after.Add(store.Lease)
	}
	m.taken["die"]++
}

func (m *machine) expect(what string, got, want error) {
	if !errors.Is(got, want) || (got == nil) != (want == nil) {
		m.rt.Fatalf("%s: %v, want %v", what, got, want)
	}
	if want == nil {
		m.taken[what]++
	} else {
		m.taken[what+" refused"]++
	}
}

// compare looks at everything there is to see of each event.
func (m *machine) compare(rt *rapid.T) {
	for i, f := range m.events {
		e, _, err := m.at().Event(context.Background(), f.event.ID)
		must(m.T, err)
		if e.Status != f.status || (e.Record != nil) != f.frozen || (e.Result != nil) != (f.status == lottery.Opened) || e.Hidden != f.hidden {
			rt.Fatalf("event %d is %s, frozen %v, hidden %v; want %s, %v, %v", i, e.Status, e.Record != nil, e.Hidden, f.status, f.frozen, f.hidden)
		}
		if f.frozen && e.Record.Count != uint64(len(f.joined)) {
			rt.Fatalf("event %d has %d on its list; want %d", i, e.Record.Count, len(f.joined))
		}
		m.compareParticipants(f)
		m.compareWinners(f, e)
	}
	for _, owner := range owners {
		m.compareCreated(owner)
	}
}

// compareParticipants compares the list as a worker would read it.
func (m *machine) compareParticipants(f *fiction) {
	got, err := m.at().List(context.Background(), f.event, func(uint64) error { return nil })
	must(m.T, err)
	var want vdraw.List
	for _, ticket := range m.tickets(f) {
		must(m.T, want.Add(ticket))
	}
	if got.Count() != want.Count() || got.Root() != want.Root() {
		m.rt.Fatalf("%d participants with root %s, want %d: %v", got.Count(), got.Root(), want.Count(), f.joined)
	}
}

// tickets are those of who joined, in order.
func (m *machine) tickets(f *fiction) (tickets []vdraw.Ticket) {
	for name := range f.joined {
		ticket, err := m.Keys.Ticket(f.event.KeyVersion, f.event.ID, m.OpenID(name))
		must(m.T, err)
		tickets = append(tickets, ticket)
	}
	slices.SortFunc(tickets, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })
	return tickets
}

// compareWinners wants as many winners as there are prizes or participants, all of them participants, each once, the same
// at every look, and those that the list and the secret give.
func (m *machine) compareWinners(f *fiction, e *lottery.Event) {
	winners, err := m.at().Winners(context.Background(), e.ID, 0, 100)
	must(m.T, err)
	var got []vdraw.Ticket
	for _, w := range winners {
		got = append(got, w.Ticket)
	}
	if f.status != lottery.Opened {
		if len(got) > 0 {
			m.rt.Fatalf("winners before the draw: %v", got)
		}
		return
	}
	if f.winners == nil {
		f.winners = winnersOf(m.T, e, m.tickets(f))
	}
	if diff := cmp.Diff(f.winners, got); diff != "" && len(f.winners)+len(got) > 0 {
		m.rt.Fatalf("winners (-want +got):\n%s", diff)
	}
}

func (m *machine) compareCreated(owner string) {
	events, _, _, err := m.at().Events(context.Background(), m.User(owner), store.Created, store.Cursor{}, 100)
	must(m.T, err)
	var got, want []string
	for _, e := range events {
		got = append(got, fmt.Sprint(e.Seq, e.ID))
	}
	for _, f := range slices.Backward(m.events) {
		if f.event.Owner == m.User(owner) && !f.hidden {
			want = append(want, fmt.Sprint(f.event.Seq, f.event.ID))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		m.rt.Fatalf("events of %s (-want +got):\n%s", owner, diff)
	}
}
