package handler

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

func TestAReceiptIsSignedAndTheSameAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e, alice := b.event(), b.Token("alice")
	path := "/join/" + e.ID.String()
	var first, again, seen participation
	b.Call("POST "+path, alice, nil).Want(t, "join", 201, "").Into(t, &first)
	b.Call("POST "+path, alice, nil).Want(t, "join again", 200, "").Into(t, &again)
	b.Call("GET "+path, alice, nil).Want(t, "look", 200, "").Into(t, &seen)
	r := first.Receipt
	if again.Receipt != r || seen.Receipt != r {
		t.Errorf("%+v, then %+v, then %+v", r, again.Receipt, seen.Receipt)
	}
	joined, err := time.Parse(time.RFC3339, first.JoinedAt)
	if err != nil || !r.Verify(e.OperatorKey[:]) || r.Manifest != e.Manifest || r.Ticket != first.Ticket || int64(r.JoinedAt) != joined.Unix() {
		t.Errorf("%+v of %+v, %v", r, first, err)
	}
	if first.Place != nil || seen.Place != nil {
		t.Error("a place in a list that is not frozen")
	}
}

// The receipt's event is read before the user is let in, so that nothing can go wrong afterwards; what cannot be read lets nobody in.
func TestNobodyIsLetInWithoutAReceipt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.event()
	must(t, testdb.Exec(t, b.DSN, `UPDATE events SET key_version = 9 WHERE id = ?`, e.ID[:]))
	b.Call("POST /join/"+e.ID.String(), b.Token("alice"), nil).Want(t, "an event of an unknown key", 500, "internal")
	if n := b.rows(t, e); n != 0 {
		t.Errorf("%d participants", n)
	}
}

func TestAfterTheLockAParticipantSeesHisPlaceAndItsProof(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.event()
	for i := range 300 {
		b.Join(e, fmt.Sprint("user-", i))
	}
	ctx, s := context.Background(), b.Later(time.Hour-30*time.Second)
	got, now, err := s.Event(ctx, e.ID)
	must(t, err)
	_, err = s.Lock(ctx, got, now, time.Second)
	must(t, err)
	list, err := s.List(ctx, e, func(uint64) error { return nil })
	must(t, err)
	record, err := e.Freeze(list.Count(), list.Root(), b.Keys, nil, now)
	must(t, err)
	_, err = s.Freeze(ctx, e.ID, record, list.Pages(), time.Second)
	must(t, err)
	tickets, err := s.Tickets(ctx, again(t, s, e), 0, 300)
	must(t, err)
	c := b.at(time.Hour - 20*time.Second)
	for _, name := range []string{"user-0", "user-150", "user-299"} {
		for _, call := range []string{"GET", "POST"} {
			var seen participation
			c.Call(call+" /join/"+e.ID.String(), b.Token(name), nil).Want(t, name, 200, "").Into(t, &seen)
			if call == "POST" {
				continue // it answers the same as before the lock
			}
			p := seen.Place
			if p == nil || !vdraw.VerifyPath(record.Root, record.Count, p.Index, seen.Ticket, p.Path) {
				t.Fatalf("%s: %+v", name, p)
			}
			if !bytes.Equal(tickets[p.Index*16:p.Index*16+16], seen.Ticket[:]) {
				t.Errorf("%s: another ticket stands at %d", name, p.Index)
			}
		}
	}
	c.Call("GET /join/"+e.ID.String(), b.Token("stranger"), nil).Want(t, "a stranger", 404, "not_joined")
}

func again(t *testing.T, s *store.Store, e *lottery.Event) *lottery.Event {
	t.Helper()
	got, _, err := s.Event(context.Background(), e.ID)
	must(t, err)
	return got
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
