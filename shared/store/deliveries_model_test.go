package store_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// sequences says how often properties are tried, each time with many statements. It is to be called before t.Parallel.
func sequences(t *testing.T) {
	t.Helper()
	checks := testdb.Scale(10, 100)
	if os.Getenv("LOTTERY_TEST_MYSQL") != "" {
		checks = testdb.Scale(30, 500) // the race detector makes SQLite many times as slow
	}
	must(t, flag.Set("rapid.checks", strconv.Itoa(checks)))
	must(t, flag.Set("rapid.steps", "50"))
}

// TestEverybodyEndsInOneStateWhateverWorkersDo has three workers claim and settle at random, or fall silent, while time passes, and
// compares each row with a model of a few lines after each step. Then one worker ends what is left.
func TestEverybodyEndsInOneStateWhateverWorkersDo(t *testing.T) {
	sequences(t)
	t.Parallel()
	w := newWorld(t)
	db := testdb.Connect(t, w.dsn)
	t.Cleanup(func() { db.Close() })
	taken := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		m := newOffice(rt, w, db)
		counted := func(name string, act func(*rapid.T)) func(*rapid.T) {
			return func(rt *rapid.T) {
				taken[name]++
				act(rt)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"claim": counted("claim", m.claim), "claim again": m.claim, "settle": counted("settle", m.settle), "settle again": m.settle,
			"wait": counted("wait", m.wait), "": m.compare,
		})
		m.finish(rt)
		taken["doubts"] += m.doubted
		taken["lost"] += m.lost
	})
	t.Logf("%v", taken)
	for _, what := range []string{"claim", "settle", "wait", "doubts"} {
		if taken[what] == 0 {
			t.Errorf("no %s at all: the sequences look at too little", what)
		}
	}
}

// letter is a row of deliveries as the model has it. The zero letter is not listed yet.
type letter struct {
	Listed, Organiser bool
	Token             byte // 0: nobody's
	State             store.State
	Tries, Doubts     int
	due               time.Duration // on the model's clock
}

type address struct {
	event lottery.EventID
	user  lottery.UserID
}

// office is the model, and the workers on whose behalf it speaks to the store.
type office struct {
	*world
	db      *sql.DB
	events  []*lottery.Event
	letters map[address]*letter
	posts   map[byte][]store.Delivery // what each worker has ever claimed
	begun   time.Time
	passed  time.Duration // since then, for the model and, whatever the time that the test takes, for the database
	doubted int
	lost    int
}

// newOffice has an event that was canceled and one that was held at its lock, whose organiser wants to know.
func newOffice(rt *rapid.T, w *world, db *sql.DB) *office {
	for _, table := range []string{"deliveries", "notices", "credits", "prizes", "participants", "events"} {
		must(w.t, second(db.Exec(`DELETE FROM `+table)))
	}
	m := &office{
		world: w, db: db, events: []*lottery.Event{w.hourAhead(), w.watched()}, letters: map[address]*letter{}, posts: map[byte][]store.Delivery{},
	}
	m.letters[address{m.events[1].ID, w.owner}] = &letter{Organiser: true}
	for i, e := range m.events {
		wishes := rapid.SliceOfN(rapid.Bool(), 0, 14).Draw(rt, fmt.Sprintf("wishes %d", i))
		for _, user := range w.audience(e, len(wishes), func(i int) bool { return wishes[i] }) {
			m.letters[address{e.ID, user}] = &letter{}
		}
	}
	must(w.t, second(db.Exec(`UPDATE credits SET credits = ?`, rapid.IntRange(0, 3).Draw(rt, "credits"))))
	w.cancel(m.events[0])
	ends["held at its lock"](w, m.events[1])
	m.begun = time.Now()
	return m
}

// beat is what all times of the model are multiples of: longer than a call takes, so that it says what is due at which call.
const beat = 3 * time.Second

