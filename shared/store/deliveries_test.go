package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// TestALongListIsGoneThroughInPagesWithoutGapsOrRepeats has 1,200 among 3,000 who wish a message, and pages that end where the list
// does, a moment before and a moment after.
func TestALongListIsGoneThroughInPagesWithoutGapsOrRepeats(t *testing.T) {
	t.Parallel()
	l := newListed(t, 3000, 1200)
	for _, pages := range [][]int{{100}, {500, 1, 699, 1}, {1199}, {1200}, {1201}} {
		l.goThrough(func(page int) int { return pages[(page-1)%len(pages)] })
	}
}

func TestAListIsGoneThroughInPagesOfAnySize(t *testing.T) {
	sequences(t)
	t.Parallel()
	l := newListed(t, 150, 60)
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, rapid.SampledFrom([]int{3, 20, 70}).Draw(rt, "most"))
		l.goThrough(func(page int) int { return size.Draw(rt, fmt.Sprintf("page %d", page)) })
	})
}

// listed is an event that was canceled, and those who wish to hear of it.
type listed struct {
	*world
	db    *sql.DB
	event *lottery.Event
	ended int64
	users []lottery.UserID
}

func newListed(t *testing.T, all, wishing int) *listed {
	t.Helper()
	w := newWorld(t)
	l := &listed{world: w, db: testdb.Connect(t, w.dsn), event: w.hourAhead()}
	t.Cleanup(func() { l.db.Close() })
	l.users = sorted(w.audience(l.event, all, func(i int) bool { return i*wishing/all != (i+1)*wishing/all }))
	same(t, "users who wish a message", len(l.users), wishing)
	w.cancel(l.event)
	l.ended = w.tellAt(l.event)
	return l
}

// goesOn says that the list is not through.
func (l *listed) goesOn() (yes bool) {
	must(l.t, l.db.QueryRow(`SELECT tell_at_ms IS NOT NULL FROM events WHERE id = ?`, l.event.ID[:]).Scan(&yes))
	return yes
}

// goThrough begins the list anew and claims pages of these sizes until its end. It looks at each, and at all of them.
func (l *listed) goThrough(size func(page int) int) {
	l.t.Helper()
	for _, statement := range []string{`DELETE FROM deliveries`, `DELETE FROM notices`} {
		must(l.t, second(l.db.Exec(statement)))
	}
	must(l.t, second(l.db.Exec(`UPDATE events SET tell_at_ms = ?`, l.ended)))
	var got []store.Delivery
	for page := 1; l.goesOn(); page++ {
		limit := size(page)
		if n := l.notice(l.event); n.Done {
			l.t.Fatalf("done before the end of the list: %+v", n)
		}
		if some := l.claim(l.store, 1, limit, false).Deliveries; len(some) > 0 {
			l.t.Fatalf("%d messages though nothing new was asked for", len(some))
		}
		some := l.claim(l.store, 1, limit, true).Deliveries
		if len(some) > limit || len(some) < limit && l.goesOn() {
			l.t.Fatalf("%d messages on a page of %d, and the list goes on", len(some), limit)
		}
		got = append(got, some...)
		if n := l.notice(l.event); n.Wanted != len(got) {
			l.t.Fatalf("%d were listed, %d are counted", len(got), n.Wanted)
		}
	}
	same(l.t, "who is told", users(got), l.users)
	same(l.t, "rows", l.number(`SELECT COUNT(*) FROM deliveries`), int64(len(l.users)))
	same(l.t, "messages to the organiser", l.number(`SELECT COUNT(*) FROM deliveries WHERE user_id = ?`, l.owner[:]), int64(0))
	same(l.t, "messages after the end", len(l.claim(l.store, 1, 100, true).Deliveries), 0)
}

// TestWorkersThatOverlapShareWithoutOverlap has eight of them claim until nothing is left, first from the list, then what is due
// again.
func TestWorkersThatOverlapShareWithoutOverlap(t *testing.T) {
	t.Parallel()
	for isolation, world := range isolations {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			s := w.past()
			e, also := w.watched(), w.hourAhead()
			want := append(w.audience(e, 400, everybody), w.owner)
			want = append(want, w.audience(also, 100, everybody)...)
			w.drawn(s, e)
			w.drawn(s, also)
			posts := w.shareOut(s, len(want), true)
			same(t, "who is told", users(flat(posts)), sorted(want))
			for _, p := range posts {
				w.settle(s, p, store.Outcome{})
			}
			posts = w.shareOut(w.later(61*time.Minute+time.Second), len(want), false)
			same(t, "who is told then", users(flat(posts)), sorted(want))
			same(t, "doubts", w.doubts(e)+w.doubts(also), 0)
			same(t, "notice", w.notice(e), store.Notice{Wanted: 400})
			same(t, "the other notice", w.notice(also), store.Notice{Wanted: 100})
		})
	}
}

