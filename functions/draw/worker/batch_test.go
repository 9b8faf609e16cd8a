package worker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// claimAll claims what is due and reads it.
func claimAll(t *testing.T, w *Worker) *claimed {
	t.Helper()
	c, err := w.store.Claim(context.Background(), batch)
	must(t, err)
	b, err := w.newBatch(context.Background(), c)
	must(t, err)
	return b
}

// TestNoLongListDelaysAShortOne has everything due at once that can be: draws come before locks and these before lists that
// nobody has read yet, and draws in the order of their lists' lengths.
func TestNoLongListDelaysAShortOne(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	var want []lottery.EventID
	for _, n := range []int{0, 5, 300} {
		e := s.Event("owner", time.Hour, cups(1))
		s.Join(e, names(n)...)
		want = append(want, e.ID)
	}
	must(t, newWorker(s, 59*time.Minute+30*time.Second).Tick(context.Background(), 0)) // locked and frozen
	unlocked := s.Event("owner", 61*time.Minute, cups(1))
	unread := s.Event("owner", 61*time.Minute, cups(1))
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET status = 1 WHERE id = ?`, unread.ID[:]))
	want = append(want, unlocked.ID, unread.ID)
	if got := claimAll(t, newWorker(s, 61*time.Minute)).left; !slices.Equal(got, want) {
		t.Errorf("worked on in the order %v, want %v", got, want)
	}
}

// TestTheWholeClaimIsKeptWhileWorkIsLong looks at what renewing does to the leases of events that still wait.
func TestTheWholeClaimIsKeptWhileWorkIsLong(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	for range 3 {
		s.Event("owner", time.Hour, cups(1))
	}
	b := claimAll(t, newWorker(s, time.Hour))
	if _, ok := b.take(); !ok { // one is at work, one waits, one is done
		t.Fatal("nothing to take")
	}
	b.left = b.left[1:]
	b.Worker = newWorker(s, time.Hour+store.Lease-time.Second)
	must(t, b.extend(context.Background()))
	later := s.Later(time.Hour + store.Lease + time.Second)
	c, err := later.Claim(context.Background(), batch)
	if err != nil || len(c.Events) != 1 || slices.Contains(b.held(), c.Events[0]) {
		t.Errorf("claimed %v while %v are kept, %v", c.Events, b.held(), err)
	}
}

// TestARowThatCannotBeReadStaysAlone has an event in a claim that cannot be read with the others, nor alone.
func TestARowThatCannotBeReadStaysAlone(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	bad, good := s.Event("owner", time.Hour, cups(1)), s.Event("owner", time.Hour, cups(1))
	w := newWorker(s, 61*time.Minute)
	b := claimAll(t, w)
	delete(b.events, bad.ID)
	delete(b.events, good.ID)
	gone := lottery.NewEventID()
	b.left = append(b.left, gone)
	b.work(context.Background())
	if b.steps != 3 || b.failures != 1 || len(b.held()) != 0 {
		t.Errorf("%d steps, %d failures, left %v", b.steps, b.failures, b.held())
	}
	for _, e := range []*lottery.Event{bad, good} {
		if got := read(t, s, e); got.Status != lottery.Opening {
			t.Errorf("%s", got.Status)
		}
	}
}

// TestAChangedShortListIsRefusedWithItsReason goes through the reading in advance, which leaves such a list out.
func TestAChangedShortListIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	bad, good := s.Event("owner", time.Hour, cups(1)), s.Event("owner", time.Hour, cups(1))
	s.Join(bad, names(4)...)
	s.Join(good, names(4)...)
	must(t, newWorker(s, 59*time.Minute+30*time.Second).Tick(context.Background(), 0))
	must(t, testdb.Exec(t, s.DSN, `DELETE FROM participants WHERE event_id = ? AND joined_at >= 0`, bad.ID[:]))
	must(t, newWorker(s, 61*time.Minute).Tick(context.Background(), 0))
	if got := read(t, s, good); got.Status != lottery.Opened {
		t.Errorf("the other one is %s", got.Status)
	}
	var reason string
	testdb.Row(t, s.DSN, `SELECT COALESCE(last_error, '') FROM events WHERE id = ?`, []any{bad.ID[:]}, &reason)
	if got := read(t, s, bad); got.Status != lottery.Opening || !strings.Contains(reason, lottery.ErrRecord.Error()) {
		t.Errorf("%s, %q", got.Status, reason)
	}
}

// TestRowsThatAreHeldAfterTheirClaimHoldUpNobody has somebody take the rows of two events when they are claimed already, one
// for each lane. What waits behind them is given back after a moment and done by another worker.
func TestRowsThatAreHeldAfterTheirClaimHoldUpNobody(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	s := servicetest.New(t)
	for range 20 {
		s.Event("owner", time.Hour, cups(1))
	}
	b := claimAll(t, newWorker(s, time.Hour))
	db := testdb.Connect(t, s.DSN)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	defer tx.Rollback()
	_, err = tx.Exec(`SELECT id FROM events WHERE id IN (?, ?) FOR UPDATE`, b.left[3][:], b.left[4][:])
	must(t, err)
	stuck := make(chan struct{})
	go func() {
		defer close(stuck)
		b.work(context.Background())
	}()
	locked := 0
	for end := time.Now().Add(4 * time.Second); locked < 18 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		must(t, newWorker(s, time.Hour).Tick(context.Background(), 0))
		testdb.Row(t, s.DSN, `SELECT COUNT(*) FROM events WHERE status <> 0`, nil, &locked)
	}
	select {
	case <-stuck:
		t.Error("the worker did not meet the rows that are held")
	default:
	}
	if locked != 18 {
		t.Errorf("%d of 18 events are locked while two rows are held", locked)
	}
	must(t, tx.Rollback())
	<-stuck
	must(t, newWorker(s, time.Hour+store.Lease+time.Second).Tick(context.Background(), 0))
	testdb.Row(t, s.DSN, `SELECT COUNT(*) FROM events WHERE status <> 0`, nil, &locked)
	if locked != 20 {
		t.Errorf("%d of 20 events are locked when no row is held", locked)
	}
}
