package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/api"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// inbox reads a whole list, some events at a time. Every page has the same total.
func inbox(t *testing.T, c *servicetest.Client, token, role string) (unread map[string]bool, total int) {
	t.Helper()
	unread, total = map[string]bool{}, -1
	for cursor := ""; ; {
		var page eventList
		c.Call("GET /events?limit=4&role="+role+"&cursor="+cursor, token, nil).Want(t, role, 200, "").Into(t, &page)
		if page.Unread == nil || total >= 0 && *page.Unread != total {
			t.Fatalf("%s: a page has the total %v, another one %d", role, page.Unread, total)
		}
		total = *page.Unread
		for _, e := range page.Events {
			unread[e.ID] = e.Me.Unread
		}
		if cursor = page.Next; cursor == "" {
			return unread, total
		}
	}
}

func (b *bench) drawn(t *testing.T, quantity int, names ...string) string {
	t.Helper()
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: quantity})
	b.Join(e, names...)
	b.finish(t, e, 61*time.Minute, true)
	return e.ID.String()
}

func TestWhatHasEndedIsUnreadUntilItIsRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	alice, bob := b.Token("alice"), b.Token("bob")
	state := map[string]bool{} // of all that alice joined: whether it has ended
	for range 3 {
		state[b.drawn(t, 9, "alice", "bob")] = true
	}
	canceled := b.Event("owner", time.Hour, pot)
	open, locked := b.Event("owner", time.Hour, pot), b.Event("owner", time.Hour, pot)
	for _, e := range []*lottery.Event{canceled, open, locked} {
		b.Join(e, "alice", "bob")
	}
	_, _, err := b.Store.Cancel(context.Background(), canceled.ID, b.User("owner"), false)
	must(t, err)
	b.finish(t, locked, 61*time.Minute, false)
	state[canceled.ID.String()], state[open.ID.String()], state[locked.ID.String()] = true, false, false
	c := b.at(62 * time.Minute)

	check := func(when, token string, joined, won int) {
		t.Helper()
		unread, total := inbox(t, c, token, "joined")
		n := 0
		for id, is := range unread {
			if is {
				n++
			}
			if ended, there := state[id]; !there || is && !ended {
				t.Errorf("%s: %s is unread %t", when, id, is)
			}
			var e eventView
			if c.Call("GET /events/"+id, token, nil).Want(t, when, 200, "").Into(t, &e); e.Me.Unread != is {
				t.Errorf("%s: %s is unread %t in the list, and %t by itself", when, id, is, e.Me.Unread)
			}
		}
		if len(unread) != 6 || total != joined || n != joined {
			t.Errorf("%s: of %d joined %d are unread, and the total is %d, want %d", when, len(unread), n, total, joined)
		}
		unread, total = inbox(t, c, token, "won")
		if len(unread) != 3 || total != won {
			t.Errorf("%s: of %d won %d are unread, want %d", when, len(unread), total, won)
		}
	}
	check("before", alice, 4, 3)
	left := 4
	for id, ended := range state {
		if !ended {
			c.Call("POST /events/"+id+"/read", alice, nil).Want(t, "not ended", 409, "not_drawn_yet")
			continue
		}
		for range 3 {
			c.Call("POST /events/"+id+"/read", alice, nil).Want(t, "read", 204, "")
		}
		left--
		if unread, total := inbox(t, c, alice, "joined"); total != left || unread[id] {
			t.Errorf("%d are unread of %d, the one just read: %t", total, left, unread[id])
		}
	}
	check("alice, all read", alice, 0, 0)
	check("bob, who has read nothing", bob, 4, 3)
}

func TestOnlyWhatWasWonIsUnreadAmongIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 3 {
		b.drawn(t, 1, "alice", "bob")
	}
	c := b.at(62 * time.Minute)
	sum := 0
	for _, name := range []string{"alice", "bob"} {
		won, total := inbox(t, c, b.Token(name), "won")
		_, joined := inbox(t, c, b.Token(name), "joined")
		if len(won) != total || joined != 3 {
			t.Errorf("%s: %d won, %d of them unread, of all %d", name, len(won), total, joined)
		}
		sum += total
	}
	if sum != 3 {
		t.Errorf("%d prizes", sum)
	}
}

func TestAnOrganisersOwnListHasNothingUnread(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.drawn(t, 1, "alice")
	owner := b.Token("owner")
	for _, query := range []string{"", "?role=created"} {
		a := b.Call("GET /events"+query, owner, nil).Want(t, query, 200, "")
		var list eventList
		a.Into(t, &list)
		if list.Unread != nil || len(list.Events) != 1 || list.Events[0].Me.Unread {
			t.Errorf("%q: %s", query, a.Text)
		}
	}
	if b.get(t, id, owner).Me.Unread {
		t.Error("his own event is unread")
	}
	var list eventList
	b.Call("GET /events?role=joined", b.Token("nobody"), nil).Want(t, "a list of nothing", 200, "").Into(t, &list)
	if list.Unread == nil || *list.Unread != 0 {
		t.Errorf("%v", list.Unread)
	}
}

