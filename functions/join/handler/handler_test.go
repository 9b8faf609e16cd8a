package handler

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/contract"
	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testproxy"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
)

type bench struct {
	*servicetest.Service
	*servicetest.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s := servicetest.New(t)
	return &bench{s, s.Serve(newServer(s, s.Store).routes().Handler())}
}

func newServer(s *servicetest.Service, db *store.Store) *server {
	return &server{store: db, sessions: s.Sessions, keys: s.Keys, budget: 5 * time.Second, now: time.Now}
}

func (b *bench) event() *lottery.Event {
	return b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 2})
}

func (b *bench) at(later time.Duration) *servicetest.Client {
	return b.Serve(newServer(b.Service, b.Later(later)).routes().Handler())
}

func (b *bench) rows(t *testing.T, e *lottery.Event) (n int) {
	t.Helper()
	testdb.Row(t, b.DSN, `SELECT COUNT(*) FROM participants WHERE event_id = ?`, []any{e.ID[:]}, &n)
	return n
}

func TestTheRoutesAreThoseOfTheContract(t *testing.T) {
	got, want := (&server{}).routes().Patterns(), contract.Load(t).RoutesUnder("join")
	if !slices.Equal(got, want) {
		t.Errorf("the function has %s, the contract %s", got, want)
	}
}

func TestJoinLeaveAndLook(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e, alice := b.event(), b.Token("alice")
	path := "/join/" + e.ID.String()
	b.Call("GET "+path, alice, nil).Want(t, "before joining", 404, "not_joined")
	var first, again, seen participation
	b.Call("POST "+path, alice, nil).Want(t, "join without a body", 201, "").Into(t, &first)
	b.Call("POST "+path, alice, map[string]bool{"notify": true}).Want(t, "join again", 200, "").Into(t, &again)
	b.Call("POST "+path, alice, map[string]bool{"notify": false}).Want(t, "join once more", 200, "").Into(t, &seen)
	if first.Ticket != again.Ticket || first.JoinedAt != again.JoinedAt || first.Notify || !again.Notify || !seen.Notify {
		t.Errorf("%+v, then %+v, then %+v", first, again, seen)
	}
	b.Call("GET "+path, alice, nil).Want(t, "look", 200, "").Into(t, &seen)
	if seen != again {
		t.Errorf("%+v, joined as %+v", seen, again)
	}
	for range 2 {
		b.Call("DELETE "+path, alice, nil).Want(t, "leave", 204, "")
	}
	b.Call("GET "+path, alice, nil).Want(t, "after leaving", 404, "not_joined")
	b.Call("POST "+path, alice, "{}").Want(t, "join after leaving", 201, "").Into(t, &again)
	if again.Ticket != first.Ticket {
		t.Error("another ticket after leaving")
	}
}

func TestFiftyJoinsOfOneUserAtOnceAreOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e, alice := b.event(), b.Token("alice")
	var mu sync.Mutex
	var wg sync.WaitGroup
	tickets, created := map[any]bool{}, 0
	for range 50 {
		wg.Go(func() {
			a := b.Call("POST /join/"+e.ID.String(), alice, nil)
			mu.Lock()
			defer mu.Unlock()
			tickets[a.Body["ticket"]] = true
			switch a.Status {
			case 201:
				created++
			case 200:
			default:
				t.Errorf("%d %s", a.Status, a.Text)
			}
		})
	}
	wg.Wait()
	if len(tickets) != 1 || created != 1 || b.rows(t, e) != 1 {
		t.Errorf("%d tickets, %d created, %d rows", len(tickets), created, b.rows(t, e))
	}
}

