package handler

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
)

var wish = map[string]bool{"notify": true}

// telling is the function where messages of a template are sent, as it will be when a while has passed.
func (b *bench) telling(template string, later time.Duration) *servicetest.Client {
	s := newServer(b.Service, b.Later(later))
	s.template = template
	return b.Serve(s.routes().Handler())
}

// credits are how many messages a user has agreed to, by template.
func (b *bench) credits(t *testing.T, user string) map[string]int {
	t.Helper()
	id, all := b.User(user), map[string]int{}
	db := testdb.Connect(t, b.DSN)
	defer db.Close()
	rows, err := db.Query(`SELECT template_id, credits FROM credits WHERE user_id = ?`, id[:])
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var template []byte
		var n int
		must(t, rows.Scan(&template, &n))
		all[string(template)] = n
	}
	must(t, rows.Err())
	return all
}

func (b *bench) wantCredits(t *testing.T, when, user string, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, b.credits(t, user)); diff != "" {
		t.Errorf("%s: %s has agreed to %s", when, user, diff)
	}
}

func TestAWishForAMessageIsOneCreditHoweverOftenItIsSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c, path := b.telling("result", 0), "/join/"+b.event().ID.String()
	alice, bob := b.Token("alice"), b.Token("bob")
	for _, step := range []struct {
		who, token string
		body       any
		status     int
		notify     bool
		credits    map[string]int
	}{
		{"alice", alice, wish, 201, true, map[string]int{"result": 1}},
		{"alice", alice, wish, 200, true, map[string]int{"result": 1}},
		{"alice", alice, nil, 200, true, map[string]int{"result": 1}},
		{"alice", alice, `{"notify":false}`, 200, true, map[string]int{"result": 1}},
		{"alice", alice, wish, 200, true, map[string]int{"result": 1}},
		{"bob", bob, nil, 201, false, map[string]int{}},
		{"bob", bob, `{"notify":false}`, 200, false, map[string]int{}},
		{"bob", bob, wish, 200, true, map[string]int{"result": 1}}, // raised
		{"bob", bob, wish, 200, true, map[string]int{"result": 1}},
		{"alice", alice, wish, 200, true, map[string]int{"result": 1}},
	} {
		var p participation
		c.Call("POST "+path, step.token, step.body).Want(t, step.who, step.status, "").Into(t, &p)
		if p.Notify != step.notify {
			t.Errorf("%s: notify is %t", step.who, p.Notify)
		}
		b.wantCredits(t, fmt.Sprint(step.body), step.who, step.credits)
	}
	b.wantCredits(t, "others join", "owner", map[string]int{})
}

func TestWhereNoMessagesAreSentAWishIsNoCredit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := "POST /join/" + b.event().ID.String()
	var joined, raised participation
	b.Call(path, b.Token("alice"), wish).Want(t, "join", 201, "").Into(t, &joined)
	b.Call(path, b.Token("bob"), nil).Want(t, "join", 201, "")
	b.Call(path, b.Token("bob"), wish).Want(t, "raise", 200, "").Into(t, &raised)
	if !joined.Notify || !raised.Notify {
		t.Error("the wish is lost")
	}
	b.wantCredits(t, "joined", "alice", map[string]int{})
	b.wantCredits(t, "raised", "bob", map[string]int{})
}

func TestWhoComesBackHasAgreedOnceMore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c, path, alice := b.telling("result", 0), "/join/"+b.event().ID.String(), b.Token("alice")
	for n := range 3 {
		c.Call("POST "+path, alice, wish).Want(t, "join", 201, "")
		b.wantCredits(t, "joined", "alice", map[string]int{"result": n + 1})
		c.Call("DELETE "+path, alice, nil).Want(t, "leave", 204, "")
		b.wantCredits(t, "left", "alice", map[string]int{"result": n + 1})
	}
	var p participation
	c.Call("POST "+path, alice, nil).Want(t, "come back without a wish", 201, "").Into(t, &p)
	if p.Notify {
		t.Error("an old wish came back")
	}
	b.wantCredits(t, "came back without a wish", "alice", map[string]int{"result": 3})
}

func TestCreditsAreOfAUserAndATemplate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, other := b.event(), b.event()
	before, after := b.telling("old", 0), b.telling("new", 0)
	before.Call("POST /join/"+one.ID.String(), b.Token("alice"), wish).Want(t, "one", 201, "")
	before.Call("POST /join/"+other.ID.String(), b.Token("alice"), wish).Want(t, "other", 201, "")
	before.Call("POST /join/"+other.ID.String(), b.Token("bob"), wish).Want(t, "bob", 201, "")
	third := b.event()
	after.Call("POST /join/"+third.ID.String(), b.Token("alice"), wish).Want(t, "third", 201, "")
	after.Call("POST /join/"+one.ID.String(), b.Token("alice"), wish).Want(t, "a wish from before", 200, "")
	b.wantCredits(t, "three events", "alice", map[string]int{"old": 2, "new": 1})
	b.wantCredits(t, "one event", "bob", map[string]int{"old": 1})
}

