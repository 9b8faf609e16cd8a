package galera_test

import (
	"context"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// TestANodeThatIsKilledLeavesNothingHalfDone kills a node while users join on both and a lock is near. The other one does not
// know whether it is the one that is cut off, and takes no more work: every call is told to come again. When the cluster is
// whole again, what was acknowledged is there and everything due is drawn.
func TestANodeThatIsKilledLeavesNothingHalfDone(t *testing.T) {
	w := newWorld(t, clustered)
	w.hurry()
	e := w.soon()
	c := w.newCrowd(e, 24)
	c.come(e.LockAt.Add(-900 * time.Millisecond))
	i := w.interrupt()
	time.Sleep(time.Until(e.LockAt.Add(-400 * time.Millisecond)))
	w.cluster.Kill(t, 1)
	c.group.Wait()
	if c.unavailable.Load() == 0 {
		t.Error("nobody was told to come again")
	}
	w.expectUnavailable(e)
	i.goOn()
	w.cluster.Return(t, 1)
	i.check()
	must(t, w.worker(0, 0, short).Tick(context.Background(), 10*time.Second))
	c.check()
	w.checkDraw(e)
	t.Logf("%d joins acknowledged, %d calls unavailable", c.acknowledged.Load(), c.unavailable.Load())
}

// expectUnavailable reads, joins and ticks on both nodes.
func (w *world) expectUnavailable(e *lottery.Event) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for node, s := range w.nodes {
		if _, _, err := s.Event(ctx, e.ID); !isUnavailable(err) {
			w.t.Errorf("node %d reads: %v", node, err)
		}
		if _, _, err := s.Join(ctx, e.ID, w.entrant(e, 0), false, e.LockAt.Add(-time.Second)); !isUnavailable(err) {
			w.t.Errorf("node %d lets in: %v", node, err)
		}
		if err := w.worker(node, 0, short).Tick(ctx, 0); !isUnavailable(err) {
			w.t.Errorf("a tick on node %d: %v", node, err)
		}
	}
}

// interrupted is a transaction on node 0 that is under way while the cluster breaks.
type interrupted struct {
	w      *world
	store  *store.Store // has one connection, so that what comes next is on the same one
	broken chan struct{}
	answer chan error
}

// interrupt begins to create an event and waits in the middle.
func (w *world) interrupt() *interrupted {
	w.t.Helper()
	i := &interrupted{
		w: w, store: w.open(0, store.Options{Conns: 1, SetSession: true, MultiPrimary: true}),
		broken: make(chan struct{}), answer: make(chan error),
	}
	begun := make(chan struct{})
	go func() {
		_, _, _, err := i.store.Create(context.Background(), store.Creation{
			Owner: w.owner,
			Make: func(lottery.Place, time.Time) (*lottery.Event, error) {
				close(begun)
				<-i.broken
				return nil, lottery.ErrNotFound
			},
		})
		i.answer <- err
	}()
	<-begun
	return i
}

// goOn lets the transaction come to its end. The node refuses that as well, and keeps it open.
func (i *interrupted) goOn() {
	close(i.broken)
	<-i.answer
}

// check writes something by the same store. Were it on the connection that still has the old transaction, it would be
// acknowledged, seen by nobody, and lost.
func (i *interrupted) check() {
	i.w.t.Helper()
	id, _, err := i.store.UserByOpenID(context.Background(), "after the outage")
	must(i.w.t, err)
	seen, isNew, err := i.w.nodes[1].UserByOpenID(context.Background(), "after the outage")
	must(i.w.t, err)
	if isNew || seen != id {
		i.w.t.Error("a user was acknowledged, and the other node does not have him")
	}
}

// hurry lets a node notice within two seconds that the other is dead, until the end of the test.
func (w *world) hurry() {
	w.t.Helper()
	for _, option := range []string{"evs.suspect_timeout=PT1S", "evs.inactive_timeout=PT3S", "evs.install_timeout=PT2S"} {
		w.cluster.Provider(w.t, option)
	}
	w.t.Cleanup(func() {
		for _, option := range []string{"evs.inactive_timeout=PT15S", "evs.install_timeout=PT7.5S", "evs.suspect_timeout=PT5S"} {
			w.cluster.Provider(w.t, option)
		}
	})
}

// TestANodeThatIsShutDownIsMissedByNobodyElse shuts a node down in order: the other one knows that it is alone, goes on by
// itself and draws, and the one that comes back has it all.
func TestANodeThatIsShutDownIsMissedByNobodyElse(t *testing.T) {
	if testdb.Scale(0, 1) == 0 {
		t.Skip("in the full form only: it takes long and nothing is at its limits")
	}
	w := newWorld(t, clustered)
	e, err := w.create(w.nodes[1], "", usual, time.Hour)
	must(t, err)
	for n := range 5 {
		_, _, err := w.nodes[1].Join(context.Background(), e.ID, w.entrant(e, n), false, time.Now())
		must(t, err)
	}
	w.cluster.ShutDown(t, 1)
	for n := 5; n < 10; n++ {
		_, _, err := w.nodes[0].Join(context.Background(), e.ID, w.entrant(e, n), false, time.Now())
		must(t, err)
	}
	must(t, w.worker(0, 61*time.Minute, usual).Tick(context.Background(), 0))
	w.cluster.Return(t, 1)
	w.checkDraw(e)
	if got := w.read(1, e); got.Status != lottery.Opened || got.Record.Count != 10 {
		t.Errorf("the node that was away has it as %s", got.Status)
	}
}
