package galera_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// isolations are the levels under which the store may run.
var isolations = []struct {
	name string
	set  bool // by the store
}{{"READ COMMITTED", true}, {"the server's own", false}}

// round is one way in which joins meet the lock.
type round struct {
	locker int           // the node on which the lock is taken
	slow   time.Duration // how slow the joiners' clocks are: they go on for so long when the lock is there
}

// rounds alternates node and clocks.
func rounds(n int) (all []round) {
	for i := range n {
		all = append(all, round{locker: i % 2, slow: time.Duration((i+1)/2%2) * 200 * time.Millisecond})
	}
	return all
}

func (r round) String() string {
	return fmt.Sprintf("lock on node %d, joiners %s slow", r.locker, r.slow)
}

// TestJoinsOnBothNodesRacingTheLock lets joiners on both nodes come and go until the lock, which a worker takes on one of them
// at the very instant. Every acknowledged join must be in the list as it is then, every acknowledged leave not, and no row
// may come later on either node.
func TestJoinsOnBothNodesRacingTheLock(t *testing.T) {
	for _, isolation := range isolations {
		t.Run(isolation.name, func(t *testing.T) {
			for _, r := range rounds(testdb.Scale(2, 50)) {
				t.Run(r.String(), func(t *testing.T) {
					w := newWorld(t, store.Options{Conns: conns, SetSession: isolation.set, MultiPrimary: true})
					c, list := w.raceTheLock(r)
					for node := range w.nodes {
						if rows := w.tickets(node, c.e); root(t, rows) != list.Root() {
							t.Errorf("node %d: %d were in the list when the lock was taken, at the end there are %d", node, list.Count(), len(rows))
						}
					}
					c.check()
				})
			}
		})
	}
}

// TestWithoutMultiPrimaryRowsComeAfterTheLock is the control: what the option prevents does happen without it, or else the race
// above shows nothing. The gap is small, so it takes the rounds of the full form to meet it for certain.
func TestWithoutMultiPrimaryRowsComeAfterTheLock(t *testing.T) {
	n := testdb.Scale(0, 50)
	if n == 0 {
		t.Skip("a control of the full form")
	}
	for _, isolation := range isolations {
		spoiled, late := 0, 0
		for _, r := range rounds(n) {
			t.Run(isolation.name+", "+r.String(), func(t *testing.T) {
				w := newWorld(t, store.Options{Conns: conns, SetSession: isolation.set})
				c, list := w.raceTheLock(r)
				rows := w.tickets(r.locker, c.e)
				if root(t, rows) != list.Root() {
					spoiled, late = spoiled+1, late+len(rows)-int(list.Count())
				}
			})
		}
		t.Logf("%s: in %d of %d rounds the list changed after the lock, by %d rows in all", isolation.name, spoiled, n, late)
		if spoiled == 0 {
			t.Errorf("%s: no list changed after the lock in %d rounds", isolation.name, n)
		}
	}
}

// raceTheLock plays a round; the list is as the worker saw it when it had taken the lock.
func (w *world) raceTheLock(r round) (*crowd, *vdraw.List) {
	w.t.Helper()
	e := w.soon()
	c := w.newCrowd(e, testdb.Scale(32, 64))
	c.slow = r.slow
	c.come(e.LockAt.Add(-800 * time.Millisecond))
	list := w.lockAtOnce(w.nodes[r.locker], e)
	c.group.Wait()
	w.t.Logf("%d joins acknowledged, %d calls unavailable, %d frozen", c.acknowledged.Load(), c.unavailable.Load(), list.Count())
	return c, list
}

// lockAtOnce locks an event at the very instant and reads its list without waiting for the grace: what keeps the list as it
// is must be the lock alone.
func (w *world) lockAtOnce(s *store.Store, e *lottery.Event) *vdraw.List {
	w.t.Helper()
	time.Sleep(time.Until(e.LockAt.Add(-5 * time.Millisecond)))
	for !w.lock(s, e) {
		time.Sleep(time.Millisecond)
	}
	list, err := s.List(context.Background(), e, func(uint64) error { return nil })
	must(w.t, err)
	return list
}

func (w *world) lock(s *store.Store, e *lottery.Event) bool {
	got, now, err := s.Event(context.Background(), e.ID)
	if err != nil {
		return false
	}
	done, err := s.Lock(context.Background(), got, now, lottery.Grace(short.LockLead))
	return err == nil && done
}
