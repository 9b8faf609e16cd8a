package store

import (
	"sync"
	"time"

	"wxlottery/shared/lottery"
)

// closed remembers events that were found to be locked or at their end: an event that nobody can join any more never opens
// again. A join or leave that is refused holds the event's row in share mode for a moment, and a claim skips rows that are
// held; so a crowd that goes on trying could keep an event from being locked or drawn. What is known to be closed is read
// only, without a lock.
type closed struct {
	mu     sync.Mutex
	events map[lottery.EventID]bool
}

// most is how many events are remembered; then it begins anew.
const most = 1000

func (c *closed) has(id lottery.EventID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events[id]
}

// note takes down what an event is at now. One that is open after all, as after a restore of the database, is forgotten.
func (c *closed) note(e *lottery.Event, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.StatusAt(now) == lottery.Init {
		delete(c.events, e.ID)
		return
	}
	if c.events == nil || len(c.events) == most {
		c.events = map[lottery.EventID]bool{}
	}
	c.events[e.ID] = true
}
