package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

func TestCancelIsTheOwnersUntilTheLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	e := w.hourAhead()
	if _, _, err := w.store.Cancel(ctx, e.ID, w.user("bob"), false); !errors.Is(err, lottery.ErrNotOwner) {
		t.Errorf("bob cancels: %v", err)
	}
	if _, _, err := w.later(59*time.Minute+time.Second).Cancel(ctx, e.ID, w.owner, true); !errors.Is(err, lottery.ErrLocked) {
		t.Errorf("after the lock: %v", err)
	}
	first, _, err := w.store.Cancel(ctx, e.ID, w.owner, false)
	must(t, err)
	again, _, err := w.later(2*time.Hour).Cancel(ctx, e.ID, w.owner, true)
	must(t, err)
	if first.Status != lottery.Canceled || first.Reason != lottery.ReasonOwner || !again.CanceledAt.Equal(first.CanceledAt) || !again.Hidden {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if _, _, err := w.store.Cancel(ctx, lottery.NewEventID(), w.owner, false); !errors.Is(err, lottery.ErrNotFound) {
		t.Errorf("an unknown event: %v", err)
	}
}

func TestStepsWaitForTheDatabasesClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	ctx, grace := context.Background(), 10*time.Second
	if err := lock(w.store, e, grace); !errors.Is(err, lottery.ErrNotLocked) {
		t.Errorf("locked an hour early: %v", err)
	}
	locked := w.later(59*time.Minute + 2*time.Second)
	must(t, lock(locked, e, grace))
	record, err := e.Freeze(0, vdraw.Digest{}, w.keys, nil, time.Time{})
	must(t, err)
	must(t, second(locked.Freeze(ctx, e.ID, record, nil, grace)))
	if w.read(locked, e).Record != nil {
		t.Error("frozen before the grace was over")
	}
	graced := w.later(59*time.Minute + 12*time.Second)
	e = w.freeze(graced, e)
	if e.Record == nil || e.Record.Count != 0 {
		t.Fatalf("record %+v", e.Record)
	}
	if _, _, err := w.draw(graced, e); !errors.Is(err, lottery.ErrNotDrawn) {
		t.Errorf("drawn early: %v", err)
	}
	if _, err := graced.Void(ctx, e.ID, 0); !errors.Is(err, lottery.ErrNotDrawn) {
		t.Errorf("void early: %v", err)
	}
	due := w.later(61 * time.Minute)
	if _, done, err := w.draw(due, e); err != nil || !done {
		t.Fatal(done, err)
	}
	e = w.read(due, e)
	if e.Status != lottery.Opened || e.Undrawn() != 3 || !e.Late() {
		t.Errorf("%s, undrawn %d, late %v", e.Status, e.Undrawn(), e.Late())
	}
	must(t, second(w.later(8*24*time.Hour).Void(ctx, e.ID, 0)))
	must(t, lock(due, e, grace))
	if got := w.read(due, e).Status; got != lottery.Opened {
		t.Errorf("a drawn event became %s", got)
	}
}

func TestAHeldEventEndsAtItsLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	must(t, testdb.Exec(t, w.dsn, `UPDATE events SET held = 1 WHERE id = ?`, e.ID[:]))
	must(t, lock(w.later(time.Hour), e, time.Second))
	if got := w.read(w.store, e); got.Status != lottery.Canceled || got.Reason != lottery.ReasonHeld {
		t.Errorf("%s for %q", got.Status, got.Reason)
	}
}

func TestAVoidEventHasNoResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	due := w.later(61 * time.Minute)
	e = w.freeze(due, e)
	if _, err := due.Void(context.Background(), e.ID, 0); !errors.Is(err, lottery.ErrNotDrawn) {
		t.Errorf("void when the draw is due: %v", err)
	}
	must(t, second(w.later(7*24*time.Hour+61*time.Minute).Void(context.Background(), e.ID, 0)))
	got := w.read(due, e)
	if got.Status != lottery.Canceled || got.Reason != lottery.ReasonVoid || got.Result != nil {
		t.Errorf("%+v", got)
	}
	if _, done, err := w.draw(due, e); err != nil || done {
		t.Errorf("a void event was drawn: %v, %v", done, err)
	}
}

