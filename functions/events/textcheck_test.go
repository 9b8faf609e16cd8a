package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/testlog"
	"wxlottery/internal/wechatsim"
	"wxlottery/shared/lottery"
	"wxlottery/shared/wechat"
)

// fieldsOf changes one field that others will read.
func fieldsOf(text string) map[string]func(request) {
	return map[string]func(request){
		"title": set("title", text), "description": set("description", text),
		"conditions": set("conditions", text), "claim_terms": set("claim_terms", text),
		"a prize's name": set("prizes", []request{{"name": "Cup", "quantity": 1}, {"name": text, "quantity": 2}}),
	}
}

func TestATextThatPassesIsPublishedAtOnce(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	token := b.user(t, "owner")
	e := b.create(t, token)
	if e.Held || e.HeldBecause != "" || b.asked(textCheck) != 1 {
		t.Errorf("held %t because of %q, WeChat was asked %d times", e.Held, e.HeldBecause, b.asked(textCheck))
	}
	for who, token := range map[string]string{"anyone": "", "a user": b.user(t, "user"), "its owner": token} {
		if seen := b.look(t, b.Client, e.ID, token); seen.Held {
			t.Errorf("%s sees it as held", who)
		}
	}
	must(t, b.joinAs(t, e.ID, "user", false, 0))
	if n := b.asked(textCheck); n != 1 {
		t.Errorf("WeChat was asked %d times", n)
	}
}

func TestARiskyTextIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t, withTemplates)
	token := b.user(t, "owner")
	for field, risky := range fieldsOf("a RISKY thing") {
		b.Call("POST /events", token, good(risky, set("notify", true)), "Idempotency-Key", "k").Want(t, field, 422, "text_rejected")
	}
	for _, table := range []string{"events", "prizes", "credits"} {
		if n := b.count(t, "SELECT COUNT(*) FROM "+table); n != 0 {
			t.Errorf("the refused requests left %d rows in %s", n, table)
		}
	}
	a := b.Call("POST /events", token, good(), "Idempotency-Key", "k").Want(t, "another text under the same key", 201, "")
	if a.Header.Get("Idempotency-Replayed") != "" {
		t.Error("a refused request was replayed")
	}
	if b.User("owner").Organiser().String() != a.Body["fairness"].(map[string]any)["organiser"] || a.Body["fairness"].(map[string]any)["seq"] != 1.0 {
		t.Errorf("a refused request took a place in the chain: %s", a.Text)
	}
}

func TestATextForReviewIsHeldInEveryField(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	token := b.user(t, "owner")
	for field, review := range fieldsOf("for REVIEW") {
		if e := b.create(t, token, review); !e.Held || e.HeldBecause != inReview || e.Me == nil || !e.Me.Owner {
			t.Errorf("%s: held %t because of %q, %+v", field, e.Held, e.HeldBecause, e.Me)
		}
	}
}

// TestAnOutageHoldsAnEventAndItsEndPublishesIt has WeChat fail in every way that it can.
func TestAnOutageHoldsAnEventAndItsEndPublishesIt(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner, stranger := b.user(t, "owner"), b.user(t, "stranger")
	for what, f := range map[string]wechatsim.Fault{
		"a server error":           {API: textCheck, Status: 502},
		"a page of HTML":           {API: textCheck, HTML: true},
		"half an answer":           {API: textCheck, Truncate: true},
		"no answer":                {API: textCheck, Drop: true},
		"busy":                     {API: textCheck, ErrCode: -1},
		"the user is inactive":     {API: textCheck, ErrCode: 61010},
		"a wrong app id":           {API: textCheck, ErrCode: 40013},
		"the quota is used up":     {API: textCheck, ErrCode: 45009},
		"a token that none cures":  {API: textCheck, ErrCode: 40001},
		"an errcode nobody knows":  {API: textCheck, ErrCode: 99999},
		"a redirect":               {API: textCheck, Status: 302},
		"a user WeChat never knew": {API: textCheck, ErrCode: 40003},
	} {
		b.fails(t, f)
		e := b.create(t, owner)
		if !e.Held || e.HeldBecause != noAnswer {
			t.Errorf("%s: held %t because of %q", what, e.Held, e.HeldBecause)
		}
		b.Call("GET /events/"+e.ID, stranger, nil).Want(t, what+", a stranger", 404, "event_not_found")
		if e = b.look(t, b.Client, e.ID, owner); !e.Held || e.HeldBecause != noAnswer {
			t.Errorf("%s, opened: held %t because of %q", what, e.Held, e.HeldBecause)
		}
		b.sim.Heal(textCheck)
		if e = b.look(t, b.Client, e.ID, owner); e.Held || e.HeldBecause != "" {
			t.Errorf("%s, healed: held %t because of %q", what, e.Held, e.HeldBecause)
		}
		b.Call("GET /events/"+e.ID, stranger, nil).Want(t, what+", a stranger afterwards", 200, "")
	}
}

