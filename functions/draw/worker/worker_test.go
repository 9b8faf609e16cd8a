package worker

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/pause"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

func newWorker(s *servicetest.Service, later time.Duration) *Worker {
	return New(s.Later(later), s.Keys, lottery.Grace(servicetest.Terms.LockLead))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func cups(n int) lottery.Prize { return lottery.Prize{Name: "Cup", Quantity: n} }

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("user-%d", i)
	}
	return all
}

// soon is an event that no clock has to be shifted for.
func soon(t testing.TB, s *servicetest.Service, ahead time.Duration, terms lottery.Terms) *lottery.Event {
	t.Helper()
	e, _, _, err := s.Store.Create(context.Background(), store.Creation{
		Owner: s.User("owner"),
		Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			d := lottery.Draft{Title: "x", DrawAt: now.Add(ahead).Truncate(time.Second), Prizes: []lottery.Prize{cups(1)}}
			return d.Event(lottery.NewEventID(), place, now, terms, s.Keys)
		},
	})
	must(t, err)
	return e
}

func read(t testing.TB, s *servicetest.Service, e *lottery.Event) *lottery.Event {
	t.Helper()
	got, _, err := s.Store.Event(context.Background(), e.ID)
	must(t, err)
	return got
}

func TestATickTakesEachStepWhenItIsDue(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	e := s.Event("owner", time.Hour, cups(2))
	s.Join(e, names(5)...)
	for _, c := range []struct {
		later  time.Duration
		status lottery.Status
		frozen bool
	}{
		{0, lottery.Init, false},
		{58 * time.Minute, lottery.Init, false},
		{59*time.Minute + 2*time.Second, lottery.Opening, false},
		{59*time.Minute + 12*time.Second, lottery.Opening, true},
		{60*time.Minute + 2*time.Second, lottery.Opened, true},
	} {
		must(t, newWorker(s, c.later).Tick(context.Background(), 0))
		if got := read(t, s, e); got.Status != c.status || (got.Record != nil) != c.frozen {
			t.Errorf("after %s: %s, frozen %v", c.later, got.Status, got.Record != nil)
		}
	}
	var beats int
	testdb.Row(t, s.DSN, `SELECT COUNT(*) FROM heartbeats WHERE name = 'draw'`, nil, &beats)
	if beats != 1 {
		t.Errorf("%d heartbeats", beats)
	}
}

// TestALateTimerLosesNoDraw lets an event fall due with nobody there, and one tick two hours later do it all.
func TestALateTimerLosesNoDraw(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	var events []*lottery.Event
	for i := range 5 {
		e := s.Event("owner", time.Hour+time.Duration(i)*time.Minute, cups(2))
		s.Join(e, names(3)...)
		events = append(events, e)
	}
	must(t, newWorker(s, 3*time.Hour).Tick(context.Background(), 0))
	for _, e := range events {
		if got := read(t, s, e); got.Status != lottery.Opened || !got.Late() {
			t.Errorf("%s, late %v", got.Status, got.Late())
		}
	}
}