func TestClaimsDoNotOverlapAndEndWithTheirLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	var all []lottery.EventID
	for range 5 {
		all = append(all, w.hourAhead().ID)
	}
	if c, err := w.store.Claim(ctx, 10); err != nil || len(c.Events) != 0 {
		t.Fatalf("claimed %d before anything was due, %v", len(c.Events), err)
	}
	due := w.later(time.Hour)
	first, err := due.Claim(ctx, 3)
	must(t, err)
	second, err := due.Claim(ctx, 10)
	must(t, err)
	if third, err := due.Claim(ctx, 10); err != nil || len(third.Events) != 0 {
		t.Errorf("claimed what others hold: %v %v", third.Events, err)
	}
	got := slices.Concat(first.Events, second.Events)
	order := func(a, b lottery.EventID) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(got, order)
	slices.SortFunc(all, order)
	if len(first.Events) != 3 || !slices.Equal(got, all) {
		t.Errorf("claims %v and %v of %v", first.Events, second.Events, all)
	}
	must(t, due.Extend(ctx, first, first.Events[:1]))
	must(t, due.Extend(ctx, first, second.Events[:1])) // not his: nothing happens
	must(t, due.Release(ctx, first, second.Events))
	if none, err := due.Claim(ctx, 10); err != nil || len(none.Events) != 0 {
		t.Errorf("somebody else could release %v, %v", none.Events, err)
	}
	must(t, due.Release(ctx, first, first.Events[2:]))
	if freed, err := due.Claim(ctx, 10); err != nil || len(freed.Events) != 1 || freed.Events[0] != first.Events[2] {
		t.Errorf("released %v, then claimed %v, %v", first.Events[2:], freed.Events, err)
	}
	lapsed, err := w.later(time.Hour+store.Lease+time.Second).Claim(ctx, 10)
	if err != nil || len(lapsed.Events) != 5 {
		t.Errorf("%d events after the leases ended, %v", len(lapsed.Events), err)
	}
}

func TestWhatFailsComesBackLaterAndLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	e := w.hourAhead()
	at := time.Hour
	for i, pause := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		s := w.later(at)
		c, err := s.Claim(ctx, 1)
		if err != nil || len(c.Events) != 1 {
			t.Fatalf("failure %d: claimed %v, %v", i, c.Events, err)
		}
		before, _ := s.Now(ctx)
		must(t, s.PutBack(ctx, c, e.ID, strings.Repeat("奖", 400)))
		after, _ := s.Now(ctx)
		var next int64
		testdb.Row(t, w.dsn, `SELECT next_at_ms FROM events WHERE id = ?`, []any{e.ID[:]}, &next)
		if at := time.UnixMilli(next); at.Before(before.Add(pause*time.Second)) || at.After(after.Add(pause*time.Second)) {
			t.Errorf("failure %d is tried again after %s", i, at.Sub(before))
		}
		if attempts, reason := w.trouble(e); attempts != i+1 || len([]rune(reason)) != 300 {
			t.Errorf("failure %d: %d attempts, %d runes", i, attempts, len([]rune(reason)))
		}
		at += pause*time.Second + 500*time.Millisecond
	}
	s := w.later(at)
	must(t, lock(s, e, time.Second))
	if attempts, reason := w.trouble(e); attempts != 0 || reason != "" {
		t.Errorf("after a success: %d %q", attempts, reason)
	}
	other, err := s.Claim(ctx, 1)
	must(t, err)
	must(t, s.PutBack(ctx, store.Claim{}, e.ID, "somebody else's"))
	if attempts, _ := w.trouble(e); attempts != 0 {
		t.Errorf("put back by one who does not hold it (held %v)", other.Events)
	}
}

// trouble is how often in a row the work on an event failed, and why the last time.
func (w *world) trouble(e *lottery.Event) (attempts int, reason string) {
	w.t.Helper()
	testdb.Row(w.t, w.dsn, `SELECT attempts, COALESCE(last_error, '') FROM events WHERE id = ?`, []any{e.ID[:]}, &attempts, &reason)
	return attempts, reason
}

func TestTheFrozenListIsTheParticipantsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead(lottery.Prize{Name: "Cup", Quantity: 600})
	var want vdraw.List
	var tickets []vdraw.Ticket
	for _, name := range names(600) {
		ticket, _ := w.keys.Ticket(e.KeyVersion, e.ID, name)
		tickets = append(tickets, ticket)
	}
	w.join(e, names(600)...)
	slices.SortFunc(tickets, func(a, b vdraw.Ticket) int { return slices.Compare(a[:], b[:]) })
	for _, ticket := range tickets {
		must(t, want.Add(ticket))
	}
	due := w.later(61 * time.Minute)
	e = w.freeze(due, e)
	if e.Record.Count != 600 || e.Record.Root != want.Root() {
		t.Fatalf("count %d, root %s; want %s", e.Record.Count, e.Record.Root, want.Root())
	}
	positions := make([]uint64, 600)
	for i := range positions {
		positions[i] = uint64((i * 7) % 600)
	}
	entries, err := due.Entries(context.Background(), e, positions)
	must(t, err)
	for i, entry := range entries {
		if entry.Ticket != tickets[positions[i]] || entry.Place != i+1 || entry.User == (lottery.UserID{}) {
			t.Fatalf("entry %d: %+v, want ticket %s", i, entry, tickets[positions[i]])
		}
	}
}