func TestWithoutATokenNothingIsPublished(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	b.fails(t, wechatsim.Fault{API: "stable_token", ErrCode: 40125})
	e := b.create(t, owner)
	if !e.Held || e.HeldBecause != noAnswer || b.asked(textCheck) != 0 {
		t.Errorf("held %t because of %q", e.Held, e.HeldBecause)
	}
	b.sim.Heal("stable_token")
	if e = b.look(t, b.Client, e.ID, owner); e.Held {
		t.Error("it goes on being held")
	}
}

// WeChat answers only about users who were there in the last two hours; its tokens live as long.
func TestAnInactiveUsersTextIsHeldUntilHeComesBack(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	must(t, b.sim.Advance(2*time.Hour+time.Minute))
	e := b.create(t, owner)
	if !e.Held || e.HeldBecause != noAnswer {
		t.Errorf("held %t because of %q", e.Held, e.HeldBecause)
	}
	if e = b.look(t, b.Client, e.ID, owner); !e.Held || e.HeldBecause != noAnswer {
		t.Errorf("opened with an old session: held %t because of %q", e.Held, e.HeldBecause)
	}
	if e = b.look(t, b.Client, e.ID, b.user(t, "owner")); e.Held || e.HeldBecause != "" {
		t.Errorf("he is back: held %t because of %q", e.Held, e.HeldBecause)
	}
	refused := 0
	for _, c := range b.sim.Log() {
		if c.API == textCheck && c.ErrCode == 61010 {
			refused++
		}
	}
	if refused != 2 {
		t.Errorf("WeChat found him inactive %d times", refused)
	}
}

// A check that takes its time, call by call, is given up, and the event is held, before its organiser gives up.
func TestASlowCheckHoldsTheEvent(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	b.fails(t, wechatsim.Fault{API: "stable_token", LatencyMS: 2600})
	b.fails(t, wechatsim.Fault{API: textCheck, LatencyMS: 2600, ErrCode: 40001}) // a new token is fetched, and it is tried again
	begin := time.Now()
	e := b.create(t, owner)
	if took := time.Since(begin); !e.Held || e.HeldBecause != noAnswer || took > 7*time.Second {
		t.Errorf("held %t because of %q after %s", e.Held, e.HeldBecause, took)
	}
}

// strangersFindNothing makes every call that somebody else can think of.
func (b *platformBench) strangersFindNothing(t *testing.T, when, id string, later time.Duration) {
	t.Helper()
	c, before := b.at(later), b.asked(textCheck)
	for who, token := range map[string]string{"anyone": "", "a stranger": b.user(t, "stranger")} {
		for _, call := range []string{
			"GET /events/%s", "GET /events/%s/winners", "GET /events/%s/proof", "GET /events/%s/tickets", "GET /events/%s/qrcode",
			"POST /events/%s/beacon", "POST /events/%s/read", "POST /events/%s/cancel", "DELETE /events/%s",
		} {
			var body any
			if strings.HasSuffix(call, "/beacon") {
				body = map[string]string{"signature": strings.Repeat("8", 96)}
			}
			a := c.Call(fmt.Sprintf(call, id), token, body)
			if token == "" && a.Code() == "login_required" {
				continue
			}
			a.Want(t, when+": "+call+" by "+who, 404, "event_not_found")
		}
	}
	if n := b.asked(textCheck); n != before {
		t.Errorf("%s: strangers had WeChat asked %d times", when, n-before)
	}
	if n := b.asked(codeMaker); n != 0 {
		t.Errorf("%s: strangers had %d codes made", when, n)
	}
}

