package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

var pot = lottery.Prize{Name: "Pot", Quantity: 3}

// whole reads the whole list of an event, some tickets at a time.
func whole(t *testing.T, c *servicetest.Client, e *lottery.Event) []byte {
	t.Helper()
	all := []byte{}
	for {
		var page ticketPage
		c.Call(fmt.Sprintf("GET /events/%s/tickets?from=%d&limit=7", e.ID, len(all)/16), "", nil).Want(t, "tickets", 200, "").Into(t, &page)
		some, err := base64.StdEncoding.DecodeString(page.Tickets)
		must(t, err)
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}

// TestWhoeverHasTheAddressCanRecheckTheDraw looks at a draw as a stranger with a browser does: he has what the service answers.
func TestWhoeverHasTheAddressCanRecheckTheDraw(t *testing.T) {
	t.Parallel()
	for _, mode := range []uint8{vdraw.ModeTrusted, vdraw.ModeBeacon} {
		b := newBench(t)
		e := b.Event("owner", time.Hour, pot)
		if mode == vdraw.ModeBeacon {
			e = b.provable(time.Hour, pot)
		}
		var names []string
		for i := range 20 {
			names = append(names, fmt.Sprint("user-", i))
		}
		b.Join(e, names...)
		path := "GET /events/" + e.ID.String()
		for _, call := range []string{"/proof", "/tickets"} {
			b.Call(path+call, "", nil).Want(t, "before the lock", 409, "not_locked_yet")
		}
		b.finish(t, e, time.Hour-30*time.Second, false)
		var made, locked eventView
		b.Call(path, "", nil).Want(t, "the event", 200, "").Into(t, &made)
		c := b.at(time.Hour - 20*time.Second)
		c.Call(path, "", nil).Want(t, "locked", 200, "").Into(t, &locked)
		given := vdraw.Given{
			Manifest: &made.Fairness.Manifest, Rules: &made.Fairness.RulesText, Lock: &locked.Fairness.Lock.Digest,
			Key: e.OperatorKey[:], Chains: []vdraw.Chain{b.chain}, Tickets: whole(t, c, e),
		}
		before := c.Call(path+"/proof", "", nil).Want(t, "the proof before the draw", 200, "")
		if r := vdraw.Check([]byte(before.Text), given); r.Failed() || r.Drawn || before.Header.Get("ETag") != "" {
			t.Errorf("mode %d, before the draw: %+v", mode, r)
		}
		b.open(t, e, time.Hour+2*time.Second)
		c = b.at(time.Hour + 3*time.Second)
		after := c.Call(path+"/proof", "", nil).Want(t, "the proof", 200, "")
		given.Tickets = whole(t, c, e)
		ticket, err := b.Keys.Ticket(1, e.ID, b.OpenID("user-7"))
		must(t, err)
		given.Ticket = &ticket
		r := vdraw.Check([]byte(after.Text), given)
		for _, s := range r.Steps {
			if s.Outcome != vdraw.OK && s.Finding.Code != "signature.trusted" {
				t.Errorf("mode %d: step %d: %s, %s", mode, s.Number, s.Outcome, s.Finding.En)
			}
		}
		if r.Trusted != (mode == vdraw.ModeTrusted) || r.Late {
			t.Errorf("mode %d: %+v", mode, r)
		}
	}
}

func TestADrawnProofAndListMayBeKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.provable(time.Hour, pot)
	b.Join(e, "alice", "bob")
	b.finish(t, e, time.Hour-30*time.Second, false)
	b.open(t, e, time.Hour+2*time.Second)
	c := b.at(time.Hour + 3*time.Second)
	for _, call := range []string{"/proof", "/tickets", "/tickets?from=1"} {
		path := "GET /events/" + e.ID.String() + call
		a := c.Call(path, "", nil).Want(t, call, 200, "")
		if !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || a.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", call, a.Header)
		}
		again := c.Call(path, "", nil, "If-None-Match", a.Header.Get("ETag")).Want(t, call+" again", 304, "")
		if again.Text != "" {
			t.Errorf("%s: 304 with a body", call)
		}
		c.Call(path, "", nil, "If-None-Match", `"x", `+a.Header.Get("ETag")).Want(t, call+" with a list of tags", 304, "")
		c.Call(path, "", nil, "If-None-Match", `W/"other"`).Want(t, call+" with another tag", 200, "")
	}
}

func TestMalformedQuestionsForTheListAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, pot)
	path := "GET /events/" + e.ID.String() + "/tickets"
	for _, from := range []string{"-1", "x", "1.0", "01", "4294967296", "%20"} {
		b.Call(path+"?from="+from, "", nil).Want(t, from, 400, "invalid_from")
	}
	b.Call(path+"?limit=0", "", nil).Want(t, "limit", 400, "invalid_limit")
	for _, call := range []string{"/proof", "/tickets"} {
		b.Call("GET /events/AAAAAAAAAAAAAAAAAAAAAA"+call, "", nil).Want(t, "no event", 404, "event_not_found")
		b.Call("GET /events/x"+call, "", nil).Want(t, "malformed", 404, "event_not_found")
		b.Call("GET /events/AAAAAAAAAAAAAAAAAAAAAA"+call, "bad", nil).Want(t, "a bad token", 401, "login_required")
	}
	_, _, err := b.Store.Cancel(context.Background(), e.ID, b.User("owner"), false)
	must(t, err)
	b.Call(path, "", nil).Want(t, "canceled before the lock", 409, "event_canceled")
}

