package storm_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/drandsim"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// masterKey is the one key of the deployments here, its version 1.
var masterKey = bytes.Repeat([]byte{7}, 32)

// pace is the deployment's times.
type pace struct {
	lead    time.Duration // from the lock to the draw
	period  time.Duration // of the timer
	horizon time.Duration // how far a tick looks ahead
	limit   time.Duration // after which the platform kills a tick
}

// quick is a pace at which a lottery takes seconds. The grace is one of them.
var quick = pace{lead: 6 * time.Second, period: time.Second, horizon: 20 * time.Second, limit: 30 * time.Second}

// ground is what the programs of a test stand on.
type ground struct {
	t     testing.TB
	pace  pace
	dsn   string
	db    *sql.DB // behind the store's back
	store *store.Store
	keys  *lottery.Keyring
	redis string            // for join
	more  map[string]string // further variables of the programs
	log   *journal

	beacon *drandsim.Key // signs the rounds of the development chain
	relay  *drandsim.Sim
	relays string // its address, as BEACON_RELAYS wants it
}

// newGround stands on a migrated MySQL database.
func newGround(t testing.TB, dsn string, p pace) *ground {
	t.Helper()
	keys, err := lottery.NewKeyring(1, map[int][]byte{1: masterKey})
	must(t, err)
	g := &ground{t: t, pace: p, dsn: dsn, db: testdb.Connect(t, dsn), store: testdb.Open(t, dsn), keys: keys, log: new(journal)}
	g.beacon, err = drandsim.NewKey(masterKey)
	must(t, err)
	g.relay = drandsim.New(drandsim.Config{Key: g.beacon})
	server := httptest.NewServer(g.relay)
	g.relays = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections() // of processes that were killed
		server.Close()
		g.db.Close()
		if t.Failed() {
			t.Logf("the programs' last words:\n%s", g.log)
		}
	})
	return g
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (g *ground) user(openid string) lottery.UserID {
	g.t.Helper()
	id, _, err := g.store.UserByOpenID(context.Background(), openid)
	must(g.t, err)
	return id
}

// terms let an event be made as late as its owner likes.
func (g *ground) terms() lottery.Terms {
	return lottery.Terms{LockLead: g.pace.lead, MinLead: g.pace.lead + time.Millisecond}
}

// event makes an event that is drawn at an instant, as if an hour, or whatever ago is, had passed since.
func (g *ground) event(owner lottery.UserID, drawAt time.Time, ago time.Duration, prizes ...int) *lottery.Event {
	g.t.Helper()
	return g.eventUnder(g.terms(), owner, drawAt, ago, prizes...)
}

// provable is event by public randomness.
func (g *ground) provable(owner lottery.UserID, drawAt time.Time, ago time.Duration, prizes ...int) *lottery.Event {
	g.t.Helper()
	terms, chain := g.terms(), g.beacon.Chain()
	terms.Chain = &chain
	return g.eventUnder(terms, owner, drawAt, ago, prizes...)
}

func (g *ground) eventUnder(terms lottery.Terms, owner lottery.UserID, drawAt time.Time, ago time.Duration, prizes ...int) *lottery.Event {
	g.t.Helper()
	draft := lottery.Draft{Title: "Tee", DrawAt: drawAt.Truncate(time.Second).UTC()}
	for i, quantity := range prizes {
		draft.Prizes = append(draft.Prizes, lottery.Prize{Name: fmt.Sprint("Cup ", i+1), Quantity: quantity})
	}
	e, _, _, err := g.store.Create(context.Background(), store.Creation{
		Owner: owner,
		Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			return draft.Event(lottery.NewEventID(), place, now.Add(-ago), terms, g.keys)
		},
	})
	must(g.t, err)
	return e
}

// fill puts users into an event who never come again, by a road that is shorter than joining.
func (g *ground) fill(e *lottery.Event, n int) {
	g.t.Helper()
	const chunk = 1000
	openids := make([]string, n)
	for i := range openids {
		openids[i] = fmt.Sprint("filler-", i)
	}
	for some := range slices.Chunk(openids, chunk) {
		var args []any
		for _, openid := range some {
			ticket, err := g.keys.Ticket(e.KeyVersion, e.ID, openid)
			must(g.t, err)
			user := lottery.NewUserID()
			args = append(args, e.ID[:], ticket[:], user[:], e.CreatedAt.Unix())
		}
		g.exec(`
			INSERT INTO participants (event_id, ticket, user_id, joined_at)
			VALUES (?, ?, ?, ?)`+strings.Repeat(", (?, ?, ?, ?)", len(some)-1), args...)
	}
}

func (g *ground) exec(statement string, args ...any) {
	g.t.Helper()
	_, err := g.db.Exec(statement, args...)
	must(g.t, err)
}

// number reads one.
func (g *ground) number(query string, args ...any) (n int) {
	g.t.Helper()
	must(g.t, g.db.QueryRow(query, args...).Scan(&n))
	return n
}

// read is the event as it is now.
func (g *ground) read(e *lottery.Event) *lottery.Event {
	g.t.Helper()
	got, _, err := g.store.Event(context.Background(), e.ID)
	must(g.t, err)
	return got
}

// allDrawn waits until nothing is left to draw, and says how many events are when it waited long enough.
func (g *ground) allDrawn(until time.Time) (left int) {
	g.t.Helper()
	for {
		left = g.number(`SELECT COUNT(*) FROM events WHERE status <> 2`)
		if left == 0 || time.Now().After(until) {
			return left
		}
		time.Sleep(100 * time.Millisecond)
	}
}