func TestAHeldEventIsNotThereForOthers(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	e := b.create(t, owner, set("title", "REVIEW me"))
	b.strangersFindNothing(t, "held", e.ID, 0)
	b.strangersFindNothing(t, "after its lock", e.ID, 59*time.Minute+2*time.Second)
	if err := b.joinAs(t, e.ID, "stranger", false, 0); !errors.Is(err, lottery.ErrNotFound) {
		t.Errorf("joining: %v", err)
	}
	for call, want := range map[string]struct {
		status int
		code   string
	}{
		"GET /events/" + e.ID:              {200, ""},
		"GET /events/" + e.ID + "/winners": {409, "not_drawn_yet"},
		"GET /events/" + e.ID + "/proof":   {409, "not_locked_yet"},
		"GET /events/" + e.ID + "/tickets": {409, "not_locked_yet"},
		"POST /events/" + e.ID + "/read":   {404, "not_joined"},
	} {
		b.Call(call, owner, nil).Want(t, "the owner: "+call, want.status, want.code)
	}
	before := b.asked(textCheck)
	var list eventList
	b.Call("GET /events", owner, nil).Want(t, "his list", 200, "").Into(t, &list)
	if len(list.Events) != 1 || !list.Events[0].Held || list.Events[0].HeldBecause != "" || b.asked(textCheck) != before {
		t.Errorf("%+v", list.Events)
	}
	b.Call("POST /events/"+e.ID+"/cancel", owner, nil).Want(t, "the owner cancels", 200, "")
	b.strangersFindNothing(t, "canceled", e.ID, 0)
	b.Call("DELETE /events/"+e.ID, owner, nil).Want(t, "the owner deletes", 204, "")
	b.strangersFindNothing(t, "deleted", e.ID, 0)
}

func TestAHeldEventIsCheckedAgainWheneverItsOwnerOpensIt(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	notThere := func(what, id string) {
		t.Helper()
		if err := b.joinAs(t, id, "alice", false, 0); !errors.Is(err, lottery.ErrNotFound) {
			t.Errorf("%s: joining: %v", what, err)
		}
		b.Call("GET /events/"+id, "", nil).Want(t, what+": anyone", 404, "event_not_found")
	}
	for title, want := range map[string]string{"harmless": "", "REVIEW": inReview, "RISKY": rejected} {
		e := b.hold(t, owner, set("title", title))
		notThere(title+", created", e.ID)
		b.fails(t, wechatsim.Fault{API: textCheck, Drop: true, N: 1})
		if e = b.look(t, b.Client, e.ID, owner); !e.Held || e.HeldBecause != noAnswer {
			t.Errorf("%s, still no answer: held %t because of %q", title, e.Held, e.HeldBecause)
		}
		notThere(title+", still no answer", e.ID)
		for range 2 {
			before := b.asked(textCheck)
			wasHeld := e.Held
			e = b.look(t, b.Client, e.ID, owner)
			if e.Held != (want != "") || e.HeldBecause != want || e.Status != "init" {
				t.Errorf("%s: held %t because of %q, %s", title, e.Held, e.HeldBecause, e.Status)
			}
			if n := b.asked(textCheck) - before; (n == 1) != wasHeld || n > 1 {
				t.Errorf("%s: WeChat was asked %d times", title, n)
			}
			if e.Held {
				notThere(title, e.ID)
			}
		}
		if want != "" {
			continue
		}
		must(t, b.joinAs(t, e.ID, "alice", false, 0))
		b.look(t, b.Client, e.ID, "")
	}
}