// TestSixteenTicksAtOnceDrawOnce also recomputes the winners from the frozen inputs.
func TestSixteenTicksAtOnceDrawOnce(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	var events []*lottery.Event
	for range 6 {
		e := s.Event("owner", time.Hour, cups(3), cups(4))
		s.Join(e, names(20)...)
		events = append(events, e)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := newWorker(s, 61*time.Minute).Tick(context.Background(), 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, e := range events {
		got := read(t, s, e)
		if got.Status != lottery.Opened {
			t.Fatalf("%s", got.Status)
		}
		winners, err := s.Store.Winners(context.Background(), e.ID, 0, 100)
		must(t, err)
		var tickets []vdraw.Ticket
		for _, w := range winners {
			tickets = append(tickets, w.Ticket)
		}
		if diff := cmp.Diff(recompute(t, s, got), tickets); diff != "" {
			t.Error(diff)
		}
	}
}

// recompute draws an event of twenty by itself, from its participants and its secret.
func recompute(t *testing.T, s *servicetest.Service, e *lottery.Event) []vdraw.Ticket {
	t.Helper()
	var tickets []vdraw.Ticket
	for _, name := range names(20) {
		ticket, err := s.Keys.Ticket(e.KeyVersion, e.ID, s.OpenID(name))
		must(t, err)
		tickets = append(tickets, ticket)
	}
	return winnersOf(t, e, tickets)
}

// winnersOf are the winners of a drawn event, given the tickets that joined.
func winnersOf(t testing.TB, e *lottery.Event, tickets []vdraw.Ticket) (winners []vdraw.Ticket) {
	t.Helper()
	slices.SortFunc(tickets, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })
	var list vdraw.List
	for _, ticket := range tickets {
		must(t, list.Add(ticket))
	}
	seed := vdraw.Seed(vdraw.LockDigest(e.Manifest, list.Count(), list.Root()), e.Result.Secret, vdraw.Digest{})
	for _, pick := range vdraw.Picks(seed, list.Count(), e.Quantity()) {
		winners = append(winners, tickets[pick])
	}
	return winners
}

// TestATickStaysForWhatComesDueSoon draws a real event to the second: one tick, no clock shifted.
func TestATickStaysForWhatComesDueSoon(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	terms := lottery.Terms{LockLead: 2 * time.Second, MinLead: 3 * time.Second}
	e := soon(t, s, 4*time.Second, terms)
	w := newWorker(s, 0)
	w.grace = lottery.Grace(terms.LockLead)
	must(t, w.Tick(context.Background(), 10*time.Second))
	got := read(t, s, e)
	if got.Status != lottery.Opened {
		t.Fatalf("the tick went away and left it %s", got.Status)
	}
	if lag := got.Result.DrawnAt.Sub(e.DrawAt); lag > 2*time.Second {
		t.Errorf("drawn %s after its time", lag)
	}
	if lag := got.Record.FrozenAt.Sub(e.LockAt); lag < w.grace || lag > w.grace+time.Second {
		t.Errorf("frozen %s after the lock", lag)
	}
	begin := time.Now()
	must(t, w.Tick(context.Background(), 10*time.Second))
	if d := time.Since(begin); d > time.Second {
		t.Errorf("a tick with nothing to do stayed for %s", d)
	}
}

func TestATickEndsBeforeItsDeadline(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	s.Event("owner", time.Hour, cups(1))
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	begin := time.Now()
	must(t, newWorker(s, 58*time.Minute).Tick(ctx, 10*time.Minute))
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("it waited %s for something beyond its deadline", d)
	}
}

// TestOneBadEventDoesNotHoldUpTheOthers spoils one event's list; the others are drawn by the same tick, and the bad one
// carries the reason and is tried again when it is put right.
func TestOneBadEventDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	var events []*lottery.Event
	for range 20 {
		e := s.Event("owner", time.Hour, cups(1))
		s.Join(e, "alice", "bob")
		events = append(events, e)
	}
	bad := events[7]
	must(t, testdb.Exec(t, s.DSN, `UPDATE participants SET joined_at = joined_at + 100000 WHERE event_id = ?`, bad.ID[:]))
	must(t, newWorker(s, 61*time.Minute).Tick(context.Background(), 0))
	for _, e := range events {
		want := lottery.Opened
		if e == bad {
			want = lottery.Opening
		}
		if got := read(t, s, e); got.Status != want {
			t.Errorf("%s, want %s", got.Status, want)
		}
	}
	var attempts int
	var reason string
	testdb.Row(t, s.DSN, `SELECT attempts, last_error FROM events WHERE id = ?`, []any{bad.ID[:]}, &attempts, &reason)
	if attempts != 1 || !strings.Contains(reason, "not before the lock") {
		t.Errorf("%d attempts, %q", attempts, reason)
	}
	must(t, testdb.Exec(t, s.DSN, `UPDATE participants SET joined_at = joined_at - 100000 WHERE event_id = ?`, bad.ID[:]))
	must(t, newWorker(s, 62*time.Minute).Tick(context.Background(), 0))
	if got := read(t, s, bad); got.Status != lottery.Opened {
		t.Errorf("put right, it is %s", got.Status)
	}
}