// shareOut lets eight workers claim until they have n messages, or had ten seconds for it.
func (w *world) shareOut(s *store.Store, n int, fresh bool) (posts []store.Post) {
	w.t.Helper()
	var mu sync.Mutex
	had := 0
	atOnce(w.t, 8, func(i int) error {
		for begin := time.Now(); time.Since(begin) < 10*time.Second; {
			p, err := s.ClaimDeliveries(context.Background(), [16]byte{byte(i + 1)}, templates, 17+i, fresh)
			if err != nil || len(p.Faults) > 0 {
				return fmt.Errorf("%w, %v", err, p.Faults)
			}
			mu.Lock()
			posts, had = append(posts, p), had+len(p.Deliveries)
			enough := had >= n
			mu.Unlock()
			if enough {
				break
			}
		}
		return nil
	})
	return posts
}

func flat(posts []store.Post) (all []store.Delivery) {
	for _, p := range posts {
		all = append(all, p.Deliveries...)
	}
	return all
}

func TestAClaimThatEndedWithoutAWordComesBackAndIsADoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.canceled(10)
	after := func(leases int) *store.Store {
		return w.later(time.Duration(leases) * (store.DeliveryLease + time.Second))
	}
	silent := w.claim(w.store, 1, 4, true)
	released := w.claim(w.store, 2, 4, true)
	w.settle(w.store, released, store.Outcome{})
	same(t, "messages that were given back", users(w.claim(w.later(time.Millisecond), 3, 10, false).Deliveries), users(released.Deliveries))
	same(t, "doubts while the claim lasts", w.doubts(e), 0)
	if n := len(w.claim(w.later(store.DeliveryLease-15*time.Second), 4, 10, false).Deliveries); n != 0 {
		t.Errorf("%d messages were claimed before the leases ended", n)
	}
	for i, want := range []int{8, 16, 24} { // each time more: the third claim said nothing, either
		again := w.claim(after(i+1), 5, 8, false)
		same(t, "messages that come back", len(again.Deliveries), 8)
		same(t, fmt.Sprintf("doubts after %d leases", i+1), w.doubts(e), want)
	}
	last := w.claim(after(4), 6, 8, false)
	w.settle(after(4), last, store.Outcome{Pause: time.Second})
	same(t, "doubts", w.doubts(e), 32)
	w.claim(after(5), 7, 8, false)
	same(t, "doubts of what was given back", w.doubts(e), 32)
	same(t, "doubts of another event", w.doubts(w.hourAhead()), 0)
	same(t, "messages that were never claimed", len(silent.Deliveries)+len(released.Deliveries)+len(w.claim(after(5), 8, 10, true).Deliveries), 10)
}

func TestAClaimThatLostItsMessagesCannotSettleThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.canceled(6)
	slow := w.claim(w.store, 1, 7, true)
	kept := store.Post{Token: slow.Token, Deliveries: slow.Deliveries[:2]}
	lost := store.Post{Token: slow.Token, Deliveries: slow.Deliveries[2:]}
	w.settle(w.store, kept, store.Outcome{State: store.Sent})
	after := w.later(store.DeliveryLease + time.Second)
	quick := w.claim(after, 2, 10, false)
	same(t, "messages of the quick one", users(quick.Deliveries), users(lost.Deliveries))
	for _, o := range []store.Outcome{{State: store.Sent}, {State: store.Refused, Reason: "43101"}, {State: store.Dead, Reason: "x"}, {Pause: time.Hour, Tried: true}} {
		w.settle(after, lost, o)
		same(t, "notice", w.notice(e), store.Notice{Wanted: 6, Sent: 2})
	}
	same(t, "rows of the quick one", w.number(`
		SELECT COUNT(*)
		FROM deliveries
		WHERE state = 0 AND claim_token IS NOT NULL AND reason IS NULL AND tries = 0 AND ended_at_ms IS NULL`), int64(4))
	w.settle(after, quick, store.Outcome{State: store.Refused, Reason: "43101"})
	w.settle(after, quick, store.Outcome{State: store.Sent}) // it has ended
	w.settle(w.store, kept, store.Outcome{State: store.Dead, Reason: "x"})
	same(t, "notice", w.notice(e), store.Notice{Wanted: 6, Sent: 2, Refused: 4, Done: true})
	same(t, "messages that come back", len(w.claim(w.later(time.Hour), 3, 10, true).Deliveries), 0)
}

