package galera_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/functions/draw/worker"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// usual are the terms of a deployment.
var usual = lottery.Terms{LockLead: time.Minute, MinLead: 2 * time.Minute}

// function is how a cloud function opens its store.
var function = store.Options{Conns: 2, SetSession: true, MultiPrimary: true}

// worker is a draw function on a node, whose database clock is ahead.
func (w *world) worker(node int, ahead time.Duration, terms lottery.Terms) *worker.Worker {
	w.t.Helper()
	return worker.New(store.ShiftClock(w.open(node, function), ahead), w.keys, lottery.Grace(terms.LockLead))
}

// TestTicksOnEitherNodeDrawOnce lets workers on both nodes tick at the same time over what is due, from the lock to the draw.
func TestTicksOnEitherNodeDrawOnce(t *testing.T) {
	w := newWorld(t, clustered)
	events := make([]*lottery.Event, testdb.Scale(30, 200))
	for i := range events {
		var err error
		events[i], err = w.create(w.nodes[i%2], "", usual, time.Hour)
		must(t, err)
		for n := range 5 {
			_, _, err := w.nodes[(i+n)%2].Join(context.Background(), events[i].ID, w.entrant(events[i], n), false, time.Now())
			must(t, err)
		}
	}
	var workers sync.WaitGroup
	for i := range 8 {
		tick := w.worker(i%2, 61*time.Minute, usual)
		workers.Go(func() {
			if err := tick.Tick(context.Background(), 0); err != nil {
				t.Logf("a tick on node %d: %v", i%2, err) // another one does its work
			}
		})
	}
	workers.Wait()
	must(t, w.worker(0, 62*time.Minute, usual).Tick(context.Background(), 0)) // what a tick left that failed
	for _, e := range events {
		w.checkDraw(e)
	}
}

// checkDraw recomputes an event's winners from what is on each node: they must be those that are stored there, and so the
// same on both.
func (w *world) checkDraw(e *lottery.Event) {
	w.t.Helper()
	for node, s := range w.nodes {
		got := w.read(node, e)
		if got.Status != lottery.Opened || got.Result == nil {
			w.t.Errorf("node %d: event %s is %s", node, e.ID, got.Status)
			continue
		}
		winners, err := s.Winners(context.Background(), e.ID, 0, 1000)
		must(w.t, err)
		var stored []vdraw.Ticket
		for _, winner := range winners {
			stored = append(stored, winner.Ticket)
		}
		if diff := cmp.Diff(recompute(w.t, got, w.tickets(node, e)), stored); diff != "" {
			w.t.Errorf("node %d: event %s: winners (-recomputed +stored):\n%s", node, e.ID, diff)
		}
	}
}

// recompute draws an event by itself, from its participants and its secret.
func recompute(t testing.TB, e *lottery.Event, tickets []vdraw.Ticket) (winners []vdraw.Ticket) {
	t.Helper()
	count := uint64(len(tickets))
	seed := vdraw.Seed(vdraw.LockDigest(e.Manifest, count, root(t, tickets)), e.Result.Secret, vdraw.Digest{})
	for _, pick := range vdraw.Picks(seed, count, e.Quantity()) {
		winners = append(winners, tickets[pick])
	}
	return winners
}

// TestTheWholeRaceOnACluster plays lotteries in real time: joins on both nodes up to the lock, and workers on both that lock,
// freeze and draw meanwhile.
func TestTheWholeRaceOnACluster(t *testing.T) {
	w := newWorld(t, clustered)
	conflicts := w.conflicts()
	var crowds []*crowd
	for range testdb.Scale(2, 6) {
		e := w.soon()
		c := w.newCrowd(e, testdb.Scale(12, 10))
		c.come(e.LockAt.Add(-800 * time.Millisecond))
		crowds = append(crowds, c)
	}
	var workers sync.WaitGroup
	for i := range 4 {
		tick := w.worker(i%2, 0, short)
		workers.Go(func() {
			if err := tick.Tick(context.Background(), 10*time.Second); err != nil {
				t.Logf("a tick on node %d: %v", i%2, err) // another one does its work
			}
		})
	}
	workers.Wait()
	for _, c := range crowds {
		c.group.Wait()
		c.check()
		w.checkDraw(c.e)
		got := w.read(0, c.e)
		t.Logf("%d joins acknowledged, %d calls unavailable, %d frozen, drawn %s after its time", c.acknowledged.Load(),
			c.unavailable.Load(), got.Record.Count, got.Result.DrawnAt.Sub(got.DrawAt))
	}
	t.Logf("%d transactions gave way to the other node", w.conflicts()-conflicts)
}

// conflicts is how many transactions had to give way to one of the other node since the cluster was started: those whose
// locks were taken from them, and those that were too late when the nodes compared what they had.
func (w *world) conflicts() (n int) {
	w.t.Helper()
	for node := range w.nodes {
		n += w.cluster.Status(w.t, node, "wsrep_local_bf_aborts") + w.cluster.Status(w.t, node, "wsrep_local_cert_failures")
	}
	return n
}