func TestJoinAndLeaveAreRefusedForAReason(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	open, canceled := b.event(), b.event()
	b.Join(open, "inside")
	b.Join(canceled, "inside")
	_, _, err := b.Store.Cancel(context.Background(), canceled.ID, b.User("owner"), false)
	if err != nil {
		t.Fatal(err)
	}
	owner, inside, stranger := b.Token("owner"), b.Token("inside"), b.Token("stranger")
	locked := b.at(59*time.Minute + 2*time.Second)
	for _, c := range []struct {
		client *servicetest.Client
		call   string
		token  string
		body   any
		status int
		code   string
	}{
		{b.Client, "POST /join/" + open.ID.String(), "", nil, 401, "login_required"},
		{b.Client, "POST /join/" + open.ID.String(), strings.Repeat("A", 43), nil, 401, "login_required"},
		{b.Client, "GET /join/" + open.ID.String(), "", nil, 401, "login_required"},
		{b.Client, "DELETE /join/" + open.ID.String(), "", nil, 401, "login_required"},
		{b.Client, "POST /join/" + open.ID.String(), stranger, `{"notify":"yes"}`, 400, "malformed"},
		{b.Client, "POST /join/" + open.ID.String(), stranger, `{"ticket":"x"}`, 400, "malformed"},
		{b.Client, "POST /join/" + open.ID.String(), stranger, `[]`, 400, "malformed"},
		{b.Client, "POST /join/" + open.ID.String(), stranger, `{"notify":true`, 400, "malformed"},
		{b.Client, "POST /join/x", stranger, `{"notify":"yes"}`, 400, "malformed"},
		{b.Client, "POST /join/" + open.ID.String(), stranger, `{"notify":` + strings.Repeat(" ", 70_000) + `true}`, 413, "too_large"},
		{b.Client, "POST /join/x", stranger, nil, 404, "event_not_found"},
		{b.Client, "GET /join/x", stranger, nil, 404, "event_not_found"},
		{b.Client, "DELETE /join/x", stranger, nil, 404, "event_not_found"},
		{b.Client, "POST /join/" + lottery.NewEventID().String(), stranger, nil, 404, "event_not_found"},
		{b.Client, "GET /join/" + lottery.NewEventID().String(), stranger, nil, 404, "event_not_found"},
		{b.Client, "DELETE /join/" + lottery.NewEventID().String(), stranger, nil, 404, "event_not_found"},
		{b.Client, "POST /join/" + open.ID.String(), owner, nil, 403, "own_event"},
		{locked, "POST /join/" + open.ID.String(), owner, nil, 403, "own_event"},
		{b.Client, "POST /join/" + canceled.ID.String(), stranger, nil, 409, "event_canceled"},
		{b.Client, "DELETE /join/" + canceled.ID.String(), inside, nil, 409, "event_canceled"},
		{locked, "POST /join/" + open.ID.String(), stranger, nil, 409, "event_locked"},
		{locked, "DELETE /join/" + open.ID.String(), inside, nil, 409, "event_locked"},
		{locked, "DELETE /join/" + open.ID.String(), stranger, nil, 204, ""},
		{locked, "POST /join/" + open.ID.String(), inside, nil, 200, ""},
		{locked, "GET /join/" + open.ID.String(), inside, nil, 200, ""},
		{b.Client, "PUT /join/" + open.ID.String(), inside, nil, 405, "method_not_allowed"},
		{b.Client, "GET /join", inside, nil, 404, "route_not_found"},
		{b.Client, "GET /join/" + open.ID.String() + "/x", inside, nil, 404, "route_not_found"},
	} {
		c.client.Call(c.call, c.token, c.body).Want(t, fmt.Sprintf("%s %.20v", c.call, c.body), c.status, c.code)
	}
	if n := b.rows(t, open); n != 1 {
		t.Errorf("%d participants after the refusals", n)
	}
}

// TestAJoinThatTakesTooLongIsNotAcknowledged holds the event's row, so that the join cannot end within its budget.
func TestAJoinThatTakesTooLongIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	b := newBench(t)
	e, alice := b.event(), b.Token("alice")
	s := newServer(b.Service, b.Store)
	s.budget = 300 * time.Millisecond
	c := b.Serve(s.routes().Handler())
	db := testdb.Connect(t, b.DSN)
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`SELECT id FROM events WHERE id = ? FOR UPDATE`, e.ID[:]); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	c.Call("POST /join/"+e.ID.String(), alice, nil).Want(t, "join", 503, "unavailable")
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("the join took %s", d)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if a := c.Call("POST /join/"+e.ID.String(), alice, nil); a.Status != 200 && a.Status != 201 {
		t.Errorf("afterwards: %d %s", a.Status, a.Text)
	}
	if n := b.rows(t, e); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestRedisDownIsUnavailableAndThenWorksAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e, alice := b.event(), b.Token("alice")
	proxy := testproxy.New(t, b.Redis.Options().Addr)
	rdb := session.Open(session.RedisOptions{Addr: proxy.Addr})
	t.Cleanup(func() { rdb.Close() })
	s := newServer(b.Service, b.Store)
	s.sessions = session.New(rdb, session.Options{})
	c := b.Serve(s.routes().Handler())
	for name, down := range map[string]func(){"refused": proxy.Refuse, "hanging": proxy.Swallow} {
		down()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		c.CallContext(ctx, "POST /join/"+e.ID.String(), alice, nil).Want(t, name, 503, "unavailable")
		cancel()
		if n := b.rows(t, e); n != 0 {
			t.Errorf("%s: %d rows without a session", name, n)
		}
		proxy.Forward()
		c.Call("GET /join/"+e.ID.String(), alice, nil).Want(t, name+", then back", 404, "not_joined")
	}
}

func TestTheDatabaseDownIsUnavailableAndThenWorksAgain(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	b := newBench(t)
	e, alice := b.event(), b.Token("alice")
	proxy, dsn := testdb.Proxied(t, b.DSN)
	c := b.Serve(newServer(b.Service, testdb.Open(t, dsn)).routes().Handler())
	for name, down := range map[string]func(){"refused": proxy.Refuse, "hanging": proxy.Swallow} {
		down()
		for _, method := range []string{"POST", "GET", "DELETE"} {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			c.CallContext(ctx, method+" /join/"+e.ID.String(), alice, nil).Want(t, name+": "+method, 503, "unavailable")
			if ctx.Err() != nil {
				t.Errorf("%s: %s took longer than the function has", name, method)
			}
			cancel()
		}
		proxy.Forward()
		c.Call("GET /join/"+e.ID.String(), alice, nil).Want(t, name+", then back", 404, "not_joined")
	}
}
