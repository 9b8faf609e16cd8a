package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
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
	"wxlottery/shared/vdraw"
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
	return &server{store: db, sessions: s.Sessions, counts: counts{s.Redis, db}, keys: s.Keys, terms: servicetest.Terms}
}

// at is a client of the function as it will be when a while has passed.
func (b *bench) at(later time.Duration) *servicetest.Client {
	return b.Serve(newServer(b.Service, b.Later(later)).routes().Handler())
}

type request map[string]any

func good(change ...func(request)) request {
	r := request{
		"title": "🎁 茶会 👨‍👩‍👧‍👦", "description": "Bring a cup",
		"draw_at": time.Now().Add(time.Hour).Truncate(time.Second).Format(time.RFC3339),
		"prizes":  []request{{"name": "Pot", "quantity": 1}, {"name": "Cup 🍵", "quantity": 2}},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

// inAnHour is an instant with an ending of the test's choice.
func inAnHour(ending string) string {
	return time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05") + ending
}

func set(field string, value any) func(request) {
	return func(r request) { r[field] = value }
}

func (b *bench) create(t *testing.T, token string, change ...func(request)) eventView {
	t.Helper()
	var e eventView
	b.Call("POST /events", token, good(change...)).Want(t, "create", 201, "").Into(t, &e)
	return e
}

// finish locks, freezes and draws an event, as the draw function does.
func (b *bench) finish(t *testing.T, e *lottery.Event, later time.Duration, draw bool) {
	t.Helper()
	ctx, s := context.Background(), b.Later(later)
	must(t, s.Lock(ctx, e.ID, time.Second))
	list, err := s.List(ctx, e, func(uint64) error { return nil })
	must(t, err)
	record, err := e.Freeze(list.Count(), list.Root(), b.Keys)
	must(t, err)
	must(t, s.Freeze(ctx, e.ID, record, list.Pages(), time.Second))
	if !draw {
		return
	}
	e, _, err = s.Event(ctx, e.ID)
	must(t, err)
	result, picks, err := e.Draw(b.Keys)
	must(t, err)
	winners, err := s.Entries(ctx, e, picks)
	must(t, err)
	done, err := s.Open(ctx, e, result, winners)
	must(t, err)
	if !done {
		t.Fatal("not drawn")
	}
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

func TestWhatIsCreatedIsShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.Token("owner")
	e := b.create(t, token, set("draw_at", time.Now().Add(time.Hour).In(time.FixedZone("", 8*3600)).Format(time.RFC3339)))
	drawAt, _ := time.Parse(time.RFC3339, e.DrawAt)
	lockAt, _ := time.Parse(time.RFC3339, e.LockAt)
	switch {
	case e.Status != "init", e.Participants != 0, e.Title != "🎁 茶会 👨‍👩‍👧‍👦", e.Description != "Bring a cup",
		len(e.Prizes) != 2 || e.Prizes[1] != prize{"Cup 🍵", 2}, !strings.HasSuffix(e.DrawAt, "Z"),
		drawAt.Sub(lockAt) != time.Minute, e.Me == nil || !e.Me.Owner, e.Fairness.Seq != 1, e.Fairness.Lock != nil,
		e.Fairness.Label != "operator-trusted", e.Fairness.Seed != nil:
		t.Errorf("%+v", e)
	}
	for who, token := range map[string]string{"the owner": token, "a user": b.Token("user"), "anyone": ""} {
		a := b.Call("GET /events/"+e.ID, token, nil).Want(t, who, 200, "")
		var seen eventView
		a.Into(t, &seen)
		if (seen.Me != nil) != (token != "") || seen.Me != nil && seen.Me.Owner != (who == "the owner") {
			t.Errorf("%s sees himself as %+v", who, seen.Me)
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: a web page may not read it", who)
		}
	}
	b.Call("GET /events/"+e.ID, "not a token", nil).Want(t, "a bad token", 401, "login_required")
}

func TestBadCreationsAreRefusedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.Token("owner")
	soon := func(d time.Duration) string { return time.Now().Add(d).Truncate(time.Second).Format(time.RFC3339) }
	eleven := make([]request, 11)
	for i := range eleven {
		eleven[i] = request{"name": fmt.Sprint(i), "quantity": 1}
	}
	one := func(name, quantity any) []request { return []request{{"name": name, "quantity": quantity}} }
	for what, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"no body":                 {"", 400, "malformed"},
		"not JSON":                {"title=x", 400, "malformed"},
		"a list":                  {"[]", 400, "malformed"},
		"half":                    {`{"title":`, 400, "malformed"},
		"two":                     {`{} {}`, 400, "malformed"},
		"unknown field":           {good(set("winner", "me")), 400, "malformed"},
		"unknown field in prize":  {good(set("prizes", []request{{"name": "x", "quantity": 1, "odds": 2}})), 400, "malformed"},
		"title a number":          {good(set("title", 5)), 400, "malformed"},
		"draw_at a number":        {good(set("draw_at", 1790000000)), 400, "malformed"},
		"prizes an object":        {good(set("prizes", request{})), 400, "malformed"},
		"quantity a text":         {good(set("prizes", one("x", "1"))), 400, "malformed"},
		"quantity a fraction":     {good(set("prizes", one("x", 1.5))), 400, "malformed"},
		"broken UTF-8":            {"{\"title\":\"\xff\"}", 400, "malformed"},
		"a lone surrogate":        {`{"title":"\ud800","draw_at":"` + soon(time.Hour) + `","prizes":[{"name":"x","quantity":1}]}`, 400, "invalid_title"},
		"empty object":            {"{}", 400, "invalid_draw_at"},
		"no title":                {good(set("title", "")), 400, "invalid_title"},
		"blank title":             {good(set("title", " \u3000")), 400, "invalid_title"},
		"control character":       {good(set("title", "a\u0007b")), 400, "invalid_title"},
		"bidi override":           {good(set("title", "a\u202eb")), 400, "invalid_title"},
		"61 characters":           {good(set("title", strings.Repeat("茶", 61))), 400, "invalid_title"},
		"501 characters":          {good(set("description", strings.Repeat("茶", 501))), 400, "invalid_description"},
		"control in description":  {good(set("description", "a\x1bb")), 400, "invalid_description"},
		"no draw_at":              {good(func(r request) { delete(r, "draw_at") }), 400, "invalid_draw_at"},
		"draw_at without a zone":  {good(set("draw_at", "2026-12-24T18:00:00")), 400, "invalid_draw_at"},
		"draw_at with a fraction": {good(set("draw_at", inAnHour(".5Z"))), 400, "invalid_draw_at"},
		"draw_at in the past":     {good(set("draw_at", soon(-time.Hour))), 400, "invalid_draw_at"},
		"tiny fraction":           {good(set("draw_at", inAnHour(".0000000001Z"))), 400, "invalid_draw_at"},
		"comma for a point":       {good(set("draw_at", inAnHour(",000Z"))), 400, "invalid_draw_at"},
		"after the year 9999":     {good(set("draw_at", "9999-12-31T23:59:59-23:59")), 400, "invalid_draw_at"},
		"before the year 0":       {good(set("draw_at", "0000-01-01T00:00:00+23:59")), 400, "invalid_draw_at"},
		"draw_at too soon":        {good(set("draw_at", soon(time.Minute))), 400, "invalid_draw_at"},
		"draw_at in 91 days":      {good(set("draw_at", soon(91*24*time.Hour))), 400, "invalid_draw_at"},
		"no prizes":               {good(set("prizes", []request{})), 400, "invalid_prizes"},
		"prizes null":             {good(set("prizes", nil)), 400, "malformed"},
		"description null":        {good(set("description", nil)), 400, "malformed"},
		"11 prizes":               {good(set("prizes", eleven)), 400, "invalid_prizes"},
		"quantity 0":              {good(set("prizes", one("x", 0))), 400, "invalid_prizes"},
		"quantity -1":             {good(set("prizes", one("x", -1))), 400, "invalid_prizes"},
		"quantity 100,001":        {good(set("prizes", one("x", 100_001))), 400, "invalid_prizes"},
		"prize without name":      {good(set("prizes", one("", 1))), 400, "invalid_prizes"},
		"prize name too long":     {good(set("prizes", one(strings.Repeat("x", 41), 1))), 400, "invalid_prizes"},
		"bidi in prize name":      {good(set("prizes", one("\u2067x", 1))), 400, "invalid_prizes"},
		"oversize":                {good(set("description", strings.Repeat("x", 70_000))), 413, "too_large"},
	} {
		b.Call("POST /events", token, c.body, "Idempotency-Key", "k").Want(t, what, c.status, c.code)
	}
	for _, key := range []string{"", " ", "a b", "键", strings.Repeat("x", 129), "a\x7f"} {
		b.Call("POST /events", token, good(), "Idempotency-Key", key).Want(t, fmt.Sprintf("key %q", key), 400, "invalid_idempotency_key")
	}
	b.Call("POST /events", token, good(), "Idempotency-Key", "a", "Idempotency-Key", "b").Want(t, "two keys", 400, "invalid_idempotency_key")
	b.Call("POST /events", "", "nonsense").Want(t, "no token and a bad body", 401, "login_required")
	b.Call("POST /events", strings.Repeat("A", 43), good()).Want(t, "a foreign token", 401, "login_required")
	for _, table := range []string{"events", "prizes"} {
		var n int
		testdb.Row(t, b.DSN, "SELECT COUNT(*) FROM "+table, nil, &n)
		if n != 0 {
			t.Errorf("the refused requests left %d rows in %s", n, table)
		}
	}
}

func TestARepeatedCreationIsTheSameEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token, body := b.Token("owner"), good()
	var mu sync.Mutex
	var wg sync.WaitGroup
	ids, replays := map[any]int{}, 0
	for range 10 {
		wg.Go(func() {
			a := b.Call("POST /events", token, body, "Idempotency-Key", "one").Want(t, "create", 201, "")
			mu.Lock()
			defer mu.Unlock()
			ids[a.Body["id"]]++
			if a.Header.Get("Idempotency-Replayed") == "true" {
				replays++
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || replays != 9 {
		t.Errorf("%d events, %d replays", len(ids), replays)
	}
	b.Call("POST /events", token, good(set("title", "x")), "Idempotency-Key", "one").Want(t, "another body", 409, "idempotency_conflict")
	a := b.at(2*time.Hour).Call("POST /events", token, body, "Idempotency-Key", "one").Want(t, "after the draw was due", 201, "")
	if ids[a.Body["id"]] == 0 {
		t.Error("a late repeat made another event")
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

func TestTheResultIsShownAndCanBeRecomputed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Pot", Quantity: 1}, lottery.Prize{Name: "Cup", Quantity: 4})
	b.Join(e, "alice", "bob", "carol")
	path := "GET /events/" + e.ID.String()
	b.Call(path+"/winners", "", nil).Want(t, "winners before the lock", 409, "not_drawn_yet")
	b.finish(t, e, 61*time.Minute, false)
	var locked, drawn eventView
	c := b.at(61 * time.Minute)
	c.Call(path, "", nil).Want(t, "locked", 200, "").Into(t, &locked)
	if l := locked.Fairness.Lock; locked.Status != "opening" || l == nil || l.Secret != nil || l.Count != 3 || locked.Participants != 3 {
		t.Fatalf("%+v", locked)
	}
	c.Call(path+"/winners", "", nil).Want(t, "winners after the lock", 409, "not_drawn_yet")
	e, _, err := b.Store.Event(context.Background(), e.ID)
	must(t, err)
	result, picks, err := e.Draw(b.Keys)
	must(t, err)
	s := b.Later(61 * time.Minute)
	winners, err := s.Entries(context.Background(), e, picks)
	must(t, err)
	_, err = s.Open(context.Background(), e, result, winners)
	must(t, err)
	c.Call(path, b.Token("bob"), nil).Want(t, "drawn", 200, "").Into(t, &drawn)
	if drawn.Status != "opened" || drawn.Undrawn != 2 || !drawn.Late || drawn.Me.Prize == "" || drawn.Me.Ticket == "" || drawn.DrawnAt == "" {
		t.Errorf("%+v", drawn)
	}
	recheck(t, b, e, drawn)
	var first, rest winnerList
	c.Call(path+"/winners?limit=2", "", nil).Want(t, "winners", 200, "").Into(t, &first)
	c.Call(path+"/winners?limit=2&cursor="+first.Next, "", nil).Want(t, "more winners", 200, "").Into(t, &rest)
	all := slices.Concat(first.Winners, rest.Winners)
	if len(all) != 3 || rest.Next != "" || all[0].Prize != "Pot" || all[1].Prize != "Cup" || all[2].Place != 3 {
		t.Errorf("%+v", all)
	}
	c.Call(path+"/winners?limit=100000", "", nil).Want(t, "a limit above the maximum", 200, "")
}

// recheck recomputes the draw from nothing but what the API shows and the list of tickets.
func recheck(t *testing.T, b *bench, e *lottery.Event, v eventView) {
	t.Helper()
	var tickets []vdraw.Ticket
	for _, name := range []string{"alice", "bob", "carol"} {
		ticket, _ := b.Keys.Ticket(1, e.ID, b.OpenID(name))
		tickets = append(tickets, ticket)
	}
	slices.SortFunc(tickets, func(x, y vdraw.Ticket) int { return slices.Compare(x[:], y[:]) })
	var list vdraw.List
	for _, ticket := range tickets {
		must(t, list.Add(ticket))
	}
	lock := v.Fairness.Lock
	secret, _ := hex.DecodeString(*lock.Secret)
	key, _ := hex.DecodeString(v.Fairness.OperatorKey)
	sig, _ := hex.DecodeString(lock.Sig)
	switch {
	case list.Root() != lock.Root:
		t.Error("the root is not that of the participants")
	case vdraw.Commit(e.ID, [32]byte(secret)) != v.Fairness.Commit:
		t.Error("the secret does not open the commitment")
	case vdraw.LockDigest(v.Fairness.Manifest, lock.Count, lock.Root) != lock.Digest:
		t.Error("the lock digest does not follow")
	case !vdraw.VerifyLock(ed25519.PublicKey(key), lock.Digest, sig):
		t.Error("the lock record is not signed by the operator key")
	case vdraw.Seed(lock.Digest, [32]byte(secret), vdraw.Digest{}) != *v.Fairness.Seed:
		t.Error("the seed does not follow")
	}
	shown, err := b.Store.Winners(context.Background(), e.ID, 0, 10)
	must(t, err)
	for i, pick := range vdraw.Picks(*v.Fairness.Seed, lock.Count, 5) {
		if shown[i].Ticket != tickets[pick] {
			t.Errorf("place %d is not who the seed picks", i+1)
		}
	}
}

func TestNobodyJoinedIsAResultToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 3})
	b.finish(t, e, 61*time.Minute, true)
	var v eventView
	b.Call("GET /events/"+e.ID.String(), "", nil).Want(t, "get", 200, "").Into(t, &v)
	if v.Status != "opened" || v.Participants != 0 || v.Undrawn != 3 {
		t.Errorf("%+v", v)
	}
	if a := b.Call("GET /events/"+e.ID.String()+"/winners", "", nil).Want(t, "winners", 200, ""); strings.TrimSpace(a.Text) != `{"winners":[]}` {
		t.Error(a.Text)
	}
}

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

func TestAHeldEventIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
	must(t, testdb.Exec(t, b.DSN, `UPDATE events SET held = 1 WHERE id = ?`, e.ID[:]))
	path := "GET /events/" + e.ID.String()
	b.Call(path, b.Token("owner"), nil).Want(t, "the owner", 200, "")
	b.Call(path, b.Token("other"), nil).Want(t, "another", 404, "event_not_found")
	b.Call(path, "", nil).Want(t, "anyone", 404, "event_not_found")
	b.Call(path+"/winners", "", nil).Want(t, "winners", 404, "event_not_found")
	b.Call("POST /events/"+e.ID.String()+"/cancel", b.Token("other"), nil).Want(t, "another cancels", 404, "event_not_found")
	b.Call("DELETE /events/"+e.ID.String(), b.Token("owner"), nil).Want(t, "the owner deletes", 204, "")
}

