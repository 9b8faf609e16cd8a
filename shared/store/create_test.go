package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/testdb"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

func TestWhatIsCreatedIsReadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead(lottery.Prize{Name: "👨‍👩‍👧‍👦", Quantity: 3}, lottery.Prize{Name: "第二", Quantity: 100})
	got, now, err := w.store.Event(context.Background(), e.ID)
	must(t, err)
	want := *e
	want.CreatedAt = want.CreatedAt.Truncate(time.Millisecond)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
	if d := time.Since(now).Abs(); d > 5*time.Second {
		t.Errorf("the clock that came with it is %s off", d)
	}
	if _, _, err := w.store.Event(context.Background(), lottery.NewEventID()); !errors.Is(err, lottery.ErrNotFound) {
		t.Errorf("an unknown event: %v", err)
	}
}

func TestAnOwnersEventsFormAChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var wg sync.WaitGroup
	events := make([]*lottery.Event, 12)
	for i := range events {
		wg.Go(func() { events[i] = w.hourAhead() })
	}
	wg.Wait()
	bySeq := map[uint64]*lottery.Event{}
	for _, e := range events {
		bySeq[e.Seq] = e
	}
	for seq := uint64(1); seq <= 12; seq++ {
		e := bySeq[seq]
		if e == nil {
			t.Fatalf("no event has seq %d", seq)
		}
		if seq > 1 && e.Prev != bySeq[seq-1].Manifest {
			t.Errorf("event %d does not point to the one before", seq)
		}
	}
}

func TestOneIdempotencyKeyMakesOneEvent(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]func(testing.TB) *world{"READ COMMITTED": newWorld, "the server's own isolation": newPlainWorld} {
		t.Run(name, func(t *testing.T) { repeatCreation(t, world(t)) })
	}
}

func repeatCreation(t *testing.T, w *world) {
	create := func(owner lottery.UserID, key string, digest byte) (*lottery.Event, bool, error) {
		e, _, replayed, err := w.store.Create(context.Background(), store.Creation{
			Owner: owner, IdempotencyKey: key, Digest: [32]byte{digest},
			Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
				d := lottery.Draft{Title: "x", DrawAt: now.Add(time.Hour).Truncate(time.Second), Prizes: []lottery.Prize{{Name: "p", Quantity: 1}}}
				return d.Event(lottery.NewEventID(), place, now, terms, w.keys)
			},
		})
		return e, replayed, err
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	ids, fresh := map[lottery.EventID]int{}, 0
	for range 20 {
		wg.Go(func() {
			e, replayed, err := create(w.owner, "key", 1)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[e.ID]++
			if !replayed {
				fresh++
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || fresh != 1 {
		t.Errorf("%d events, %d of them fresh", len(ids), fresh)
	}
	if _, _, err := create(w.owner, "key", 2); !errors.Is(err, lottery.ErrIdempotency) {
		t.Errorf("another request under the key: %v", err)
	}
	other, replayed, err := create(w.user("another"), "key", 1)
	if err != nil || replayed || ids[other.ID] != 0 {
		t.Errorf("the key of another owner: replayed %v, %v", replayed, err)
	}
	e, replayed, err := create(w.owner, "", 1)
	if err != nil || replayed || e.Seq != 2 {
		t.Errorf("no key: seq %d, replayed %v, %v", e.Seq, replayed, err)
	}
}

func TestARefusedCreationLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refusal := errors.New("no")
	_, _, _, err := w.store.Create(context.Background(), store.Creation{
		Owner: w.owner, IdempotencyKey: "k",
		Make: func(lottery.Place, time.Time) (*lottery.Event, error) { return nil, refusal },
	})
	if !errors.Is(err, refusal) {
		t.Fatal(err)
	}
	_, _, _, err = w.store.Create(context.Background(), store.Creation{Owner: lottery.NewUserID()})
	if fault.From(err).Code != "login_required" {
		t.Errorf("an owner who is not there: %v", err)
	}
	if e := w.hourAhead(); e.Seq != 1 {
		t.Errorf("seq %d: the refused creation took a place", e.Seq)
	}
}

func TestOneOpenIDIsOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	ids, fresh := map[lottery.UserID]bool{}, 0
	for range 20 {
		wg.Go(func() {
			id, isNew, err := w.store.UserByOpenID(context.Background(), "1e5") // looks like a number
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[id] = true
			if isNew {
				fresh++
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || fresh != 1 {
		t.Errorf("%d users, %d of them new", len(ids), fresh)
	}
	if other := w.user("100000"); ids[other] {
		t.Error("two openids are one user")
	}
	must(t, w.store.Rename(context.Background(), w.owner, "小明", false))
	if err := w.store.Rename(context.Background(), lottery.NewUserID(), "x", false); err == nil {
		t.Error("a user that does not exist was renamed")
	}
}

// TestTheSchemaRefusesWhatTheCodePromisesNotToDo writes behind the store's back what no rule allows.
func TestTheSchemaRefusesWhatTheCodePromisesNotToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.hourAhead()
	w.join(e, "alice")
	user := w.user("alice")
	for what, statement := range map[string]string{
		"an unknown status":              `UPDATE events SET status = 5 WHERE id = ?`,
		"opening that is never due":      `UPDATE events SET status = 1, next_at_ms = NULL WHERE id = ?`,
		"opened without a result":        `UPDATE events SET status = 2, next_at_ms = NULL WHERE id = ?`,
		"canceled without an instant":    `UPDATE events SET status = 9, cancel_reason = 'owner', next_at_ms = NULL WHERE id = ?`,
		"canceled without a reason":      `UPDATE events SET status = 9, canceled_at_ms = 1, next_at_ms = NULL WHERE id = ?`,
		"canceled for an unknown reason": `UPDATE events SET status = 9, canceled_at_ms = 1, cancel_reason = 'mood', next_at_ms = NULL WHERE id = ?`,
		"canceled and still due":         `UPDATE events SET status = 9, canceled_at_ms = 1, cancel_reason = 'owner' WHERE id = ?`,
		"half a lock record":             `UPDATE events SET status = 1, list_count = 1 WHERE id = ?`,
		"a lock after the draw":          `UPDATE events SET lock_at_ms = draw_at_ms WHERE id = ?`,
		"an eleventh prize":              `INSERT INTO prizes (event_id, position, name, quantity) VALUES (?, 11, 'x', 1)`,
		"a prize of nothing":             `INSERT INTO prizes (event_id, position, name, quantity) VALUES (?, 3, 'x', 0)`,
		"a prize twice":                  `INSERT INTO prizes (event_id, position, name, quantity) VALUES (?, 1, 'x', 1)`,
		"place 0":                        `INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms) VALUES (?, 0, '1234567890123456', '1234567890123456', 1)`,
	} {
		if err := testdb.Exec(t, w.dsn, statement, e.ID[:]); err == nil {
			t.Errorf("the schema allows %s", what)
		}
	}
	const win = `INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms) VALUES (?, ?, ?, '1234567890123456', 1)`
	must(t, testdb.Exec(t, w.dsn, win, e.ID[:], 1, user[:]))
	if err := testdb.Exec(t, w.dsn, win, e.ID[:], 2, user[:]); err == nil {
		t.Error("the schema allows a second prize for one user")
	}
	if err := testdb.Exec(t, w.dsn, win, e.ID[:], 1, w.owner[:]); err == nil {
		t.Error("the schema allows two winners at one place")
	}
}