// tick goes on to the next moment at which no lease or pause ends.
func (m *office) tick() {
	ends := map[time.Duration]bool{}
	for _, l := range m.letters {
		ends[l.due] = true
	}
	for m.passed += beat; ends[m.passed]; m.passed += beat {
	}
}

// at is the store at the model's moment.
func (m *office) at() *store.Store { return m.later(61*time.Minute + m.passed - time.Since(m.begun)) }

func (m *office) wait(rt *rapid.T) {
	m.passed += beat * time.Duration(rapid.SampledFrom([]int{3, 12}).Draw(rt, "beats"))
}

func (m *office) claim(rt *rapid.T) {
	token := byte(rapid.IntRange(1, 3).Draw(rt, "worker"))
	limit, fresh := rapid.IntRange(1, 8).Draw(rt, "limit"), rapid.Bool().Draw(rt, "fresh")
	m.tick()
	available := 0
	for _, l := range m.letters {
		if l.Listed && l.State == store.Waiting && l.due <= m.passed || !l.Listed && fresh {
			available++
		}
	}
	p := m.world.claim(m.at(), token, limit, fresh)
	for _, d := range p.Deliveries {
		l := m.letters[address{d.Event, d.User}]
		switch {
		case l == nil:
			rt.Fatalf("%s is told, who did not wish it", d.User)
		case !l.Listed && !fresh:
			rt.Fatalf("%s is new, though nothing new was asked for", d.User)
		case l.Listed && (l.State != store.Waiting || l.due > m.passed):
			rt.Fatalf("%s was claimed while he was not due: %+v at %s", d.User, *l, m.passed)
		case d.Organiser != l.Organiser, d.Tries != l.Tries:
			rt.Fatalf("%+v, but %+v", d, *l)
		}
		if l.Token != 0 {
			l.Doubts++
			m.doubted++
		}
		l.Listed, l.Token, l.due = true, token, m.passed+store.DeliveryLease
	}
	if n := len(p.Deliveries); n != min(limit, available) {
		rt.Fatalf("%d messages of %d, at most %d were asked for", n, available, limit)
	}
	m.posts[token] = append(m.posts[token], p.Deliveries...)
}

var outcomes = []store.Outcome{
	{},
	{Pause: 2 * beat, Tried: true, Reason: "-1"},
	{Pause: 14 * beat, Reason: "45009"},
	{State: store.Sent},
	{State: store.Refused, Reason: "43101", Cleared: true},
	{State: store.Refused, Reason: "no credit"},
	{State: store.Dead, Reason: "-1", Tried: true},
}

// settle speaks of some of what a worker has ever claimed, be it his or not any more. He speaks once of each.
func (m *office) settle(rt *rapid.T) {
	token := byte(rapid.IntRange(1, 3).Draw(rt, "worker"))
	var all []store.Outcome
	m.posts[token] = slices.DeleteFunc(m.posts[token], func(d store.Delivery) bool {
		i := rapid.IntRange(-2, len(outcomes)-1).Draw(rt, "outcome")
		if i < 0 || slices.ContainsFunc(all, func(o store.Outcome) bool { return o.Delivery.User == d.User }) {
			return false
		}
		o := outcomes[i]
		o.Delivery = d
		all = append(all, o)
		return true
	})
	m.tick()
	must(m.t, m.at().Settle(context.Background(), [16]byte{token}, templates, all))
	m.apply(token, all)
}

func (m *office) apply(token byte, all []store.Outcome) {
	for _, o := range all {
		l := m.letters[address{o.Delivery.Event, o.Delivery.User}]
		if l.Token != token {
			m.lost++
			continue
		}
		l.Token, l.State, l.due = 0, o.State, m.passed+o.Pause
		if o.Tried {
			l.Tries++
		}
	}
}