func TestAnEventStillHeldAtItsLockIsCanceled(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	e := b.hold(t, owner)
	locked := 59*time.Minute + 2*time.Second
	before := b.asked(textCheck)
	if seen := b.look(t, b.at(locked), e.ID, owner); !seen.Held || seen.HeldBecause != "" || seen.Status != "opening" {
		t.Errorf("held %t because of %q, %s", seen.Held, seen.HeldBecause, seen.Status)
	}
	b.lock(t, b.event(t, e.ID), locked)
	seen := b.look(t, b.at(locked), e.ID, owner)
	if !seen.Held || seen.HeldBecause != "" || seen.Status != "canceled" || seen.CancelReason != "held" {
		t.Errorf("held %t because of %q, %s because of %q", seen.Held, seen.HeldBecause, seen.Status, seen.CancelReason)
	}
	if n := b.asked(textCheck); n != before {
		t.Errorf("WeChat was asked %d times about what nobody can join any more", n-before)
	}
	b.strangersFindNothing(t, "canceled", e.ID, locked)
	if n := b.count(t, "SELECT COUNT(*) FROM participants"); n != 0 {
		t.Errorf("%d participants", n)
	}
}

// What passes too late is not published: the worker may have looked already.
func TestACheckThatEndsAfterTheLockPublishesNothing(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	e := b.hold(t, owner)
	b.fails(t, wechatsim.Fault{API: textCheck, LatencyMS: 2500, N: 1})
	seen := b.look(t, b.at(time.Until(b.event(t, e.ID).LockAt)-2*time.Second), e.ID, owner)
	if !seen.Held || seen.HeldBecause != "" || seen.Status != "opening" {
		t.Errorf("held %t because of %q, %s", seen.Held, seen.HeldBecause, seen.Status)
	}
	if !b.event(t, e.ID).Held {
		t.Error("it is published")
	}
}

func TestARepeatedCreationHasWeChatAskedOnce(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	body := good(set("title", "RISKY, says WeChat when it is back"))
	b.fails(t, wechatsim.Fault{API: textCheck, Status: 502, N: 1})
	var first eventView
	b.Call("POST /events", owner, body, "Idempotency-Key", "one").Want(t, "create", 201, "").Into(t, &first)
	for what, later := range map[string]time.Duration{
		"at once": 0, "when it is too late to create one": 59*time.Minute - 10*time.Second, "after the draw was due": 2 * time.Hour,
	} {
		var again eventView
		a := b.at(later).Call("POST /events", owner, body, "Idempotency-Key", "one").Want(t, what, 201, "")
		a.Into(t, &again)
		if again.ID != first.ID || !again.Held || again.HeldBecause != "" || a.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s: %s", what, a.Text)
		}
	}
	b.Call("POST /events", owner, good(set("title", "RISKY too")), "Idempotency-Key", "one").Want(t, "another body", 409, "idempotency_conflict")
	if n := b.asked(textCheck); n != 1 {
		t.Errorf("WeChat was asked %d times", n)
	}
	if n := b.count(t, "SELECT COUNT(*) FROM events"); n != 1 {
		t.Errorf("%d events", n)
	}
}

// Of creations at once WeChat may think differently; what is stored is what all of them answer.
func TestCreationsAtOnceAgreeOnWhatIsHeld(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	for round := range 3 {
		b.fails(t, wechatsim.Fault{API: textCheck, Status: 502, Every: 2})
		key, body := fmt.Sprint("key-", round), good()
		var mu sync.Mutex
		var wg sync.WaitGroup
		answers, created := map[string]int{}, 0
		for range 8 {
			wg.Go(func() {
				var e eventView
				a := b.Call("POST /events", owner, body, "Idempotency-Key", key).Want(t, "create", 201, "")
				a.Into(t, &e)
				mu.Lock()
				defer mu.Unlock()
				answers[fmt.Sprint(e.ID, " held ", e.Held)]++
				if a.Header.Get("Idempotency-Replayed") == "" {
					created++
				}
				if e.HeldBecause != "" && !e.Held {
					t.Errorf("it is not held because of %q", e.HeldBecause)
				}
			})
		}
		wg.Wait()
		b.sim.Heal(textCheck)
		if len(answers) != 1 || created != 1 {
			t.Errorf("%d created: %v", created, answers)
		}
	}
}

