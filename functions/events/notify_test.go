package main

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// credits is how many messages a user has agreed to.
func (b *bench) credits(t *testing.T, user, template string) int {
	t.Helper()
	id := b.User(user)
	return b.count(t, "SELECT COALESCE(SUM(credits), 0) FROM credits WHERE user_id = ? AND template_id = ?", id[:], []byte(template))
}

func TestTemplatesAreShownOnlyWhereMessagesAreSent(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t)
	owner := b.user(t, "owner")
	e := b.create(t, owner)
	for what, c := range map[string]struct {
		templates store.Templates
		event     string
		list      *templateList
	}{
		"none":             {},
		"both":             {store.Templates{Participant: "p", Organiser: "o"}, "p", &templateList{"p", "o"}},
		"participant only": {store.Templates{Participant: "p"}, "p", &templateList{Participant: "p"}},
		"organiser only":   {store.Templates{Organiser: "o"}, "", &templateList{Organiser: "o"}},
	} {
		client := b.at(0, func(s *server) { s.templates = c.templates })
		for _, token := range []string{"", owner} {
			if got := b.look(t, client, e.ID, token).Template; got != c.event {
				t.Errorf("%s: the event has %q", what, got)
			}
		}
		for _, role := range []string{"", "?role=joined", "?role=won"} {
			var list eventList
			client.Call("GET /events"+role, owner, nil).Want(t, what, 200, "").Into(t, &list)
			if diff := cmp.Diff(c.list, list.Templates); diff != "" {
				t.Errorf("%s: the list %q has %s", what, role, diff)
			}
		}
	}
}

func TestAnOrganiserWhoWishesAMessageHasAgreedToOne(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t, withTemplates)
	owner := b.user(t, "owner")
	body := good(set("notify", true))
	for range 3 {
		b.Call("POST /events", owner, body, "Idempotency-Key", "one").Want(t, "create", 201, "")
	}
	if n := b.credits(t, "owner", "organiser-template"); n != 1 {
		t.Errorf("one event and its repeats: %d credits", n)
	}
	without := maps.Clone(body)
	without["notify"] = false
	b.Call("POST /events", owner, without).Want(t, "without a wish", 201, "")
	b.Call("POST /events", owner, good()).Want(t, "not said", 201, "")
	for _, refused := range []func(request){set("title", "RISKY"), set("title", "彩票"), set("draw_at", "x"), set("conditions", " ")} {
		if a := b.Call("POST /events", owner, good(set("notify", true), refused)); a.Status < 400 {
			t.Errorf("%d", a.Status)
		}
	}
	if n := b.credits(t, "owner", "organiser-template"); n != 1 {
		t.Errorf("without a wish, or refused: %d credits", n)
	}
	b.Call("POST /events", owner, good(set("notify", true), set("title", "REVIEW"))).Want(t, "a held one", 201, "")
	if n := b.credits(t, "owner", "organiser-template"); n != 2 {
		t.Errorf("a second event, though it is held: %d credits", n)
	}
	b.at(0).Call("POST /events", owner, body).Want(t, "where no messages are sent", 201, "")
	if n := b.count(t, "SELECT SUM(credits) FROM credits"); n != 2 {
		t.Errorf("where no messages are sent: %d credits in all", n)
	}
}

// ended makes an event that has been drawn: alice, bob and carol wish a message, dave does not.
func (b *platformBench) ended(t *testing.T, owner string, change ...func(request)) eventView {
	t.Helper()
	e := b.create(t, owner, change...)
	for name, notify := range map[string]bool{"alice": true, "bob": true, "carol": true, "dave": false} {
		must(t, b.joinAs(t, e.ID, name, notify, 0))
	}
	return e
}

