package galera_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// outcome is what a user knows at the end.
type outcome int

const (
	out     outcome = iota // he was told that he has left, or never came in
	in                     // he was told that he has joined
	unknown                // the last call got no answer of the rules: anything may be true
)

// crowd is users who join an event on both nodes, a third of whom leave again.
type crowd struct {
	w            *world
	e            *lottery.Event
	who          []store.Entrant
	final        []outcome
	slow         time.Duration // how slow everybody's clock is, the database's included
	group        sync.WaitGroup
	acknowledged atomic.Int64 // joins
	unavailable  atomic.Int64 // calls that were told to come again
	others       sync.Map     // errors that no client should see
}

// each is how many users one joiner brings in, one after the other: more than there is time for.
const each = 300

// newCrowd has users for joiners that work at the same time.
func (w *world) newCrowd(e *lottery.Event, joiners int) *crowd {
	c := &crowd{w: w, e: e, who: make([]store.Entrant, joiners*each), final: make([]outcome, joiners*each)}
	for i := range c.who {
		c.who[i] = w.entrant(e, i)
	}
	return c
}

// come lets joiners come at an instant, to either node by turns.
func (c *crowd) come(at time.Time) {
	joiners := len(c.who) / each
	for j := range joiners {
		s := store.ShiftClock(c.w.nodes[j%2], -c.slow)
		c.group.Go(func() {
			time.Sleep(time.Until(at))
			for i := j; i < len(c.who) && c.visit(s, i); i += joiners {
			}
		})
	}
}

// visit lets one user join and every third leave again, and says whether there is still something to join.
func (c *crowd) visit(s *store.Store, i int) bool {
	ctx := context.Background()
	_, _, err := s.Join(ctx, c.e.ID, c.who[i], false, time.Now().Add(-c.slow))
	c.note(i, in, err)
	if err == nil {
		c.acknowledged.Add(1)
	}
	if i%3 == 0 {
		c.note(i, out, s.Leave(ctx, c.e.ID, c.who[i], time.Now().Add(-c.slow)))
	}
	return !errors.Is(err, lottery.ErrLocked)
}

// note is what user i learns from an answer: an acknowledged one, or a refusal that leaves things as they were.
func (c *crowd) note(i int, acknowledged outcome, err error) {
	switch {
	case err == nil:
		c.final[i] = acknowledged
	case errors.Is(err, lottery.ErrLocked):
	case isUnavailable(err):
		c.final[i] = unknown
		c.unavailable.Add(1)
	default:
		c.final[i] = unknown
		c.others.Store(err.Error(), true)
	}
}

func isUnavailable(err error) bool { return err != nil && fault.From(err).Kind == fault.Unavailable }

// wronged counts those whose last answer is not what the list says: acknowledged and missing, or there and told otherwise.
func (c *crowd) wronged(tickets []vdraw.Ticket) (missing, surplus int) {
	c.w.t.Helper()
	there := make(map[vdraw.Ticket]bool, len(tickets))
	for _, ticket := range tickets {
		there[ticket] = true
	}
	for i, who := range c.who {
		ticket, err := who.Ticket(who.Version)
		must(c.w.t, err)
		switch {
		case c.final[i] == in && !there[ticket]:
			missing++
		case c.final[i] == out && there[ticket]:
			surplus++
		}
	}
	return missing, surplus
}

// check holds the list on both nodes against what everybody was told.
func (c *crowd) check() {
	c.w.t.Helper()
	c.others.Range(func(text, _ any) bool {
		c.w.t.Errorf("a client was told: %v", text)
		return true
	})
	for node := range c.w.nodes {
		if missing, surplus := c.wronged(c.w.tickets(node, c.e)); missing > 0 || surplus > 0 {
			c.w.t.Errorf("on node %d %d are missing whose join was acknowledged, %d are there and were told otherwise", node, missing, surplus)
		}
	}
	if c.acknowledged.Load() == 0 {
		c.w.t.Error("nobody joined: nothing was tried")
	}
}