// TestAMessageSaysWhatIsNeededToWriteIt draws an event and looks at what its readers' messages carry.
func TestAMessageSaysWhatIsNeededToWriteIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, s := context.Background(), w.past()
	e := w.watched()
	for _, name := range names(5) {
		must(t, w.wish(e, w.guest(name, e), true))
	}
	more := w.user("user-1")
	w.exec(`UPDATE credits SET credits = 3 WHERE user_id = ?`, more[:])
	none := w.user("user-2")
	w.exec(`DELETE FROM credits WHERE user_id = ?`, none[:])
	w.exec(`INSERT INTO credits (user_id, template_id, credits) VALUES (?, ?, 7)`, w.owner[:], []byte(templates.Organiser))
	w.exec(`INSERT INTO credits (user_id, template_id, credits) VALUES (?, ?, 9)`, w.owner[:], []byte(templates.Participant))
	w.exec(`INSERT INTO credits (user_id, template_id, credits) VALUES (?, ?, 9)`, more[:], []byte(templates.Organiser))
	want := map[string]store.Delivery{"owner": {Event: e.ID, User: w.owner, OpenID: "owner", Organiser: true, Credits: 7}}
	for _, name := range names(5) {
		want[name] = store.Delivery{Event: e.ID, User: w.user(name), OpenID: name, Credits: 1}
	}
	for name, credits := range map[string]int{"user-1": 3, "user-2": 0} {
		d := want[name]
		d.Credits = credits
		want[name] = d
	}
	for _, winner := range w.drawn(s, e) {
		for name, d := range want {
			if d.User == winner.User {
				d.Place = winner.Place
				want[name] = d
			}
		}
	}
	result := w.read(s, e).Result
	for name, d := range want {
		d.EndedAt = result.DrawnAt
		want[name] = d
	}
	before := w.now(s)
	p := w.claim(s, 1, 100, true)
	within(t, "the clock", p.Now, before, w.now(s))
	got := map[string]store.Delivery{}
	for _, d := range p.Deliveries {
		got[d.OpenID] = d
	}
	same(t, "messages", got, want)

	// The second time there is one more try to tell of, and other templates have other credits.
	w.settle(s, p, store.Outcome{Tried: true, Reason: "-1"})
	p, err := w.later(2*time.Hour).ClaimDeliveries(ctx, [16]byte{2}, store.Templates{Participant: "other", Organiser: templates.Participant}, 100, true)
	must(t, err)
	same(t, "messages", len(p.Deliveries), len(want))
	for _, d := range p.Deliveries {
		credits := 0
		if d.Organiser {
			credits = 9
		}
		same(t, d.OpenID+": tries and credits", []int{d.Tries, d.Credits}, []int{1, credits})
	}
}

func TestTheNewsOfACanceledEventIsAsOldAsItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.canceled(1)
	p := w.claim(w.later(10*time.Hour), 1, 1, true)
	same(t, "its end", p.Deliveries[0].EndedAt, w.read(w.store, e).CanceledAt)
	if age := p.Now.Sub(p.Deliveries[0].EndedAt); age < 10*time.Hour {
		t.Errorf("the news is %s old", age)
	}
	same(t, "the place of one who can have won nothing", p.Deliveries[0].Place, 0)
}

// row is what a message has become.
type row struct {
	State  int
	Reason string
	Tries  int
	Due    bool
	Ended  bool
}

func (w *world) row(e *lottery.Event, user lottery.UserID) (r row) {
	w.t.Helper()
	var claimed bool
	testdb.Row(w.t, w.dsn, `
		SELECT state, COALESCE(reason, ''), tries, due_at_ms IS NOT NULL, ended_at_ms IS NOT NULL, claim_token IS NOT NULL
		FROM deliveries
		WHERE event_id = ? AND user_id = ?`, []any{e.ID[:], user[:]}, &r.State, &r.Reason, &r.Tries, &r.Due, &r.Ended, &claimed)
	if claimed {
		w.t.Error("a settled message is still claimed")
	}
	return r
}