func TestReadingIsRefusedForAReason(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, pot)
	b.Join(e, "alice")
	path := "POST /events/" + e.ID.String() + "/read"
	alice := b.Token("alice")
	refused := func(when string, c *servicetest.Client, ofAlice string) {
		t.Helper()
		status := 409
		if ofAlice == "" {
			status = 204
		}
		c.Call(path, alice, nil).Want(t, when+": a participant", status, ofAlice)
		c.Call(path, b.Token("stranger"), nil).Want(t, when+": one who has not joined", 404, "not_joined")
		c.Call(path, b.Token("owner"), nil).Want(t, when+": the organiser", 404, "not_joined")
		c.Call(path, "", nil).Want(t, when+": nobody", 401, "login_required")
		c.Call(path, "bad", nil).Want(t, when+": a bad token", 401, "login_required")
		for _, nothing := range []string{"x", lottery.NewEventID().String(), e.ID.String() + "A"} {
			c.Call("POST /events/"+nothing+"/read", alice, nil).Want(t, when+": of nothing", 404, "event_not_found")
		}
	}
	refused("open", b.Client, "not_drawn_yet")
	refused("open, by the clock over", b.at(2*time.Hour), "not_drawn_yet")
	b.finish(t, e, 61*time.Minute, false)
	refused("locked", b.at(61*time.Minute), "not_drawn_yet")
	b.open(t, e, 61*time.Minute)
	refused("drawn", b.at(62*time.Minute), "")
	b.Call("GET /events/"+e.ID.String()+"/read", alice, nil).Want(t, "another method", 405, "method_not_allowed")
}

// Whoever reads before the end has read nothing of it.
func TestWhatWasRefusedBeforeTheEndIsUnreadAfterIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, pot)
	b.Join(e, "alice")
	alice := b.Token("alice")
	b.Call("POST /events/"+e.ID.String()+"/read", alice, nil).Want(t, "too early", 409, "not_drawn_yet")
	_, _, err := b.Store.Cancel(context.Background(), e.ID, b.User("owner"), true)
	must(t, err)
	if _, total := inbox(t, b.Client, alice, "joined"); total != 1 || !b.get(t, e.ID.String(), alice).Me.Unread {
		t.Errorf("%d unread", total)
	}
	b.Call("POST /events/"+e.ID.String()+"/read", alice, nil).Want(t, "deleted by its organiser", 204, "")
	if _, total := inbox(t, b.Client, alice, "joined"); total != 0 || b.get(t, e.ID.String(), alice).Me.Unread {
		t.Errorf("%d unread", total)
	}
}

func TestAVoidEventIsUnreadToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.provable(time.Hour, pot)
	b.Join(e, "alice")
	b.finish(t, e, time.Hour-30*time.Second, false)
	week := time.Hour + lottery.VoidAfter + time.Minute
	_, err := b.Later(week).Void(context.Background(), e.ID, 0)
	must(t, err)
	c, alice := b.at(week), b.Token("alice")
	if _, total := inbox(t, c, alice, "joined"); total != 1 {
		t.Errorf("%d unread", total)
	}
	c.Call("POST /events/"+e.ID.String()+"/read", alice, nil).Want(t, "read", 204, "")
	if _, total := inbox(t, c, alice, "joined"); total != 0 {
		t.Errorf("%d unread", total)
	}
}

// Leaving takes the mark along: who comes back has not read what then happens.
func TestWhoLeftHasNothingUnread(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	e := b.create(t, b.user(t, "owner"))
	must(t, b.joinAs(t, e.ID, "alice", false, 0))
	must(t, testdb.Exec(t, b.DSN, "DELETE FROM participants"))
	b.Call("POST /events/"+e.ID+"/cancel", b.Token("owner"), nil).Want(t, "cancel", 200, "")
	alice := b.Token("alice")
	if _, total := inbox(t, b.Client, alice, "joined"); total != 0 {
		t.Errorf("%d unread", total)
	}
	b.Call("POST /events/"+e.ID+"/read", alice, nil).Want(t, "read", 404, "not_joined")
}

func TestManyReadAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var names []string
	for i := range 8 {
		names = append(names, fmt.Sprint("user-", i))
	}
	id := b.drawn(t, 3, names...)
	done := make(chan int)
	for _, name := range names {
		token := b.Token(name)
		for range 3 {
			go func() { done <- b.Call("POST /events/"+id+"/read", token, nil).Status }()
		}
	}
	for range 3 * len(names) {
		if status := <-done; status != 204 {
			t.Errorf("%d", status)
		}
	}
	if n := b.count(t, "SELECT COUNT(*) FROM participants WHERE seen = 0"); n != 0 {
		t.Errorf("%d unread", n)
	}
}

// TestAnEndThatCameMeanwhileIsNotUnreadYet is about an event that was read before its draw and its participant after it.
func TestAnEndThatCameMeanwhileIsNotUnreadYet(t *testing.T) {
	t.Parallel()
	for status, want := range map[lottery.Status]bool{
		lottery.Init: false, lottery.Opening: false, lottery.Opened: true, lottery.Canceled: true,
	} {
		if got := me(&lottery.Event{Status: status}, api.Caller{}, store.Part{Unread: true}).Unread; got != want {
			t.Errorf("%s: unread %v", status, got)
		}
	}
}
