package beacon

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wxlottery/internal/drandsim"
	"wxlottery/shared/vdraw"
)

// world is a network in memory. Client, transport and servers are the real ones; only the wires are net.Pipe, so that the
// clock of synctest rules over all of it: times are exact, and a goroutine left behind fails the test.
type world struct {
	t     *testing.T
	hosts map[string]func(net.Conn)
	open  atomic.Int32 // connections that the client holds

	mu    sync.Mutex
	dials map[string]int
}

// inWorld runs a test in a bubble of its own.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, &world{t: t, hosts: map[string]func(net.Conn){}, dials: map[string]int{}})
	})
}

// serve makes a host answer with a handler.
func (w *world) serve(host string, h http.Handler) {
	l := &listener{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }()
	w.t.Cleanup(func() { _ = server.Close() })
	w.hosts[host] = l.give
}

// relay makes a host a simulated relay that has all recorded rounds, which are long past.
func (w *world) relay(host string) *drandsim.Sim {
	sim := drandsim.New(drandsim.Config{Chain: vdraw.Quicknet(), Recorded: recorded(w.t), Now: longAfter})
	w.serve(host, sim)
	return sim
}

// bad makes a host a simulated relay with a fault.
func (w *world) bad(host string, kind drandsim.Kind) *drandsim.Sim {
	w.t.Helper()
	sim := w.relay(host)
	set(w.t, sim, drandsim.Fault{Kind: kind})
	return sim
}

// says makes a host answer these words to everything.
func (w *world) says(host string, status int, body string) {
	w.serve(host, http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.WriteHeader(status)
		_, _ = out.Write([]byte(body))
	}))
}

// client asks these hosts in this order.
func (w *world) client(o Options, hosts ...string) *Client {
	w.t.Helper()
	var relays []string
	for _, host := range hosts {
		relays = append(relays, "http://"+host)
	}
	c := newClient(w.t, o, relays...)
	transport := c.http.Transport.(*http.Transport)
	transport.Proxy, transport.DialContext = nil, w.dial
	w.t.Cleanup(transport.CloseIdleConnections)
	return c
}

func (w *world) dial(_ context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	answer, ok := w.hosts[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	w.mu.Lock()
	w.dials[host]++
	w.mu.Unlock()
	w.open.Add(1)
	ours, theirs := net.Pipe()
	go answer(theirs)
	return &counted{Conn: ours, open: &w.open}, nil
}

// dialled is how often a host was called.
func (w *world) dialled(host string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dials[host]
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	open *atomic.Int32
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// listener accepts what it is given.
type listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *listener) give(c net.Conn) {
	select {
	case l.conns <- c:
	case <-l.done:
		_ = c.Close()
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

func newClient(t *testing.T, o Options, relays ...string) *Client {
	t.Helper()
	c, err := New(vdraw.Quicknet(), relays, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func set(t *testing.T, sim *drandsim.Sim, f drandsim.Fault) {
	t.Helper()
	if err := sim.Set(f); err != nil {
		t.Fatal(err)
	}
}

// longAfter is a time at which every recorded round is out.
func longAfter() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }

// vectors are the parts of the specification's vectors that speak of rounds.
type vectors struct {
	Valid []struct {
		Round      uint64          `json:"round"`
		Signature  vdraw.Signature `json:"signature"`
		Randomness vdraw.Digest    `json:"randomness"`
	} `json:"beacons_valid"`
	Invalid []struct {
		ID        string `json:"id"`
		Round     string `json:"round"`
		Signature string `json:"signature"`
	} `json:"beacons_invalid"`
}

var readVectors = sync.OnceValues(func() (v vectors, err error) {
	text, err := os.ReadFile("../vdraw/testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	return v, err
})

func testVectors(t *testing.T) vectors {
	t.Helper()
	v, err := readVectors()
	if err != nil || len(v.Valid) == 0 || len(v.Invalid) == 0 {
		t.Fatalf("%d and %d rounds in the vectors: %v", len(v.Valid), len(v.Invalid), err)
	}
	return v
}

// recorded are real rounds of quicknet.
func recorded(t *testing.T) map[uint64]vdraw.Signature {
	t.Helper()
	rounds := map[uint64]vdraw.Signature{}
	for _, v := range testVectors(t).Valid {
		rounds[v.Round] = v.Signature
	}
	return rounds
}

// lie is a round in the vectors that is none, with the text of its signature.
type lie struct {
	id        string
	round     uint64
	signature string
}

// answer is what a relay that believes in it would say.
func (l lie) answer() string {
	return fmt.Sprintf(`{"round":%d,"signature":"%s"}`, l.round, l.signature)
}

// lies are all of them but those of round 0, which nobody can ask for.
func lies(t *testing.T) (all []lie) {
	t.Helper()
	for _, v := range testVectors(t).Invalid {
		round, err := strconv.ParseUint(v.Round, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if round != 0 {
			all = append(all, lie{v.ID, round, v.Signature})
		}
	}
	return all
}

// shaped reports whether the lie has the form of a signature.
func (l lie) shaped() bool {
	b, err := hex.DecodeString(l.signature)
	return err == nil && len(b) == len(vdraw.Signature{})
}