// TestWithoutItsKeyAnEventWaitsAndIsThenVoid runs a worker whose keyring lacks the event's version, as one that was
// started before a rotation.
func TestWithoutItsKeyAnEventWaitsAndIsThenVoid(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	lost, rescued, frozen := s.Event("owner", time.Hour, cups(1)), s.Event("owner", time.Hour, cups(1)), s.Event("owner", time.Hour, cups(1))
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET next_at_ms = next_at_ms + 100000000000 WHERE id IN (?, ?)`, lost.ID[:], rescued.ID[:]))
	must(t, newWorker(s, 59*time.Minute+30*time.Second).Tick(context.Background(), 0))
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET next_at_ms = lock_at_ms WHERE id IN (?, ?)`, lost.ID[:], rescued.ID[:]))
	other, err := lottery.NewKeyring(2, map[int][]byte{2: bytes.Repeat([]byte{9}, 32)})
	must(t, err)
	keyless := func(later time.Duration) *Worker {
		w := newWorker(s, later)
		w.keys = other
		return w
	}
	must(t, keyless(59*time.Minute+30*time.Second).Tick(context.Background(), 0))
	if got := read(t, s, lost); got.Status != lottery.Opening || got.Record != nil {
		t.Errorf("before the draw is due: %s", got.Status)
	}
	must(t, keyless(6*24*time.Hour).Tick(context.Background(), 0))
	for _, e := range []*lottery.Event{lost, rescued, frozen} {
		if got := read(t, s, e); got.Status != lottery.Opening {
			t.Errorf("six days later: %s", got.Status)
		}
	}
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET next_at_ms = next_at_ms + 100000000000 WHERE id = ?`, lost.ID[:]))
	must(t, newWorker(s, 6*24*time.Hour+2*time.Minute).Tick(context.Background(), 0))
	for _, e := range []*lottery.Event{rescued, frozen} {
		if got := read(t, s, e); got.Status != lottery.Opened || !got.Late() {
			t.Errorf("with its key back: %s, late %v", got.Status, got.Late())
		}
	}
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET next_at_ms = lock_at_ms WHERE id = ?`, lost.ID[:]))
	must(t, keyless(8*24*time.Hour).Tick(context.Background(), 0))
	if got := read(t, s, lost); got.Status != lottery.Canceled || got.Reason != lottery.ReasonVoid {
		t.Errorf("after seven days without its key: %s %q", got.Status, got.Reason)
	}
}

// TestARowThatSomebodyHoldsDoesNotMakeTicksSpin holds a due event's row in a transaction, as an operator might.
func TestARowThatSomebodyHoldsDoesNotMakeTicksSpin(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	s := servicetest.New(t)
	held, other := s.Event("owner", time.Hour, cups(1)), s.Event("owner", time.Hour, cups(1))
	db := testdb.Connect(t, s.DSN)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	defer tx.Rollback()
	_, err = tx.Exec(`SELECT id FROM events WHERE id = ? FOR UPDATE`, held.ID[:])
	must(t, err)
	begin := time.Now()
	must(t, newWorker(s, 61*time.Minute).Tick(context.Background(), 0))
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("a tick without a horizon took %s", d)
	}
	if got := read(t, s, other); got.Status != lottery.Opened {
		t.Errorf("the other event is %s", got.Status)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	w := tick{Worker: newWorker(s, 61*time.Minute), horizon: time.Hour}
	rounds := 0
	for ; ctx.Err() == nil; rounds++ {
		wait, done, err := w.round(ctx)
		if err != nil && ctx.Err() == nil || done {
			t.Fatal(done, err)
		}
		if !pause.For(ctx, wait) {
			break
		}
	}
	if rounds > 20 {
		t.Errorf("%d rounds in three seconds", rounds)
	}
	must(t, tx.Rollback())
	must(t, newWorker(s, 61*time.Minute).Tick(context.Background(), 0))
	if got := read(t, s, held); got.Status != lottery.Opened {
		t.Errorf("once nobody holds it: %s", got.Status)
	}
}