// TestAListChangedAfterTheFreezeIsNotDrawn edits participants behind the store's back, as somebody with the database could.
func TestAListChangedAfterTheFreezeIsNotDrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const long, short = 300, 10 // two pages, one page
	for _, c := range []struct {
		what, statement string
		lengths         []int
	}{
		{"a participant taken out", `DELETE FROM participants WHERE event_id = ? AND user_id = (SELECT id FROM users WHERE HEX(openid) = '757365722D33')`, []int{long, short}},
		{"a participant put in", `INSERT INTO participants (event_id, ticket, user_id, joined_at) SELECT id, SUBSTR(prev, 1, 16), owner_id, 1 FROM events WHERE id = ?`, []int{long, short}},
		{"a page rewritten", `UPDATE list_pages SET hash = (SELECT manifest_digest FROM events WHERE id = event_id) WHERE event_id = ? AND page = 0`, []int{long}},
		{"a page moved", `UPDATE list_pages SET first_ticket = X'00000000000000000000000000000001' WHERE event_id = ? AND page = 1`, []int{long}},
		{"a page taken out", `DELETE FROM list_pages WHERE event_id = ? AND page = 1`, []int{long}},
		{"another count", `UPDATE events SET list_count = list_count + 1 WHERE id = ?`, []int{long, short}},
		{"another root", `UPDATE events SET list_root = lock_digest WHERE id = ?`, []int{long, short}},
	} {
		for _, n := range c.lengths {
			e := w.hourAhead(lottery.Prize{Name: "Cup", Quantity: n})
			w.join(e, names(n)...)
			due := w.later(61 * time.Minute)
			e = w.freeze(due, e)
			must(t, testdb.Exec(t, w.dsn, c.statement, e.ID[:]))
			changed := w.read(due, e)
			if lists, err := due.ShortLists(context.Background(), short1(changed)); err != nil || len(lists) > 0 {
				t.Errorf("%s of %d: read as a short list, %v", c.what, n, err)
			}
			if _, done, err := w.draw(due, changed); done || !errors.Is(err, lottery.ErrRecord) {
				t.Errorf("%s of %d: drawn %v, %v", c.what, n, done, err)
			}
		}
	}
}

// short1 is what of one event ShortLists may be asked for.
func short1(e *lottery.Event) []*lottery.Event {
	if store.IsShort(e) {
		return []*lottery.Event{e}
	}
	return nil
}

// TestShortListsAreReadAtOnce compares them with what Entries reads one by one.
func TestShortListsAreReadAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	due := w.later(61 * time.Minute)
	var events []*lottery.Event
	for _, n := range []int{0, 1, 7, 256, 257} {
		e := w.hourAhead()
		w.join(e, names(n)...)
		if e = w.freeze(due, e); store.IsShort(e) != (n <= 256) {
			t.Errorf("a list of %d is short: %v", n, store.IsShort(e))
		}
		if store.IsShort(e) {
			events = append(events, e)
		}
	}
	lists, err := due.ShortLists(context.Background(), events)
	must(t, err)
	for _, e := range events {
		positions := make([]uint64, e.Record.Count)
		for i := range positions {
			positions[i] = uint64(i)
		}
		want, err := due.Entries(context.Background(), e, positions)
		must(t, err)
		got := lists[e.ID]
		for i := range got {
			got[i].Place = i + 1
		}
		if !slices.Equal(got, want) || len(got) != int(e.Record.Count) {
			t.Errorf("a list of %d: %v, want %v", e.Record.Count, got, want)
		}
	}
	if lists, err := due.ShortLists(context.Background(), nil); err != nil || len(lists) != 0 {
		t.Error(lists, err)
	}
}

// TestADrawFromAnotherRecordIsNotStored lets the lock record change between the draw and its storing.
func TestADrawFromAnotherRecordIsNotStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	w.join(e, "alice")
	due := w.later(61 * time.Minute)
	e = w.freeze(due, e)
	must(t, testdb.Exec(t, w.dsn, `UPDATE events SET lock_digest = manifest_digest WHERE id = ?`, e.ID[:]))
	if _, done, err := w.draw(due, e); err != nil || done {
		t.Errorf("stored %v, %v", done, err)
	}
	if winners, err := due.Winners(context.Background(), e.ID, 0, 10); err != nil || len(winners) != 0 {
		t.Errorf("%d winners, %v", len(winners), err)
	}
}

