package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// crowd fills an event with n participants and freezes it. The tickets are returned in order.
func (w *world) crowd(n int) (*lottery.Event, []vdraw.Ticket) {
	w.t.Helper()
	e := w.hourAhead()
	tickets := make([]vdraw.Ticket, n)
	for i := range tickets {
		tickets[i] = vdraw.NewTicket([]byte("crowd"), e.ID, string(binary.BigEndian.AppendUint32(nil, uint32(i))))
	}
	slices.SortFunc(tickets, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })
	w.insert(e, tickets)
	return w.freeze(w.later(time.Hour-30*time.Second), e), tickets
}

func (w *world) insert(e *lottery.Event, tickets []vdraw.Ticket) {
	w.t.Helper()
	db := testdb.Connect(w.t, w.dsn)
	defer db.Close()
	tx, err := db.Begin()
	must(w.t, err)
	defer tx.Rollback()
	for some := range slices.Chunk(tickets, 500) {
		var args []any
		for _, t := range some {
			args = append(args, e.ID[:], t[:], t[:], e.CreatedAt.Unix())
		}
		_, err := tx.Exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at) VALUES (?, ?, ?, ?)`+
			strings.Repeat(", (?, ?, ?, ?)", len(some)-1), args...)
		must(w.t, err)
	}
	must(w.t, tx.Commit())
}

func TestAPlaceInAListIsFoundAndProven(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 256, 257, 600} {
		w := newWorld(t)
		e, tickets := w.crowd(n)
		w.mustProve(e, tickets, 0, 1, 255, 256, n-1)
	}
}

// A list of more than 65,536 has sections above its pages.
func TestAPlaceInALongListCostsOnePageAndOneSection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, tickets := w.crowd(65_536 + 700)
	w.mustProve(e, tickets, 0, 255, 256, 65_535, 65_536, len(tickets)-1)

	ctx, s := context.Background(), w.store
	mine, other := tickets[70], tickets[65_600]
	// What is not on the way is not read: it may even be wrong.
	must(t, testdb.Exec(t, w.dsn, `UPDATE list_pages SET hash = X'`+hex(32)+`' WHERE page = 257`))
	must(t, testdb.Exec(t, w.dsn, `DELETE FROM participants WHERE event_id = ? AND ticket = ?`, e.ID[:], tickets[300][:]))
	if _, err := s.PlaceOf(ctx, e, mine); err != nil {
		t.Errorf("%v, although nothing on its way was changed", err)
	}
	if _, err := s.PlaceOf(ctx, e, other); !errors.Is(err, lottery.ErrRecord) {
		t.Errorf("a changed page of its section: %v", err)
	}
	if _, err := s.PlaceOf(ctx, e, tickets[301]); !errors.Is(err, lottery.ErrRecord) {
		t.Errorf("a participant of its page is gone: %v", err)
	}
	must(t, testdb.Exec(t, w.dsn, `UPDATE list_sections SET hash = X'`+hex(32)+`' WHERE section = 1`))
	if _, err := s.PlaceOf(ctx, e, mine); !errors.Is(err, lottery.ErrRecord) {
		t.Errorf("a changed section: %v", err)
	}
}

func TestAListFrozenBeforeThereWereSectionsIsProvenFromItsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, tickets := w.crowd(65_536 + 1)
	must(t, testdb.Exec(t, w.dsn, `DELETE FROM list_sections`))
	w.mustProve(e, tickets, 3, 65_536)
}

func (w *world) mustProve(e *lottery.Event, tickets []vdraw.Ticket, indexes ...int) {
	w.t.Helper()
	ctx, r := context.Background(), e.Record
	var positions []uint64
	for _, i := range indexes {
		if i < 0 || i >= len(tickets) {
			continue
		}
		positions = append(positions, uint64(i))
		place, err := w.store.PlaceOf(ctx, e, tickets[i])
		if err != nil || place.Index != uint64(i) || !vdraw.VerifyPath(r.Root, r.Count, place.Index, tickets[i], place.Path) {
			w.t.Errorf("ticket %d of %d: %+v, %v", i, len(tickets), place, err)
		}
	}
	paths, err := w.store.Paths(ctx, e, positions)
	if err != nil || len(paths) != len(positions) {
		w.t.Fatalf("%d paths, %v", len(paths), err)
	}
	for k, p := range positions {
		if !vdraw.VerifyPath(r.Root, r.Count, p, tickets[p], paths[k]) {
			w.t.Errorf("path of %d of %d", p, len(tickets))
		}
	}
	for _, stranger := range []vdraw.Ticket{{}, {0x7f}, vdraw.Ticket(bytes.Repeat([]byte{0xff}, 16))} {
		if _, err := w.store.PlaceOf(ctx, e, stranger); !errors.Is(err, lottery.ErrNotJoined) {
			w.t.Errorf("a ticket that is not in the list: %v", err)
		}
	}
}

func TestTheListIsReadFromAnyPosition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, tickets := w.crowd(700)
	all := slices.Concat(bytesOf(tickets)...)
	for _, from := range []uint64{0, 1, 255, 256, 511, 699, 700, 5000} {
		for _, limit := range []int{1, 256, 300, 65536} {
			got, err := w.store.Tickets(context.Background(), e, from, limit)
			must(t, err)
			begin := min(int(from)*16, len(all))
			if want := all[begin:min(begin+limit*16, len(all))]; !bytes.Equal(got, want) {
				t.Errorf("from %d, %d: %d bytes, want %d", from, limit, len(got), len(want))
			}
		}
	}
	must(t, testdb.Exec(t, w.dsn, `DELETE FROM participants WHERE event_id = ? AND ticket = ?`, e.ID[:], tickets[600][:]))
	if _, err := w.store.Tickets(context.Background(), e, 512, 200); !errors.Is(err, lottery.ErrRecord) {
		t.Errorf("a list with a gap: %v", err)
	}
}

func bytesOf(tickets []vdraw.Ticket) [][]byte {
	all := make([][]byte, len(tickets))
	for i := range tickets {
		all[i] = tickets[i][:]
	}
	return all
}

func TestAnOrganisersChainIsPublicWithoutItsEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	if _, err := w.store.Chain(ctx, w.user("nobody").Organiser(), 0, 10); !errors.Is(err, lottery.ErrNoOrganiser) {
		t.Errorf("a user without events: %v", err)
	}
	var events []*lottery.Event
	for range 5 {
		events = append(events, w.hourAhead())
	}
	s := w.later(2 * time.Hour)
	w.mustDraw(s, w.freeze(s, events[0]))
	_, _, err := w.store.Cancel(ctx, events[1].ID, w.owner, true) // hidden from his lists, and here all the same
	must(t, err)
	s = w.later(8 * 24 * time.Hour)
	w.freeze(s, events[2])
	must(t, second(s.Void(ctx, events[2].ID, 0)))
	late := w.event(time.Hour, provable())
	w.freezeBeacon(s, late)
	want := []store.Link{
		{6, late.Manifest, store.StillOpen, true},
		{5, events[4].Manifest, store.StillOpen, false},
		{4, events[3].Manifest, store.StillOpen, false},
		{3, events[2].Manifest, store.WasVoid, false},
		{2, events[1].Manifest, store.WasCanceled, false},
		{1, events[0].Manifest, store.Drawn, false},
	}
	got, err := w.store.Chain(ctx, w.owner.Organiser(), 0, 3)
	must(t, err)
	rest, err := w.store.Chain(ctx, w.owner.Organiser(), got[len(got)-1].Seq, 10)
	must(t, err)
	if all := append(got, rest...); !slices.Equal(all, want) {
		t.Errorf("%+v", all)
	}
	if none, err := w.store.Chain(ctx, w.owner.Organiser(), 1, 10); err != nil || len(none) > 0 {
		t.Errorf("before the first: %v, %v", none, err)
	}
}

func (w *world) mustDraw(s *store.Store, e *lottery.Event) {
	w.t.Helper()
	if _, done, err := w.draw(s, e); err != nil || !done {
		w.t.Fatalf("done %v, %v", done, err)
	}
}

func TestAnOriginIsReadOnceAndThenKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, e := context.Background(), w.hourAhead()
	if _, err := w.store.Origin(ctx, lottery.EventID{9}); !errors.Is(err, lottery.ErrNotFound) {
		t.Errorf("no event: %v", err)
	}
	want := store.Origin{Manifest: e.Manifest, KeyVersion: e.KeyVersion}
	for range 2 {
		if got, err := w.store.Origin(ctx, e.ID); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		must(t, testdb.Exec(t, w.dsn, `UPDATE events SET key_version = 7 WHERE id = ?`, e.ID[:])) // no program does: it is fixed
	}
}
