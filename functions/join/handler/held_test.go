package handler

import (
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
)

// TestAHeldEventIsNotThereForThoseWhoWouldJoin looks at an event that the text check holds: until it passes, nobody but its owner
// can tell it from one that does not exist.
func TestAHeldEventIsNotThereForThoseWhoWouldJoin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.event()
	must(t, testdb.Exec(t, b.DSN, `UPDATE events SET held = 1 WHERE id = ?`, e.ID[:]))
	path, owner, alice := "/join/"+e.ID.String(), b.Token("owner"), b.Token("alice")
	check := func(when string, c *servicetest.Client) {
		t.Helper()
		for range 2 { // a refusal may be remembered
			for _, method := range []string{"POST ", "GET ", "DELETE "} {
				c.Call(method+path, alice, nil).Want(t, when+": "+method, 404, "event_not_found")
			}
			c.Call("POST "+path, owner, nil).Want(t, when+": the owner joins", 403, "own_event")
			c.Call("GET "+path, owner, nil).Want(t, when+": the owner looks", 404, "not_joined")
			c.Call("DELETE "+path, owner, nil).Want(t, when+": the owner leaves", 204, "")
		}
	}
	check("open", b.Client)
	locked := b.at(59*time.Minute + 2*time.Second)
	check("when its lock has come", locked)
	later := b.Later(59*time.Minute + 2*time.Second)
	stored, now, err := later.Event(t.Context(), e.ID)
	must(t, err)
	done, err := later.Lock(t.Context(), stored, now, time.Second)
	must(t, err)
	if stored, _, err = later.Event(t.Context(), e.ID); err != nil || !done || stored.Reason != lottery.ReasonHeld {
		t.Fatalf("%v, canceled because of %q", err, stored.Reason)
	}
	check("canceled", locked)
	check("canceled, and asked anew", b.at(time.Hour))
	if n := b.rows(t, e); n != 0 {
		t.Errorf("%d participants", n)
	}
}

func TestAnEventCanBeJoinedOnceItIsPublished(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.event()
	must(t, testdb.Exec(t, b.DSN, `UPDATE events SET held = 1 WHERE id = ?`, e.ID[:]))
	path, alice := "POST /join/"+e.ID.String(), b.Token("alice")
	b.Call(path, alice, nil).Want(t, "held", 404, "event_not_found")
	done, err := b.Store.Publish(t.Context(), e.ID)
	if err != nil || !done {
		t.Fatal(done, err)
	}
	b.Call(path, alice, nil).Want(t, "published", 201, "")
	if done, err := b.Store.Publish(t.Context(), e.ID); err != nil || done {
		t.Error("published twice", err)
	}
}
