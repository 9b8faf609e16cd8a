package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/contract"
	"wxlottery/internal/drandsim"
	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
	"wxlottery/shared/wechat"
)

type bench struct {
	*servicetest.Service
	*servicetest.Client
	key   *drandsim.Key
	chain vdraw.Chain // whose rounds the key signs
}

func newBench(t *testing.T) *bench {
	t.Helper()
	key, err := drandsim.NewKey(make([]byte, 32))
	must(t, err)
	b := &bench{Service: servicetest.New(t), key: key, chain: key.Chain()}
	b.Client = b.at(0)
	return b
}

func newServer(s *servicetest.Service, db *store.Store) *server {
	return &server{store: db, sessions: s.Sessions, counts: counts{s.Redis, db}, keys: s.Keys, terms: servicetest.Terms, now: time.Now}
}

// provable makes an event of mode 1.
func (b *bench) provable(ahead time.Duration, prizes ...lottery.Prize) *lottery.Event {
	terms := servicetest.Terms
	terms.Chain = &b.chain
	return b.EventUnder(terms, "owner", ahead, prizes...)
}

// signature is that of an event's round; nil in mode 0.
func (b *bench) signature(e *lottery.Event) *vdraw.Signature {
	if e.Mode == vdraw.ModeTrusted {
		return nil
	}
	s := b.key.Sign(e.DecidingRound())
	return &s
}

// at is a client of the function as it will be when a while has passed.

func (b *bench) at(later time.Duration) *servicetest.Client {
	s := newServer(b.Service, b.Later(later))
	s.chains = []vdraw.Chain{vdraw.Quicknet(), b.chain}
	return b.Serve(s.routes().Handler())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheRoutesAreThoseOfTheContract(t *testing.T) {
	got, want := (&server{}).routes().Patterns(), contract.Load(t).RoutesUnder("events")
	if !slices.Equal(got, want) {
		t.Errorf("the function has %s, the contract %s", got, want)
	}
}

func TestCancelAndDeleteAreTheOwnersBeforeTheLock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	owner, other := b.Token("owner"), b.Token("other")
	e := b.create(t, owner)
	unknown := lottery.NewEventID().String()
	for _, call := range []string{"POST /events/%s/cancel", "DELETE /events/%s"} {
		on := func(id string) string { return fmt.Sprintf(call, id) }
		b.Call(on(e.ID), "", nil).Want(t, call+" by nobody", 401, "login_required")
		b.Call(on(e.ID), other, nil).Want(t, call+" by another", 403, "not_owner")
		b.Call(on(unknown), owner, nil).Want(t, call+" of nothing", 404, "event_not_found")
		b.Call(on("nonsense"), owner, nil).Want(t, call+" of a malformed id", 404, "event_not_found")
		locked := b.at(59*time.Minute + 2*time.Second)
		locked.Call(on(e.ID), owner, nil).Want(t, call+" after the lock", 409, "event_locked")
		locked.Call(on(e.ID), other, nil).Want(t, call+" after the lock by another", 403, "not_owner")
	}
	first := b.Call("POST /events/"+e.ID+"/cancel", owner, nil).Want(t, "cancel", 200, "")
	again := b.Call("POST /events/"+e.ID+"/cancel", owner, nil).Want(t, "cancel again", 200, "")
	if first.Text != again.Text || first.Body["status"] != "canceled" || first.Body["cancel_reason"] != "owner" {
		t.Errorf("%s and then %s", first.Text, again.Text)
	}
	shown := func() int {
		var list eventList
		b.Call("GET /events", owner, nil).Want(t, "list", 200, "").Into(t, &list)
		return len(list.Events)
	}
	if n := shown(); n != 1 {
		t.Errorf("a canceled event is listed %d times", n)
	}
	for range 2 {
		b.at(2*time.Hour).Call("DELETE /events/"+e.ID, owner, nil).Want(t, "delete a canceled one", 204, "")
	}
	if n := shown(); n != 0 {
		t.Errorf("a deleted event is listed %d times", n)
	}
	if a := b.Call("GET /events/"+e.ID, "", nil).Want(t, "a deleted event", 200, ""); a.Body["status"] != "canceled" {
		t.Error(a.Text)
	}
}

func TestTheStatusShownIsTheClocks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(t, b.Token("owner"))
	for later, want := range map[time.Duration]string{0: "init", 58 * time.Minute: "init", 59*time.Minute + 2*time.Second: "opening", 3 * time.Hour: "opening"} {
		if a := b.at(later).Call("GET /events/"+e.ID, "", nil).Want(t, "get", 200, ""); a.Body["status"] != want {
			t.Errorf("after %s it is shown as %v, want %s", later, a.Body["status"], want)
		}
	}
}

// recheck recomputes the draw from nothing but what the API shows and the list of tickets.