func TestARowThatJoinedAfterTheLockStopsTheFreeze(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	w.join(e, "alice")
	must(t, testdb.Exec(t, w.dsn, `UPDATE participants SET joined_at = ? WHERE event_id = ?`, e.LockAt.Unix(), e.ID[:]))
	if _, err := w.store.List(context.Background(), e, nil); err == nil {
		t.Error("a row from after the lock was listed")
	}
}

func TestAUsersEventsNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	var events []*lottery.Event
	for i := range 7 {
		e := w.hourAhead(lottery.Prize{Name: "Cup", Quantity: 1})
		events = append(events, e)
		if _, _, err := w.store.Join(ctx, e.ID, w.entrant("alice", e), false, time.Now().Add(time.Duration(i/2)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := w.store.Cancel(ctx, events[3].ID, w.owner, true)
	must(t, err)
	due := w.later(61 * time.Minute)
	for _, e := range events[4:] {
		_, _, err := w.draw(due, w.freeze(due, e))
		must(t, err)
	}
	alice := w.user("alice")
	for _, c := range []struct {
		role store.Role
		user lottery.UserID
		want int
	}{{store.Created, w.owner, 6}, {store.Joined, alice, 7}, {store.Won, alice, 3}, {store.Created, alice, 0}, {store.Won, w.owner, 0}} {
		whole, next, _, err := due.Events(ctx, c.user, c.role, store.Cursor{}, 50)
		if err != nil || len(whole) != c.want || !next.IsZero() {
			t.Errorf("%s: %d events, more %v, %v", c.role, len(whole), !next.IsZero(), err)
		}
		var paged []*lottery.Event
		for cursor, first := (store.Cursor{}), true; first || !cursor.IsZero(); first = false {
			page, next, _, err := due.Events(ctx, c.user, c.role, cursor, 2)
			must(t, err)
			paged, cursor = append(paged, page...), next
		}
		if diff := cmp.Diff(whole, paged, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: in pages it is another list: %s", c.role, diff)
		}
		for _, e := range whole {
			if len(e.Prizes) != 1 {
				t.Errorf("%s: an event without its prizes", c.role)
			}
		}
	}
	created, _, _, _ := due.Events(ctx, w.owner, store.Created, store.Cursor{}, 50)
	if created[0].ID != events[6].ID {
		t.Error("the newest is not first")
	}
}

func TestPartsAndWinnersSayWhoWonWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	e, other := w.hourAhead(lottery.Prize{Name: "Cup", Quantity: 5}), w.hourAhead()
	w.join(e, "alice", "bob", "carol")
	must(t, w.store.Rename(ctx, w.user("bob"), "鲍勃", false))
	due := w.later(61 * time.Minute)
	drawn, done, err := w.draw(due, w.freeze(due, e))
	if err != nil || !done || len(drawn) != 3 {
		t.Fatal(drawn, done, err)
	}
	places := map[vdraw.Ticket]int{}
	for _, x := range drawn {
		places[x.Ticket] = x.Place
	}
	first, err := due.Winners(ctx, e.ID, 0, 2)
	must(t, err)
	rest, err := due.Winners(ctx, e.ID, first[1].Place, 2)
	must(t, err)
	named := 0
	for i, x := range slices.Concat(first, rest) {
		if x.Place != i+1 || places[x.Ticket] != x.Place || x.User != (lottery.UserID{}) {
			t.Errorf("winner %d: %+v", i, x)
		}
		if x.Name == "鲍勃" {
			named++
		}
	}
	if len(rest) != 1 || named != 1 {
		t.Errorf("%d on the second page, %d with a name", len(rest), named)
	}
	tickets := map[lottery.EventID]vdraw.Ticket{}
	for _, x := range []*lottery.Event{e, other} {
		tickets[x.ID], _ = w.keys.Ticket(x.KeyVersion, x.ID, "bob")
	}
	parts, err := due.Parts(ctx, w.user("bob"), tickets)
	must(t, err)
	if p := parts[e.ID]; p.Joined == nil || p.Joined.Ticket != tickets[e.ID] || p.Place != places[tickets[e.ID]] || p.Place == 0 {
		t.Errorf("%+v", p)
	}
	if p := parts[other.ID]; p.Joined != nil || p.Place != 0 {
		t.Errorf("a part in an event he is not in: %+v", p)
	}
}
