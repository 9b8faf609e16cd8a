package store_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// world is a database with a keyring and an organiser.
type world struct {
	t     testing.TB
	dsn   string
	store *store.Store
	keys  *lottery.Keyring
	owner lottery.UserID
}

var terms = lottery.Terms{LockLead: time.Minute, MinLead: 2 * time.Minute}

func newWorld(t testing.TB) *world {
	t.Helper()
	dsn := testdb.DSN(t)
	keys, err := lottery.NewKeyring(2, map[int][]byte{1: bytes.Repeat([]byte{1}, 32), 2: bytes.Repeat([]byte{2}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dsn: dsn, store: testdb.Open(t, dsn), keys: keys}
	w.owner = w.user("owner")
	return w
}

// newPlainWorld leaves isolation and lock waits as the server has them.
func newPlainWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.store = testdb.OpenPlain(t, w.dsn)
	return w
}

// later is the store as it will be when a while has passed.
func (w *world) later(d time.Duration) *store.Store { return store.ShiftClock(w.store, d) }

func (w *world) user(openid string) lottery.UserID {
	w.t.Helper()
	id, _, err := w.store.UserByOpenID(context.Background(), openid)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// entrant is a user as the join function knows him.
func (w *world) entrant(openid string, e *lottery.Event) store.Entrant {
	return store.Entrant{User: w.user(openid), Version: w.keys.Current(), Ticket: func(version int) (vdraw.Ticket, error) {
		return w.keys.Ticket(version, e.ID, openid)
	}}
}

// event makes an event whose draw is that far away (rounded up to a second).
func (w *world) event(ahead time.Duration, t lottery.Terms, prizes ...lottery.Prize) *lottery.Event {
	w.t.Helper()
	if len(prizes) == 0 {
		prizes = []lottery.Prize{{Name: "Pot", Quantity: 1}, {Name: "Cup", Quantity: 2}}
	}
	e, _, _, err := w.store.Create(context.Background(), store.Creation{
		Owner: w.owner,
		Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			drawAt := now.Add(ahead + time.Second - time.Millisecond).Truncate(time.Second)
			draft, err := lottery.Draft{Title: "🎁 Tee", DrawAt: drawAt, Prizes: prizes}.Check()
			if err != nil {
				return nil, err
			}
			return draft.Event(lottery.NewEventID(), place, now, t, w.keys)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// hourAhead is an event with plenty of time.
func (w *world) hourAhead(prizes ...lottery.Prize) *lottery.Event {
	w.t.Helper()
	return w.event(time.Hour, terms, prizes...)
}

func (w *world) join(e *lottery.Event, openids ...string) {
	w.t.Helper()
	for _, openid := range openids {
		if _, _, err := w.store.Join(context.Background(), e.ID, w.entrant(openid, e), false, time.Now()); err != nil {
			w.t.Fatalf("%s joins: %v", openid, err)
		}
	}
}

// freeze locks and freezes an event, whose lock must have come on the clock of s.
func (w *world) freeze(s *store.Store, e *lottery.Event) *lottery.Event {
	w.t.Helper()
	ctx, grace := context.Background(), lottery.Grace(e.DrawAt.Sub(e.LockAt))
	must(w.t, lock(s, e, grace))
	list, err := s.List(ctx, e, func(uint64) error { return nil })
	must(w.t, err)
	record, err := e.Freeze(list.Count(), list.Root(), w.keys, nil, time.Time{})
	must(w.t, err)
	must(w.t, second(s.Freeze(ctx, e.ID, record, list.Pages(), grace)))
	return w.read(s, e)
}

// lock locks an event as it is now.
func lock(s *store.Store, e *lottery.Event, grace time.Duration) error {
	got, now, err := s.Event(context.Background(), e.ID)
	if err != nil {
		return err
	}
	return second(s.Lock(context.Background(), got, now, grace))
}

func second[T any](_ T, err error) error { return err }

// draw draws a frozen event, whose draw must have come on the clock of s.
func (w *world) draw(s *store.Store, e *lottery.Event) ([]store.Winner, bool, error) {
	result, picks, err := e.Draw(w.keys, nil)
	if err != nil {
		return nil, false, err
	}
	winners, err := s.Entries(context.Background(), e, picks)
	if err != nil {
		return nil, false, err
	}
	done, err := s.Open(context.Background(), e, w.now(s), result, winners)
	return winners, done, err
}

func (w *world) read(s *store.Store, e *lottery.Event) *lottery.Event {
	w.t.Helper()
	got, _, err := s.Event(context.Background(), e.ID)
	must(w.t, err)
	return got
}

func (w *world) now(s *store.Store) time.Time {
	w.t.Helper()
	now, err := s.Now(context.Background())
	must(w.t, err)
	return now
}

// tickets are those in the table.
func (w *world) tickets(e *lottery.Event) map[vdraw.Ticket]bool {
	w.t.Helper()
	db := testdb.Connect(w.t, w.dsn)
	defer db.Close()
	rows, err := db.Query(`SELECT ticket FROM participants WHERE event_id = ?`, e.ID[:])
	must(w.t, err)
	defer rows.Close()
	all := map[vdraw.Ticket]bool{}
	for rows.Next() {
		var raw []byte
		must(w.t, rows.Scan(&raw))
		all[vdraw.Ticket(raw)] = true
	}
	must(w.t, rows.Err())
	return all
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("user-%d", i)
	}
	return all
}