func TestListsAreTheCallers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 3 {
		e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
		b.Join(e, "alice")
	}
	alice := b.Token("alice")
	for query, want := range map[string]int{"": 0, "?role=created": 0, "?role=joined": 3, "?role=won": 0, "?role=joined&limit=1000": 3} {
		var list eventList
		b.Call("GET /events"+query, alice, nil).Want(t, query, 200, "").Into(t, &list)
		if len(list.Events) != want || list.Events == nil {
			t.Errorf("%q: %d events", query, len(list.Events))
		}
		for _, e := range list.Events {
			if e.Me == nil || e.Me.Ticket == "" || e.Participants != 1 {
				t.Errorf("%q: %+v", query, e)
			}
		}
	}
	var page eventList
	seen := map[string]bool{}
	for cursor, n := "", 0; n < 5; n++ {
		b.Call("GET /events?role=joined&limit=2&cursor="+cursor, alice, nil).Want(t, "page", 200, "").Into(t, &page)
		for _, e := range page.Events {
			seen[e.ID] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		page = eventList{}
	}
	if len(seen) != 3 {
		t.Errorf("%d events in pages", len(seen))
	}
	for query, code := range map[string]string{
		"?role=owner": "invalid_role", "?role=": "", "?limit=0": "invalid_limit", "?limit=-1": "invalid_limit", "?limit=x": "invalid_limit",
		"?cursor=x": "invalid_cursor", "?cursor=" + strings.Repeat("A", 32): "invalid_cursor",
		"?role=won&cursor=" + encodeCursor(store.Joined, store.Cursor{At: 5}): "invalid_cursor",
	} {
		status := 400
		if code == "" {
			continue
		}
		b.Call("GET /events"+query, alice, nil).Want(t, query, status, code)
	}
	b.Call("GET /events", "", nil).Want(t, "nobody's list", 401, "login_required")
	b.Call("GET /events?role=owner", "", nil).Want(t, "nobody's bad list", 401, "login_required")
}

func TestMalformedQuestionsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(t, b.Token("owner"))
	for call, want := range map[string]struct {
		status int
		code   string
	}{
		"GET /events/x":                                {404, "event_not_found"},
		"GET /events/" + e.ID + "A":                    {404, "event_not_found"},
		"GET /events/" + lottery.NewEventID().String(): {404, "event_not_found"},
		"GET /events/x/winners":                        {404, "event_not_found"},
		"GET /events/x/winners?limit=0":                {400, "invalid_limit"},
		"GET /events/" + e.ID + "/winners?cursor=-1":   {400, "invalid_cursor"},
		"GET /events/" + e.ID + "/winners?cursor=x":    {400, "invalid_cursor"},
		"GET /events/" + e.ID + "/winners?cursor=01":   {400, "invalid_cursor"},
		"GET /events/" + e.ID + "/nothing":             {404, "route_not_found"},
		"GET /events//winners":                         {404, "route_not_found"},
		"GET /events/../login":                         {404, "route_not_found"},
		"GET /nothing":                                 {404, "route_not_found"},
		"PUT /events":                                  {405, "method_not_allowed"},
		"POST /events/" + e.ID:                         {405, "method_not_allowed"},
	} {
		b.Call(call, "", nil).Want(t, call, want.status, want.code)
	}
}

// opinion is a WeChat that thinks the same of every text.
type opinion wechat.Verdict

func (o opinion) CheckText(context.Context, wechat.Text) (wechat.Verdict, error) {
	return wechat.Verdict(o), nil
}

func (opinion) ShareCode(context.Context, wechat.CodeRequest) (wechat.Image, error) {
	return wechat.Image{}, errors.New("no share codes")
}

func TestAHeldEventIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
	must(t, testdb.Exec(t, b.DSN, `UPDATE events SET held = 1 WHERE id = ?`, e.ID[:]))
	path := "GET /events/" + e.ID.String()
	s := newServer(b.Service, b.Store)
	s.platform = opinion(wechat.Review)
	b.Serve(s.routes().Handler()).Call(path, b.Token("owner"), nil).Want(t, "the owner", 200, "")
	b.Call(path, b.Token("other"), nil).Want(t, "another", 404, "event_not_found")
	b.Call(path, "", nil).Want(t, "anyone", 404, "event_not_found")
	b.Call(path+"/winners", "", nil).Want(t, "winners", 404, "event_not_found")
	b.Call("POST /events/"+e.ID.String()+"/cancel", b.Token("other"), nil).Want(t, "another cancels", 404, "event_not_found")
	b.Call("DELETE /events/"+e.ID.String(), b.Token("owner"), nil).Want(t, "the owner deletes", 204, "")
}

func TestAnEventWhoseKeyIsGoneCanBeLookedAt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
	b.Join(e, "alice")
	s := newServer(b.Service, b.Store)
	var err error
	s.keys, err = lottery.NewKeyring(2, map[int][]byte{2: make([]byte, 32)})
	must(t, err)
	var v eventView
	b.Serve(s.routes().Handler()).Call("GET /events/"+e.ID.String(), b.Token("alice"), nil).Want(t, "get", 200, "").Into(t, &v)
	if v.Participants != 1 || v.Me == nil || v.Me.Ticket != "" {
		t.Errorf("%+v", v)
	}
}
