package galera_test

import (
	"sync"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
)

// TestOneIdempotencyKeyOnBothNodesMakesOneEvent sends one request to both nodes many times at once.
func TestOneIdempotencyKeyOnBothNodesMakesOneEvent(t *testing.T) {
	w := newWorld(t, clustered)
	for range testdb.Scale(3, 30) {
		key := lottery.NewEventID().String()
		made, unavailable := w.createAtOnce(12, func(int) string { return key })
		for _, e := range made {
			if e.ID != made[0].ID {
				t.Errorf("one key made %s and %s", made[0].ID, e.ID)
			}
		}
		if len(made) == 0 {
			t.Error("nothing was made")
		}
		t.Logf("%d requests were answered, %d unavailable", len(made), unavailable)
	}
}

// TestTheOwnersChainHasNoGapsOnACluster lets an owner create on both nodes at once: his events are numbered from 1 on, and each
// names the one before it.
func TestTheOwnersChainHasNoGapsOnACluster(t *testing.T) {
	w := newWorld(t, clustered)
	bySeq := map[uint64]*lottery.Event{}
	for range testdb.Scale(3, 20) {
		made, unavailable := w.createAtOnce(12, func(int) string { return "" })
		for _, e := range made {
			if earlier := bySeq[e.Seq]; earlier != nil {
				t.Errorf("%s and %s are both number %d", earlier.ID, e.ID, e.Seq)
			}
			bySeq[e.Seq] = e
		}
		t.Logf("%d events made, %d requests unavailable", len(made), unavailable)
	}
	for n := range uint64(len(bySeq)) {
		e, before := bySeq[n+1], bySeq[n]
		switch {
		case e == nil:
			t.Fatalf("of %d events there is no number %d", len(bySeq), n+1)
		case before != nil && e.Prev != before.Manifest:
			t.Errorf("number %d does not name the one before it", e.Seq)
		}
	}
}

// TestACreationThatTheOtherNodeOvertakesTakesTheNextPlace creates on node 0 while a creation on node 1 has read the chain and has
// not been stored. With one key for both, it is the same event.
func TestACreationThatTheOtherNodeOvertakesTakesTheNextPlace(t *testing.T) {
	for name, key := range map[string]string{"without a key": "", "with one key": "a key"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, clustered)
			var first *lottery.Event
			second, err := w.createBetween(w.nodes[1], key, usual, time.Hour, func() {
				if first == nil {
					var err error
					first, err = w.create(w.nodes[0], key, usual, time.Hour)
					must(t, err)
				}
			})
			must(t, err)
			if key == "" && (second.Seq != 2 || second.Prev != first.Manifest) {
				t.Errorf("the second is number %d after %x", second.Seq, second.Prev)
			}
			if key != "" && second.ID != first.ID {
				t.Errorf("one key made %s and %s", first.ID, second.ID)
			}
		})
	}
}

// createAtOnce sends requests to the nodes by turns, and returns what was made and how many were told to come again.
func (w *world) createAtOnce(n int, key func(i int) string) (made []*lottery.Event, unavailable int) {
	w.t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			e, err := w.create(w.nodes[i%2], key(i), usual, time.Hour)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made = append(made, e)
			case isUnavailable(err):
				unavailable++
			default:
				w.t.Error(err)
			}
		})
	}
	group.Wait()
	return made, unavailable
}
