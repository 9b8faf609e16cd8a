package galera_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"wxlottery/internal/galera"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := galera.End(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// world is a database on the cluster, with a keyring and an organiser.
type world struct {
	t       testing.TB
	cluster *galera.Cluster
	dsn     [2]string
	nodes   [2]*store.Store // the same database, on either node
	keys    *lottery.Keyring
	owner   lottery.UserID
}

// clustered is how a deployment sets up its connections to a cluster.
var clustered = store.Options{Conns: conns, SetSession: true, MultiPrimary: true}

// conns is enough for every joiner that a node has at the same time.
const conns = 40

func newWorld(t testing.TB, o store.Options) *world {
	t.Helper()
	c := galera.Start(t)
	keys, err := lottery.NewKeyring(1, map[int][]byte{1: bytes.Repeat([]byte{1}, 32)})
	must(t, err)
	w := &world{t: t, cluster: c, dsn: c.DSN(t), keys: keys}
	for node := range w.nodes {
		w.nodes[node] = w.open(node, o)
	}
	w.owner = w.user("owner")
	return w
}

// open is one more store on a node.
func (w *world) open(node int, o store.Options) *store.Store {
	w.t.Helper()
	s, err := store.Open(w.dsn[node], o)
	must(w.t, err)
	w.t.Cleanup(func() { s.Close() })
	return s
}

func (w *world) user(openid string) lottery.UserID {
	w.t.Helper()
	id, _, err := w.nodes[0].UserByOpenID(context.Background(), openid)
	must(w.t, err)
	return id
}

// short are terms under which a lock comes within a second or two.
var short = lottery.Terms{LockLead: 3 * time.Second, MinLead: 3 * time.Second}

// soon makes an event with short terms, which locks in 1.2 to 2.2 seconds.
func (w *world) soon() *lottery.Event {
	w.t.Helper()
	e, err := w.create(w.nodes[0], "", short, 4200*time.Millisecond)
	must(w.t, err)
	return e
}

// create makes an event whose draw is that far away (rounded up to a second).
func (w *world) create(s *store.Store, key string, terms lottery.Terms, ahead time.Duration) (*lottery.Event, error) {
	return w.createBetween(s, key, terms, ahead, func() {})
}

// createBetween does something meanwhile, when the event's place in the chain is known and the event is not stored yet.
func (w *world) createBetween(s *store.Store, key string, terms lottery.Terms, ahead time.Duration, meanwhile func()) (*lottery.Event, error) {
	e, _, _, err := s.Create(context.Background(), store.Creation{
		Owner: w.owner, IdempotencyKey: key,
		Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			meanwhile()
			draft, err := lottery.Draft{
				Title: "🎁 Tee", DrawAt: now.Add(ahead + time.Second - time.Millisecond).Truncate(time.Second),
				Prizes: []lottery.Prize{{Name: "Pot", Quantity: 1}, {Name: "Cup", Quantity: 2}},
			}.Check()
			if err != nil {
				return nil, err
			}
			return draft.Event(lottery.NewEventID(), place, now, terms, w.keys)
		},
	})
	return e, err
}

// entrant is a user as the join function knows him. Joining asks nothing of the table of users.
func (w *world) entrant(e *lottery.Event, number int) store.Entrant {
	openid := fmt.Sprintf("user-%d", number)
	return store.Entrant{
		User: lottery.UserID{1, byte(number), byte(number >> 8), byte(number >> 16)}, Version: w.keys.Current(),
		Ticket: func(version int) (vdraw.Ticket, error) { return w.keys.Ticket(version, e.ID, openid) },
	}
}

func (w *world) read(node int, e *lottery.Event) *lottery.Event {
	w.t.Helper()
	got, _, err := w.nodes[node].Event(context.Background(), e.ID)
	must(w.t, err)
	return got
}

// tickets is an event's list on a node, once that node has what the other had committed; read behind the store's back.
func (w *world) tickets(node int, e *lottery.Event) (tickets []vdraw.Ticket) {
	w.t.Helper()
	db := testdb.Connect(w.t, w.dsn[node]+"?wsrep_sync_wait=15")
	defer db.Close()
	rows, err := db.Query(`
		SELECT ticket
		FROM participants
		WHERE event_id = ?
		ORDER BY ticket`, e.ID[:])
	must(w.t, err)
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		must(w.t, rows.Scan(&raw))
		tickets = append(tickets, vdraw.Ticket(raw))
	}
	must(w.t, rows.Err())
	return tickets
}

func root(t testing.TB, tickets []vdraw.Ticket) vdraw.Digest {
	t.Helper()
	var list vdraw.List
	for _, ticket := range tickets {
		must(t, list.Add(ticket))
	}
	return list.Root()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