// publisher passes an event while it is asked for its opinion of it.
type publisher struct {
	platform
	publish func()
}

func (p publisher) CheckText(context.Context, wechat.Text) (wechat.Verdict, error) {
	p.publish()
	return wechat.Review, nil
}

func TestAnotherLookOfTheOwnersMayHavePublishedIt(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	e := b.hold(t, owner)
	s := b.server(0)
	s.platform = publisher{publish: func() { b.look(t, b.Client, e.ID, owner) }}
	if seen := b.look(t, b.Serve(s.routes().Handler()), e.ID, owner); seen.Held || seen.HeldBecause != "" {
		t.Errorf("held %t because of %q", seen.Held, seen.HeldBecause)
	}
}

// The function's clock only spares WeChat a question; where the database's says that it is too late, nothing is stored.
func TestTheDatabasesClockDecidesWhatIsTooSoon(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	for what, shift := range map[string]time.Duration{"the database is ahead": 2 * time.Hour, "the function is ahead": 0} {
		c := b.at(shift, func(s *server) { s.now = func() time.Time { return time.Now().Add(2*time.Hour - shift) } })
		c.Call("POST /events", owner, good(set("notify", true))).Want(t, what, 400, "invalid_draw_at")
	}
	if events, asked := b.count(t, "SELECT COUNT(*) FROM events"), b.asked(textCheck); events != 0 || asked != 1 {
		t.Errorf("%d events, WeChat was asked %d times", events, asked)
	}
}

func TestWhatIsRefusedAnywayIsNotAskedAbout(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	soon := func(d time.Duration) string { return time.Now().Add(d).Truncate(time.Second).Format(time.RFC3339) }
	risky := set("title", "RISKY")
	for what, c := range map[string]struct {
		body   request
		key    string
		status int
		code   string
	}{
		"too soon":     {good(risky, set("draw_at", soon(time.Minute))), "k", 400, "invalid_draw_at"},
		"past":         {good(risky, set("draw_at", soon(-time.Hour))), "k", 400, "invalid_draw_at"},
		"too far away": {good(risky, set("draw_at", soon(91*24*time.Hour))), "k", 400, "invalid_draw_at"},
		"no instant":   {good(risky, set("draw_at", "tomorrow")), "k", 400, "invalid_draw_at"},
		"no prizes":    {good(risky, set("prizes", []request{})), "k", 400, "invalid_prizes"},
		"a bad key":    {good(risky), "a b", 400, "invalid_idempotency_key"},
		"a bad word":   {good(risky, set("description", "彩票")), "k", 422, "text_rejected"},
	} {
		b.Call("POST /events", owner, c.body, "Idempotency-Key", c.key).Want(t, what, c.status, c.code)
	}
	b.Call("POST /events", "", good(risky)).Want(t, "nobody", 401, "login_required")
	if n := b.asked(textCheck); n != 0 {
		t.Errorf("WeChat was asked %d times", n)
	}
}