func TestWhoeverIsRefusedHasAgreedToNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open, canceled, held := b.event(), b.event(), b.event()
	_, _, err := b.Store.Cancel(t.Context(), canceled.ID, b.User("owner"), false)
	must(t, err)
	must(t, testdb.Exec(t, b.DSN, `UPDATE events SET held = 1 WHERE id = ?`, held.ID[:]))
	c, locked := b.telling("result", 0), b.telling("result", 59*time.Minute+2*time.Second)
	for _, r := range []struct {
		client *servicetest.Client
		id     string
		who    string
		status int
		code   string
	}{
		{c, open.ID.String(), "owner", 403, "own_event"},
		{c, canceled.ID.String(), "alice", 409, "event_canceled"},
		{c, held.ID.String(), "alice", 404, "event_not_found"},
		{c, lottery.NewEventID().String(), "alice", 404, "event_not_found"},
		{locked, open.ID.String(), "alice", 409, "event_locked"},
	} {
		r.client.Call("POST /join/"+r.id, b.Token(r.who), wish).Want(t, r.code, r.status, r.code)
		b.wantCredits(t, r.code, r.who, map[string]int{})
	}
	c.Call("POST /join/"+open.ID.String(), "", wish).Want(t, "nobody", 401, "login_required")
}

// Who is in it may still wish a message when nobody can join any more.
func TestAWishMayBeRaisedAfterTheLock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.event()
	b.Join(e, "alice")
	locked := b.telling("result", 59*time.Minute+2*time.Second)
	for range 2 {
		var p participation
		locked.Call("POST /join/"+e.ID.String(), b.Token("alice"), wish).Want(t, "raise", 200, "").Into(t, &p)
		if !p.Notify {
			t.Error("the wish is lost")
		}
	}
	b.wantCredits(t, "raised", "alice", map[string]int{"result": 1})
}

// A join and its credit are one: where the credit cannot be written, nobody has joined, and no wish is raised.
func TestAJoinWithoutItsCreditIsNone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.event()
	c, path := b.telling("result", 0), "POST /join/"+e.ID.String()
	c.Call(path, b.Token("bob"), nil).Want(t, "bob joins", 201, "")
	must(t, testdb.Exec(t, b.DSN, `DROP TABLE credits`))
	for _, name := range []string{"alice", "bob"} {
		if a := c.Call(path, b.Token(name), wish); a.Status < 500 {
			t.Errorf("%s: %d %s", name, a.Status, a.Text)
		}
	}
	if n := b.rows(t, e); n != 1 {
		t.Errorf("%d participants", n)
	}
	var wishes int
	testdb.Row(t, b.DSN, `SELECT COUNT(*) FROM participants WHERE notify = 1`, nil, &wishes)
	if wishes != 0 {
		t.Errorf("%d wishes", wishes)
	}
	c.Call(path, b.Token("alice"), nil).Want(t, "without a wish", 201, "")
}

// together runs a call from many clients at once, and counts the answers by status.
func together(n int, call func(i int) *servicetest.Answer) map[int]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	statuses := map[int]int{}
	for i := range n {
		wg.Go(func() {
			a := call(i)
			mu.Lock()
			defer mu.Unlock()
			statuses[a.Status]++
		})
	}
	wg.Wait()
	return statuses
}

func TestTwentyJoinsAtOnceAreOneCredit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c, alice := b.telling("result", 0), b.Token("alice")
	for n := range 3 {
		e := b.event()
		got := together(20, func(int) *servicetest.Answer { return c.Call("POST /join/"+e.ID.String(), alice, wish) })
		if diff := cmp.Diff(map[int]int{201: 1, 200: 19}, got); diff != "" {
			t.Error(diff)
		}
		b.wantCredits(t, "joined", "alice", map[string]int{"result": n + 1})
	}
}

func TestTwentyRaisesAtOnceAreOneCredit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c, alice, e := b.telling("result", 0), b.Token("alice"), b.event()
	b.Join(e, "alice")
	got := together(20, func(int) *servicetest.Answer { return c.Call("POST /join/"+e.ID.String(), alice, wish) })
	if diff := cmp.Diff(map[int]int{200: 20}, got); diff != "" {
		t.Error(diff)
	}
	b.wantCredits(t, "raised", "alice", map[string]int{"result": 1})
}

// Of one who joins with and without the wish at once, the wish counts once, whichever is first.
func TestAWishAndNoneAtOnceAreOneCredit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c, alice, e := b.telling("result", 0), b.Token("alice"), b.event()
	together(20, func(i int) *servicetest.Answer {
		return c.Call("POST /join/"+e.ID.String(), alice, map[string]bool{"notify": i%2 == 0})
	})
	b.wantCredits(t, "joined", "alice", map[string]int{"result": 1})
	if a := c.Call("GET /join/"+e.ID.String(), alice, nil).Want(t, "look", 200, ""); !strings.Contains(a.Text, `"notify":true`) {
		t.Error(a.Text)
	}
}

// One row of credits is raised by many transactions, which MySQL may make give way to each other.
func TestJoinsOfManyEventsAtOnceAreACreditEach(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c, alice := b.telling("result", 0), b.Token("alice")
	var events []*lottery.Event
	for range 20 {
		events = append(events, b.event())
	}
	got := together(len(events), func(i int) *servicetest.Answer {
		return c.Call("POST /join/"+events[i].ID.String(), alice, wish)
	})
	if diff := cmp.Diff(map[int]int{201: 20}, got); diff != "" {
		t.Error(diff)
	}
	b.wantCredits(t, "joined", "alice", map[string]int{"result": 20})
}

// Whoever comes and goes all the time has as many credits as he was let in.
func TestComingAndGoingAtOnceIsACreditForEachJoin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c, alice, e := b.telling("result", 0), b.Token("alice"), b.event()
	got := together(40, func(i int) *servicetest.Answer {
		if i%2 == 0 {
			return c.Call("DELETE /join/"+e.ID.String(), alice, nil)
		}
		return c.Call("POST /join/"+e.ID.String(), alice, wish)
	})
	if got[201]+got[200] != 20 || got[204] != 20 {
		t.Errorf("%v", got)
	}
	want := map[string]int{"result": got[201]}
	b.wantCredits(t, "came and went", "alice", want)
}