func TestEachOutcomeIsRecordedAndChangesCreditsAndCounts(t *testing.T) {
	t.Parallel()
	ended := func(state int, reason string, tries int) row { return row{state, reason, tries, false, true} }
	waits := func(reason string, tries int) row { return row{0, reason, tries, true, false} }
	for what, c := range map[string]struct {
		o       store.Outcome
		row     row
		credits [3]int64 // of users who had 0, 1 and 3
		counts  store.Notice
	}{
		"sent":          {store.Outcome{State: store.Sent}, ended(1, "", 0), [3]int64{0, 0, 2}, store.Notice{Sent: 3, Done: true}},
		"refused":       {store.Outcome{State: store.Refused, Reason: "no credit"}, ended(2, "no credit", 0), [3]int64{0, 1, 3}, store.Notice{Refused: 3, Done: true}},
		"refused by it": {store.Outcome{State: store.Refused, Reason: "43101", Cleared: true}, ended(2, "43101", 0), [3]int64{0, 0, 0}, store.Notice{Refused: 3, Done: true}},
		"dead":          {store.Outcome{State: store.Dead, Reason: "40003"}, ended(3, "40003", 0), [3]int64{0, 1, 3}, store.Notice{Dead: 3, Done: true}},
		"dead at last":  {store.Outcome{State: store.Dead, Reason: "-1", Tried: true}, ended(3, "-1", 1), [3]int64{0, 1, 3}, store.Notice{Dead: 3, Done: true}},
		"to be tried":   {store.Outcome{Pause: time.Hour, Reason: "-1", Tried: true}, waits("-1", 1), [3]int64{0, 1, 3}, store.Notice{}},
		"to wait":       {store.Outcome{Pause: time.Hour, Reason: "45009"}, waits("45009", 0), [3]int64{0, 1, 3}, store.Notice{}},
		"given back":    {store.Outcome{}, waits("", 0), [3]int64{0, 1, 3}, store.Notice{}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.watched()
			s := w.past()
			guests := w.audience(e, 3, everybody)
			w.exec(`DELETE FROM credits WHERE user_id = ?`, guests[0][:])
			w.exec(`UPDATE credits SET credits = 3 WHERE user_id = ?`, guests[2][:])
			w.exec(`INSERT INTO credits (user_id, template_id, credits) VALUES (?, ?, 1)`, w.owner[:], []byte(templates.Organiser))
			bystander := w.audience(w.hourAhead(), 1, everybody)[0]
			for _, template := range []string{"another", templates.Organiser} { // of theirs, for other messages
				w.exec(`INSERT INTO credits (user_id, template_id, credits) VALUES (?, ?, 5)`, guests[2][:], []byte(template))
			}
			w.drawn(s, e)
			p := w.claim(s, 1, 100, true)
			before := w.now(s)
			w.settle(s, p, c.o)
			c.counts.Wanted = 3
			same(t, "the notice, without the organiser", w.notice(e), c.counts)
			for i, user := range guests {
				same(t, "row", w.row(e, user), c.row)
				same(t, "credits", w.credits(user, templates.Participant), c.credits[i])
			}
			same(t, "the organiser's row", w.row(e, w.owner), c.row)
			same(t, "the organiser's credits", w.credits(w.owner, templates.Organiser), c.credits[1])
			same(t, "a bystander's credits", w.credits(bystander, templates.Participant), int64(1))
			for _, template := range []string{"another", templates.Organiser} {
				same(t, "credits of "+template, w.credits(guests[2], template), int64(5))
			}
			at := time.UnixMilli(w.number(`SELECT MIN(COALESCE(due_at_ms, ended_at_ms)) FROM deliveries`))
			within(t, "when it is due or ended", at, before.Add(c.o.Pause), w.now(s).Add(c.o.Pause))
			if c.o.Pause > 0 {
				p = w.claim(w.later(61*time.Minute+c.o.Pause-time.Minute), 2, 10, true)
				same(t, "messages before they are due", len(p.Deliveries), 0)
			}
			if c.row.Due {
				p = w.claim(w.later(61*time.Minute+c.o.Pause+time.Second), 3, 10, true)
				same(t, "messages when they are due", len(p.Deliveries), 4)
			}
		})
	}
}