// A void event goes on showing what was locked: that there was a draw to be made is no secret.
func TestAVoidEventShowsItsLockRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.provable(time.Hour, pot)
	b.Join(e, "alice")
	b.finish(t, e, time.Hour-30*time.Second, false)
	week := time.Hour + lottery.VoidAfter + time.Minute
	_, err := b.Later(week).Void(context.Background(), e.ID, 0)
	must(t, err)
	c := b.at(week)
	var v eventView
	c.Call("GET /events/"+e.ID.String(), "", nil).Want(t, "the event", 200, "").Into(t, &v)
	if v.CancelReason != "void" || v.Fairness.Lock == nil || v.Fairness.Lock.Secret == nil || v.Fairness.WaitingRound != 0 {
		t.Errorf("%+v", v)
	}
	a := c.Call("GET /events/"+e.ID.String()+"/proof", "", nil).Want(t, "the proof", 200, "")
	if r := vdraw.Check([]byte(a.Text), vdraw.Given{Chains: []vdraw.Chain{b.chain}, Tickets: whole(t, c, e)}); r.Failed() || r.Drawn {
		t.Errorf("%+v", r)
	}
}

func TestAnybodyCanBringTheRound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.provable(time.Hour, pot)
	b.Join(e, "alice")
	call, body := "POST /events/"+e.ID.String()+"/beacon", map[string]string{"signature": b.key.Sign(e.Round).String()}
	b.Call(call, "", body).Want(t, "before the lock", 409, "beacon_not_awaited")
	b.finish(t, e, time.Hour-30*time.Second, false)
	b.at(time.Hour-20*time.Second).Call(call, "", body).Want(t, "before the draw", 409, "beacon_not_awaited")

	c := b.at(time.Hour + 2*time.Second)
	var v eventView
	c.Call("GET /events/"+e.ID.String(), "", nil).Want(t, "waiting", 200, "").Into(t, &v)
	if v.Fairness.WaitingRound != e.Round || v.Status != "opening" {
		t.Errorf("%s, waiting for round %d", v.Status, v.Fairness.WaitingRound)
	}
	for _, bad := range []string{"", "x", strings.Repeat("0", 96), b.key.Sign(e.Round + 1).String(), strings.ToUpper(b.key.Sign(e.Round).String())} {
		c.Call(call, "", map[string]string{"signature": bad}).Want(t, bad, 400, "invalid_signature")
	}
	c.Call(call, "", `{"signature":5}`).Want(t, "no text", 400, "malformed")
	for range 2 {
		var a accepted
		c.Call(call, "", body).Want(t, "the right one", 202, "").Into(t, &a)
		if a.Round != e.Round {
			t.Errorf("%+v", a)
		}
	}
	stored, _, err := b.Store.Event(context.Background(), e.ID)
	must(t, err)
	if stored.Beacon == nil || *stored.Beacon != b.key.Sign(e.Round) {
		t.Error("it is not stored")
	}
	b.open(t, e, time.Hour+2*time.Second)
	c.Call(call, "", body).Want(t, "after the draw", 409, "event_opened")
	c.Call("POST /events/AAAAAAAAAAAAAAAAAAAAAA/beacon", "", body).Want(t, "no event", 404, "event_not_found")
	trusted := b.Event("owner", time.Hour, pot)
	b.finish(t, trusted, time.Hour-30*time.Second, false)
	c.Call("POST /events/"+trusted.ID.String()+"/beacon", "", body).Want(t, "mode 0", 409, "beacon_not_awaited")
}

// A late event waits for its late round, and takes no other.
func TestALateEventTakesItsLateRoundOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.provable(time.Hour, pot)
	b.finish(t, e, 2*time.Hour, false)
	e, _, err := b.Store.Event(context.Background(), e.ID)
	must(t, err)
	call := "POST /events/" + e.ID.String() + "/beacon"
	sign := func(round uint64) map[string]string {
		return map[string]string{"signature": b.key.Sign(round).String()}
	}
	b.at(2*time.Hour+10*time.Second).Call(call, "", sign(e.Record.LateRound)).Want(t, "before it is due", 409, "beacon_not_awaited")
	c := b.at(2*time.Hour + 40*time.Second)
	c.Call(call, "", sign(e.Round)).Want(t, "its own round", 400, "invalid_signature")
	c.Call(call, "", sign(e.Record.LateRound)).Want(t, "the late round", 202, "")
	var v eventView
	c.Call("GET /events/"+e.ID.String(), "", nil).Want(t, "the event", 200, "").Into(t, &v)
	if !v.Late || v.Fairness.Lock.Late != e.Record.LateRound || v.Fairness.WaitingRound != 0 { // the round is there, the draw follows
		t.Errorf("%+v", v)
	}
}

