package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/testdb"
)

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

func TestWhatIsCreatedIsShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.Token("owner")
	e := b.create(t, token, set("draw_at", time.Now().Add(time.Hour).In(time.FixedZone("", 8*3600)).Format(time.RFC3339)))
	drawAt, _ := time.Parse(time.RFC3339, e.DrawAt)
	lockAt, _ := time.Parse(time.RFC3339, e.LockAt)
	switch {
	case e.Status != "init", e.Participants != 0, e.Title != "🎁 茶会 👨‍👩‍👧‍👦", e.Description != "Bring a cup",
		len(e.Prizes) != 2 || e.Prizes[1] != prize{Name: "Cup 🍵", Quantity: 2}, !strings.HasSuffix(e.DrawAt, "Z"),
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
	for _, key := range []string{"", " ", "a b", "键", strings.Repeat("x", 129), "a\x7f", "a,b", ",", "a,"} {
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

func TestTrailingZerosAreWholeSeconds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, b.Token("owner"), set("draw_at", inAnHour(".000Z")))
}