// compare holds every row, and what the store says of the events, against the model.
func (m *office) compare(rt *rapid.T) {
	got := map[address]letter{}
	rows, err := m.db.Query(`SELECT event_id, user_id, state, tries, doubts, claim_token FROM deliveries`)
	must(m.t, err)
	defer rows.Close()
	for rows.Next() {
		var event, user, token []byte
		l := letter{Listed: true}
		must(m.t, rows.Scan(&event, &user, &l.State, &l.Tries, &l.Doubts, &token))
		if token != nil {
			l.Token = token[0]
		}
		got[address{lottery.EventID(event), lottery.UserID(user)}] = l
	}
	must(m.t, rows.Err())
	want := map[lottery.EventID]store.Notice{}
	listed, waiting, doubts := 0, map[lottery.EventID]bool{}, map[lottery.EventID]int{}
	for at, l := range m.letters {
		row, told := got[at]
		row.Organiser, row.due = l.Organiser, l.due
		if told != l.Listed || told && row != *l {
			rt.Fatalf("the model has %+v, the database %+v (%v)", *l, row, told)
		}
		listed += count(l.Listed)
		doubts[at.event] += l.Doubts
		n := want[at.event]
		switch {
		case l.Organiser:
		case !l.Listed:
			waiting[at.event] = true
		default:
			n.Wanted++
			n.Sent += count(l.State == store.Sent)
			n.Refused += count(l.State == store.Refused)
			n.Dead += count(l.State == store.Dead)
		}
		want[at.event] = n
	}
	same(m.t, "rows", len(got), listed)
	for _, e := range m.events {
		n, through := want[e.ID], m.none(`SELECT COUNT(tell_at_ms) FROM events WHERE id = ?`, e.ID[:])
		n.Done = through && n.Wanted > 0 && n.Wanted == n.Sent+n.Refused+n.Dead
		notice := m.notice(e)
		if n.Wanted == 0 { // the organiser alone has a notice, or nobody
			n.Done = notice.Done
		}
		if notice != n || through && waiting[e.ID] {
			rt.Fatalf("the model has %+v, the store %+v; the list is through: %v", n, notice, through)
		}
		if d := m.doubts(e); d != doubts[e.ID] {
			rt.Fatalf("%d doubts, the model has %d", d, doubts[e.ID])
		}
	}
	if !m.none(`SELECT COUNT(*) FROM credits WHERE credits < 0`) {
		rt.Fatal("somebody has less than no credit")
	}
}

// none says that a query counts nothing.
func (m *office) none(query string, args ...any) bool {
	m.t.Helper()
	var n int
	must(m.t, m.db.QueryRow(query, args...).Scan(&n))
	return n == 0
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// finish lets leases and pauses run out and ends what is left.
func (m *office) finish(rt *rapid.T) {
	m.passed += time.Minute
	for {
		p := m.world.claim(m.at(), 9, 5, true)
		if len(p.Deliveries) == 0 {
			break
		}
		for _, d := range p.Deliveries {
			l := m.letters[address{d.Event, d.User}]
			l.Doubts += count(l.Token != 0)
			l.Listed, l.Token = true, 9
		}
		var all []store.Outcome
		for i, d := range p.Deliveries {
			o := outcomes[3+i%4]
			o.Delivery = d
			all = append(all, o)
		}
		must(m.t, m.at().Settle(context.Background(), p.Token, templates, all))
		m.apply(9, all)
	}
	m.compare(rt)
	for _, e := range m.events {
		n, wishing := m.notice(e), 0
		for at, l := range m.letters {
			wishing += count(at.event == e.ID && !l.Organiser)
			if l.State == store.Waiting {
				rt.Fatalf("%+v has no end", *l)
			}
		}
		if n.Wanted != wishing || n.Wanted != n.Sent+n.Refused+n.Dead || wishing > 0 && !n.Done {
			rt.Fatalf("%+v of %d who wished a message", n, wishing)
		}
	}
	if !m.none(`SELECT COUNT(*) FROM deliveries WHERE state = 0 OR ended_at_ms IS NULL OR due_at_ms IS NOT NULL`) {
		rt.Fatal("a row has not ended")
	}
}