func TestWithoutAPlatformNothingIsChecked(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	held := b.hold(t, owner, set("title", "REVIEW"))
	c := b.at(0, withoutPlatform)
	before := len(b.sim.Log())
	var e eventView
	c.Call("POST /events", owner, good(set("title", "RISKY"))).Want(t, "create", 201, "").Into(t, &e)
	if e.Held || e.HeldBecause != "" {
		t.Errorf("held %t because of %q", e.Held, e.HeldBecause)
	}
	c.Call("GET /events/"+e.ID+"/qrcode", "", nil).Want(t, "its share code", 404, "qrcode_not_found")
	c.Call("GET /events/"+lottery.NewEventID().String()+"/qrcode", "", nil).Want(t, "that of nothing", 404, "event_not_found")
	c.Call("GET /events/"+held.ID, "", nil).Want(t, "a held one from before", 404, "event_not_found")
	if seen := b.look(t, c, held.ID, owner); seen.Held || seen.HeldBecause != "" {
		t.Errorf("opened by its owner it is held %t because of %q", seen.Held, seen.HeldBecause)
	}
	c.Call("GET /events/"+held.ID, "", nil).Want(t, "a held one, opened by its owner", 200, "")
	must(t, b.joinAs(t, held.ID, "alice", false, 0))
	if n := len(b.sim.Log()); n != before {
		t.Errorf("WeChat was asked %d times", n-before)
	}
}

// TestTextsAndOpenidsStayOutOfLogsAndErrors is not parallel: the logger is the process's own.
func TestTextsAndOpenidsStayOutOfLogsAndErrors(t *testing.T) {
	b := newPlatformBench(t)
	owner := b.user(t, "owner-openid-")
	token := b.accessToken(t)
	log := testlog.Capture(t)
	const text = "a very private text"
	private := func(r request) {
		for field, change := range fieldsOf(text + " ") {
			if field != "a prize's name" {
				change(r)
			}
		}
		r["prizes"] = []request{{"name": text, "quantity": 1}}
	}
	clean := func(what, answer string) {
		t.Helper()
		for name, word := range map[string]string{
			"the openid": b.OpenID("owner-openid-"), "the session": owner, "the app's secret": "app-secret", "the access token": token,
		} {
			if strings.Contains(answer, word) || strings.Contains(log.String(), word) {
				t.Errorf("%s: %s is in the answer %s or in the log\n%s", what, name, answer, log.String())
			}
		}
		if strings.Contains(log.String(), text) || strings.Contains(log.String(), "REVIEW") || strings.Contains(log.String(), "RISKY") {
			t.Errorf("%s: the text is in the log\n%s", what, log.String())
		}
	}
	lines := 0
	for what, f := range map[string]wechatsim.Fault{
		"status": {Status: 502}, "HTML": {HTML: true}, "half": {Truncate: true}, "drop": {Drop: true}, "busy": {ErrCode: -1},
		"inactive": {ErrCode: 61010}, "app id": {ErrCode: 40013}, "token": {ErrCode: 40001},
	} {
		f.API = textCheck
		b.fails(t, f)
		e := b.create(t, owner, private)
		clean(what, b.Call("GET /events/"+e.ID, owner, nil).Want(t, what, 200, "").Text)
		b.sim.Heal(textCheck)
		if n := strings.Count(log.String(), `"msg":"text not checked"`); n != lines+2 {
			t.Errorf("%s: %d lines say that a text was not checked", what, n-lines)
		}
		lines += 2
		f.API = codeMaker
		b.fails(t, f)
		a := b.Call("GET /events/"+e.ID+"/qrcode", owner, nil)
		b.sim.Heal(codeMaker)
		if a.Status < 500 || strings.Contains(a.Text, text) {
			t.Errorf("%s: the share code: %d %s", what, a.Status, a.Text)
		}
		clean(what+", the share code", a.Text)
	}
	for _, word := range []string{"RISKY", "彩票"} {
		a := b.Call("POST /events", owner, good(private, set("title", text+word))).Want(t, word, 422, "text_rejected")
		if strings.Contains(a.Text, text) {
			t.Errorf("the refusal repeats the text: %s", a.Text)
		}
		clean(word, a.Text)
	}
	b.create(t, owner, private, set("title", text+"REVIEW"))
	clean("review", "")
	if !strings.Contains(log.String(), `"request_id":"`) || !strings.Contains(log.String(), "errcode 40013") {
		t.Errorf("the log does not say what went wrong, and of which request\n%s", log.String())
	}
}