// TestOutcomesOfOneClaimMayDiffer settles some messages of two events, each in its own way.
func TestOutcomesOfOneClaimMayDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.canceled(5), w.canceled(2)
	p := w.claim(w.store, 1, 10, true)
	kinds := map[*lottery.Event][]store.Outcome{
		one: {
			{State: store.Sent},
			{State: store.Sent},
			{State: store.Refused, Reason: "43101", Cleared: true},
			{State: store.Dead, Reason: "a"},
			{State: store.Dead, Reason: "b", Tried: true},
		},
		two: {{State: store.Sent}, {Reason: "-1", Tried: true, Pause: time.Minute}},
	}
	var all []store.Outcome
	for e, outcomes := range kinds {
		for _, d := range p.Deliveries {
			if d.Event == e.ID {
				outcomes[0].Delivery = d
				all, outcomes = append(all, outcomes[0]), outcomes[1:]
			}
		}
	}
	must(t, w.store.Settle(context.Background(), p.Token, templates, all))
	same(t, "the first notice", w.notice(one), store.Notice{Wanted: 5, Sent: 2, Refused: 1, Dead: 2, Done: true})
	same(t, "the second notice", w.notice(two), store.Notice{Wanted: 2, Sent: 1})
	for _, o := range all {
		e := one
		if o.Delivery.Event == two.ID {
			e = two
		}
		want := row{int(o.State), o.Reason, 0, o.State == store.Waiting, o.State != store.Waiting}
		if o.Tried {
			want.Tries = 1
		}
		same(t, "row", w.row(e, o.Delivery.User), want)
		credits := int64(1)
		if o.State == store.Sent || o.Cleared {
			credits = 0
		}
		same(t, "credits", w.credits(o.Delivery.User, templates.Participant), credits)
	}
	must(t, w.store.Settle(context.Background(), p.Token, templates, nil))
}

func TestAnEventIsDoneWhenItsListIsThroughAndAllHaveEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.canceled(4)
	if _, found, err := w.store.Notice(context.Background(), e.ID); found || err != nil {
		t.Errorf("before anybody was told: %v, %v", found, err)
	}
	first := w.claim(w.store, 1, 2, true)
	same(t, "two are listed", w.notice(e), store.Notice{Wanted: 2})
	w.settle(w.store, first, store.Outcome{State: store.Sent})
	same(t, "all who are listed have ended", w.notice(e), store.Notice{Wanted: 2, Sent: 2})
	second := w.claim(w.store, 1, 3, true)
	same(t, "the list is through", w.notice(e), store.Notice{Wanted: 4, Sent: 2})
	w.settle(w.store, store.Post{Token: second.Token, Deliveries: second.Deliveries[:1]}, store.Outcome{State: store.Dead, Reason: "x"})
	same(t, "one waits", w.notice(e), store.Notice{Wanted: 4, Sent: 2, Dead: 1})
	w.settle(w.store, store.Post{Token: second.Token, Deliveries: second.Deliveries[1:]}, store.Outcome{State: store.Refused, Reason: "x"})
	same(t, "everybody has ended", w.notice(e), store.Notice{Wanted: 4, Sent: 2, Refused: 1, Dead: 1, Done: true})
	if _, found, err := w.store.Notice(context.Background(), lottery.NewEventID()); found || err != nil {
		t.Errorf("an unknown event: %v, %v", found, err)
	}
}

func TestARecordThatIsRepeatedSpendsACreditOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.canceled(1)
	w.exec(`UPDATE credits SET credits = 2`)
	p := w.claim(w.store, 1, 2, true)
	for range 2 { // the answer to the first COMMIT was lost: courier.settle tries again
		w.settle(w.store, p, store.Outcome{State: store.Sent})
	}
	same(t, "credits", w.number(`SELECT SUM(credits) FROM credits`), int64(1))
}

func TestAClaimThatFailsOnTheWayHoldsNothingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.canceled(1)
	w.settle(w.store, w.claim(w.store, 1, 2, true), store.Outcome{})
	w.exec(`ALTER TABLE events RENAME COLUMN tell_at_ms TO away`) // lists cannot be read
	p, err := w.store.ClaimDeliveries(context.Background(), [16]byte{2}, templates, 10, true)
	if err == nil {
		t.Fatal("the lists were read")
	}
	due := w.number(`SELECT COUNT(*) FROM deliveries WHERE claim_token IS NULL`)
	if int(due)+len(p.Deliveries) != 1 {
		t.Errorf("%v: the caller knows of %d messages, %d are due, one is claimed by nobody", err, len(p.Deliveries), due)
	}
}