func TestTrailingZerosAreWholeSeconds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, b.Token("owner"), set("draw_at", inAnHour(".000Z")))
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

func TestWinnersOfACanceledEventAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.Token("owner")
	e := b.create(t, token)
	b.Call("POST /events/"+e.ID+"/cancel", token, nil).Want(t, "cancel", 200, "")
	b.Call("GET /events/"+e.ID+"/winners", "", nil).Want(t, "winners", 409, "event_canceled")
}

func TestCountsMayLagButAreExactAfterTheLock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
	count := func(c *servicetest.Client) uint64 {
		var v eventView
		c.Call("GET /events/"+e.ID.String(), "", nil).Want(t, "get", 200, "").Into(t, &v)
		return v.Participants
	}
	if n := count(b.Client); n != 0 {
		t.Fatal(n)
	}
	b.Join(e, "alice", "bob")
	if ttl := b.Redis.PTTL(context.Background(), countKey(e)).Val(); ttl <= 0 || ttl > 2*time.Second {
		t.Errorf("the hint lives for %s", ttl)
	}
	must(t, b.Redis.Del(context.Background(), countKey(e)).Err())
	if n := count(b.Client); n != 2 {
		t.Errorf("%d after the hint is gone", n)
	}
	b.Join(e, "carol")
	must(t, b.Later(59*time.Minute+2*time.Second).Lock(context.Background(), e.ID, time.Second))
	for range 2 { // counted, and then remembered
		if n := count(b.Client); n != 3 {
			t.Errorf("%d after the lock", n)
		}
	}
	locked, _, err := b.Store.Event(context.Background(), e.ID)
	must(t, err)
	if ttl := b.Redis.PTTL(context.Background(), countKey(locked)).Val(); ttl < time.Minute {
		t.Errorf("a count that cannot change any more is remembered for %s", ttl)
	}
}

func TestRedisDownLeavesPublicAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(t, b.Token("owner"))
	proxy := testproxy.New(t, b.Redis.Options().Addr)
	rdb := session.Open(session.RedisOptions{Addr: proxy.Addr})
	t.Cleanup(func() { rdb.Close() })
	s := newServer(b.Service, b.Store)
	s.sessions, s.counts.redis = session.New(rdb, session.Options{}), rdb
	c, token := b.Serve(s.routes().Handler()), b.Token("owner")
	for name, down := range map[string]func(){"refused": proxy.Refuse, "hanging": proxy.Swallow} {
		down()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		c.CallContext(ctx, "GET /events/"+e.ID, "", nil).Want(t, name+": anyone looks", 200, "")
		c.CallContext(ctx, "GET /events", token, nil).Want(t, name+": a user's list", 503, "unavailable")
		c.CallContext(ctx, "POST /events", token, good()).Want(t, name+": create", 503, "unavailable")
		cancel()
		proxy.Forward()
		c.Call("GET /events", token, nil).Want(t, name+", then back", 200, "")
	}
}

func TestTheDatabaseDownIsUnavailableAndThenWorksAgain(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	b := newBench(t)
	e := b.create(t, b.Token("owner"))
	proxy, dsn := testdb.Proxied(t, b.DSN)
	c, token := b.Serve(newServer(b.Service, testdb.Open(t, dsn)).routes().Handler()), b.Token("owner")
	for name, down := range map[string]func(){"refused": proxy.Refuse, "hanging": proxy.Swallow} {
		down()
		for _, call := range []string{"GET /events/" + e.ID, "GET /events", "POST /events", "POST /events/" + e.ID + "/cancel"} {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			var body any
			if call == "POST /events" {
				body = good()
			}
			a := c.CallContext(ctx, call, token, body).Want(t, name+": "+call, 503, "unavailable")
			if ctx.Err() != nil || a.Header.Get("Retry-After") == "" {
				t.Errorf("%s: %s: too late, or without Retry-After", name, call)
			}
			cancel()
		}
		proxy.Forward()
		c.Call("GET /events/"+e.ID, token, nil).Want(t, name+", then back", 200, "")
	}
	if a := c.Call("GET /events", token, nil).Want(t, "list", 200, ""); len(a.Body["events"].([]any)) != 1 {
		t.Errorf("a refused creation left an event: %s", a.Text)
	}
}