func TestHowFarTheMessagesAreIsTheOrganisersToSee(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t, withTemplates)
	owner := b.user(t, "owner")
	templates := store.Templates{Participant: "participant-template", Organiser: "organiser-template"}
	e := b.ended(t, owner, set("notify", true))
	stored := b.event(t, e.ID)
	seen := func(when string, want *noticeView) {
		t.Helper()
		if diff := cmp.Diff(want, b.look(t, b.Client, e.ID, owner).Messages); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
		for who, token := range map[string]string{"anyone": "", "alice": b.Token("alice"), "a stranger": b.Token("stranger")} {
			if m := b.look(t, b.Client, e.ID, token).Messages; m != nil {
				t.Errorf("%s: %s sees %+v", when, who, m)
			}
		}
		for _, role := range []string{"created", "joined"} {
			var list eventList
			b.Call("GET /events?role="+role, owner, nil).Want(t, "list", 200, "").Into(t, &list)
			for _, e := range list.Events {
				if e.Messages != nil {
					t.Errorf("%s: the list %s has %+v", when, role, e.Messages)
				}
			}
		}
	}
	seen("open", nil)
	b.finish(t, stored, 61*time.Minute, false)
	seen("locked", nil)
	b.open(t, stored, 61*time.Minute)
	seen("drawn, and nobody has begun", nil)
	ctx, later, token := context.Background(), b.Later(62*time.Minute), [16]byte{1}
	settle := func(d store.Delivery, state store.State) {
		t.Helper()
		o := store.Outcome{Delivery: d, State: state}
		if state != store.Sent {
			o.Reason = "a test"
		}
		must(t, later.Settle(ctx, token, templates, []store.Outcome{o}))
	}
	claim := func(limit int) (participants []store.Delivery) {
		t.Helper()
		post, err := later.ClaimDeliveries(ctx, token, templates, limit, true)
		must(t, err)
		for _, d := range post.Deliveries {
			if d.Organiser {
				settle(d, store.Sent) // it is not counted
				continue
			}
			participants = append(participants, d)
		}
		return participants
	}
	first := claim(2) // the organiser, and one more
	seen("one is listed", &noticeView{Wanted: 1})
	settle(first[0], store.Sent)
	seen("that one has it", &noticeView{Wanted: 1, Sent: 1})
	rest := claim(100)
	if len(first) != 1 || len(rest) != 2 {
		t.Fatalf("%d, then %d", len(first), len(rest))
	}
	seen("all are listed", &noticeView{Wanted: 3, Sent: 1})
	settle(rest[0], store.Refused)
	seen("one refused", &noticeView{Wanted: 3, Sent: 1, Refused: 1})
	settle(rest[1], store.Dead)
	seen("done", &noticeView{Wanted: 3, Sent: 1, Refused: 1, Dead: 1, Done: true})
}

func TestMessagesAboutACanceledEventAreCountedToo(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t, withTemplates)
	owner := b.user(t, "owner")
	e := b.ended(t, owner)
	var canceled eventView
	b.Call("POST /events/"+e.ID+"/cancel", owner, nil).Want(t, "cancel", 200, "").Into(t, &canceled)
	if canceled.Messages != nil {
		t.Errorf("at once: %+v", canceled.Messages)
	}
	_, err := b.Store.ClaimDeliveries(context.Background(), [16]byte{1}, store.Templates{Participant: "participant-template"}, 100, true)
	must(t, err)
	b.Call("POST /events/"+e.ID+"/cancel", owner, nil).Want(t, "cancel again", 200, "").Into(t, &canceled)
	if diff := cmp.Diff(&noticeView{Wanted: 3}, canceled.Messages); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutAnyWishThereAreNoMessages(t *testing.T) {
	t.Parallel()
	b := newPlatformBench(t, withTemplates)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
	b.Join(e, "alice")
	b.finish(t, e, 61*time.Minute, true)
	_, err := b.Later(62*time.Minute).ClaimDeliveries(context.Background(), [16]byte{1}, b.server(0, withTemplates).templates, 100, true)
	must(t, err)
	if m := b.look(t, b.Client, e.ID.String(), b.Token("owner")).Messages; m != nil {
		t.Errorf("%+v", m)
	}
}