func TestEveryEventSaysWhatItsDrawRestsOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	quicknet := vdraw.Quicknet()
	for label, chain := range map[string]*vdraw.Chain{"operator-trusted": nil, "public-randomness": &quicknet, "development-beacon": &b.chain} {
		terms := servicetest.Terms
		terms.Chain = chain
		e := b.EventUnder(terms, "owner", time.Hour, pot)
		var v eventView
		b.Call("GET /events/"+e.ID.String(), "", nil).Want(t, label, 200, "").Into(t, &v)
		if v.Fairness.Label != label || v.Fairness.Organiser != e.Owner.Organiser().String() {
			t.Errorf("%+v", v.Fairness)
		}
	}
}

func TestAnOrganisersChainIsForEverybody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var manifests []string
	for range 5 {
		manifests = append(manifests, b.Event("owner", time.Hour, pot).Manifest.String())
	}
	slices.Reverse(manifests)
	path := "GET /events?owner=" + b.User("owner").Organiser().String()
	var got []string
	var view chainView
	for cursor := ""; ; cursor = "&cursor=" + view.Next {
		view = chainView{}
		a := b.Call(path+"&limit=2"+cursor, "", nil).Want(t, "the chain", 200, "")
		a.Into(t, &view)
		if strings.Contains(a.Text, "title") || strings.Contains(a.Text, `"id"`) || a.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s", a.Text)
		}
		for _, l := range view.Events {
			if l.End != "open" || l.Seq != uint64(5-len(got)) {
				t.Errorf("%+v", l)
			}
			got = append(got, l.Manifest.String())
		}
		if view.Next == "" {
			break
		}
	}
	if !slices.Equal(got, manifests) {
		t.Errorf("%v, want %v", got, manifests)
	}
	b.Call(path+"&cursor=0", "", nil).Want(t, "a bad cursor", 400, "invalid_cursor")
	b.Call(path+"&limit=x", "", nil).Want(t, "a bad limit", 400, "invalid_limit")
	for _, nobody := range []string{"", "x", b.User("alice").Organiser().String()} {
		b.Call("GET /events?owner="+nobody, "", nil).Want(t, "nobody "+nobody, 404, "organiser_not_found")
	}
	b.Call(path, "bad", nil).Want(t, "a bad token", 401, "login_required")
	b.Call("GET /events", "", nil).Want(t, "my own, without a token", 401, "login_required")
}

// TestAProofOfMostWinnersFits has as many winners as an event may have.
func TestAProofOfMostWinnersFits(t *testing.T) {
	t.Parallel()
	n := testdb.Scale(51_000, lottery.MaxWinners)
	b := newBench(t)
	e := b.provable(time.Hour, lottery.Prize{Name: "Cup", Quantity: n})
	b.fill(t, e, n)
	b.finish(t, e, time.Hour-30*time.Second, false)
	b.open(t, e, time.Hour+2*time.Second)
	path := "/events/" + e.ID.String() + "/proof"
	c := b.at(time.Hour + 3*time.Second)
	c.Call("GET "+path, "", nil).Want(t, "without gzip", 400, "invalid_accept_encoding")
	s := newServer(b.Service, b.Later(time.Hour+3*time.Second))
	r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
	r.Header.Set("Accept-Encoding", "br, gzip;q=0.5")
	w := httptest.NewRecorder()
	cloud.Wrap(s.routes().Handler()).ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len()*4/3 > cloud.AnswerLimit {
		t.Fatalf("%d, %v, %d bytes", w.Code, w.Header(), w.Body.Len())
	}
	body, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
	must(t, err)
	text, err := io.ReadAll(body)
	must(t, err)
	drawn, _, err := b.Store.Event(context.Background(), e.ID)
	must(t, err)
	tickets, err := b.Store.Tickets(context.Background(), drawn, 0, n)
	must(t, err)
	if r := vdraw.Check(text, vdraw.Given{Chains: []vdraw.Chain{b.chain}, Tickets: tickets}); r.Failed() {
		t.Errorf("%+v", r)
	}
}

// fill lets many in at once.
func (b *bench) fill(t *testing.T, e *lottery.Event, n int) {
	t.Helper()
	db := testdb.Connect(t, b.DSN)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	defer tx.Rollback()
	for from := 0; from < n; from += 500 {
		var values []string
		for i := from; i < min(from+500, n); i++ {
			ticket := vdraw.NewTicket([]byte("crowd"), e.ID, string(binary.BigEndian.AppendUint32(nil, uint32(i))))
			values = append(values, fmt.Sprintf("(X'%x', X'%s', X'%s', %d)", e.ID[:], ticket, hex.EncodeToString(ticket[:]), e.CreatedAt.Unix()))
		}
		_, err := tx.Exec("INSERT INTO participants (event_id, ticket, user_id, joined_at) VALUES " + strings.Join(values, ", "))
		must(t, err)
	}
	must(t, tx.Commit())
}