// TestATickWhoseTimeIsUpIsNoFailure has more to do than time for it.
func TestATickWhoseTimeIsUpIsNoFailure(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	for range 200 {
		s.Join(s.Event("owner", time.Hour, cups(1)), "alice")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if err := newWorker(s, 61*time.Minute).Tick(ctx, time.Minute); err != nil {
		t.Errorf("out of time: %v", err)
	}
	var beats, drawn int
	testdb.Row(t, s.DSN, `SELECT COUNT(*) FROM heartbeats WHERE name = 'draw'`, nil, &beats)
	testdb.Row(t, s.DSN, `SELECT COUNT(*) FROM events WHERE status = 2`, nil, &drawn)
	if beats != 1 || drawn == 200 {
		t.Errorf("%d heartbeats, %d drawn", beats, drawn)
	}
	// What it had claimed and did not get to is free at once, not only when the lease ends.
	must(t, newWorker(s, 61*time.Minute).Tick(context.Background(), 0))
	testdb.Row(t, s.DSN, `SELECT COUNT(*) FROM events WHERE status = 2`, nil, &drawn)
	if drawn != 200 {
		t.Errorf("the next tick left %d", 200-drawn)
	}
}

func TestAKilledWorkersEventsAreTakenOverAfterTheLease(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	e := s.Event("owner", time.Hour, cups(1))
	if c, err := s.Later(61*time.Minute).Claim(context.Background(), 10); err != nil || len(c.Events) != 1 {
		t.Fatal(c, err)
	}
	must(t, newWorker(s, 61*time.Minute).Tick(context.Background(), 0))
	if got := read(t, s, e); got.Status != lottery.Init {
		t.Errorf("taken from one who holds it: %s", got.Status)
	}
	must(t, newWorker(s, 61*time.Minute+store.Lease+time.Second).Tick(context.Background(), 0))
	if got := read(t, s, e); got.Status != lottery.Opened {
		t.Errorf("after the lease: %s", got.Status)
	}
}

func TestTheDatabaseDownFailsTheTickAndTheNextOneWorks(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	s := servicetest.New(t)
	e := s.Event("owner", time.Hour, cups(1))
	proxy, dsn := testdb.Proxied(t, s.DSN)
	w := newWorker(s, 0)
	w.store = store.ShiftClock(testdb.Open(t, dsn), 61*time.Minute)
	for _, down := range []func(){proxy.Refuse, proxy.Swallow} {
		down()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		if err := w.Tick(ctx, 0); err == nil {
			t.Error("a tick without a database succeeded")
		}
		cancel()
	}
	proxy.Refuse()
	go func() {
		time.Sleep(1500 * time.Millisecond)
		proxy.Forward()
	}()
	must(t, w.Tick(context.Background(), 10*time.Second)) // goes on through a short outage
	if got := read(t, s, e); got.Status != lottery.Opened {
		t.Errorf("after the database is back: %s", got.Status)
	}
}

// TestAWorkerThatCameTooEarlyLeavesTheListAlone lets a worker hold an event that another has just locked: until the grace
// is over the list is not looked at, not even by one that could not freeze it.
func TestAWorkerThatCameTooEarlyLeavesTheListAlone(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	e := s.Event("owner", time.Hour, cups(1))
	must(t, newWorker(s, 59*time.Minute+2*time.Second).Tick(context.Background(), 0))
	early := newWorker(s, 59*time.Minute+3*time.Second)
	early.keys = nil
	b, err := early.newBatch(context.Background(), store.Claim{Events: []lottery.EventID{e.ID}})
	must(t, err)
	if done, err := b.step(context.Background(), e.ID); done || err != nil {
		t.Error(done, err)
	}
	if got := read(t, s, e); got.Status != lottery.Opening || got.Record != nil {
		t.Errorf("%s, record %v", got.Status, got.Record)
	}
}

func TestAPanicStaysWithItsEvent(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	e := s.Event("owner", time.Hour, cups(1))
	w := newWorker(s, 61*time.Minute)
	w.keys = nil
	must(t, w.Tick(context.Background(), 0))
	var reason string
	testdb.Row(t, s.DSN, `SELECT COALESCE(last_error, '') FROM events WHERE id = ?`, []any{e.ID[:]}, &reason)
	if !strings.Contains(reason, "panic") {
		t.Errorf("the event says %q", reason)
	}
	must(t, newWorker(s, 62*time.Minute).Tick(context.Background(), 0))
	if got := read(t, s, e); got.Status != lottery.Opened {
		t.Errorf("afterwards: %s", got.Status)
	}
}
