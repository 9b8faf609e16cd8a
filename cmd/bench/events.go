package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// terms are short, so that a race against the lock is over soon.
var terms = lottery.Terms{LockLead: 3 * time.Second, MinLead: 0}

// plan says what an event is made of.
type plan struct {
	id     lottery.EventID
	drawIn time.Duration // from now on; below 0 it is overdue
	wins   int
}

// create makes an event by the store. Its rules allow no draw in the past, so the clock they are given is behind.
func (b *bench) create(ctx context.Context, p plan) (*lottery.Event, error) {
	e, _, _, err := b.store.Create(ctx, store.Creation{
		Owner: b.owner,
		Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			return b.event(p, place, now)
		},
	})
	return e, err
}

// event is the event of a plan at now; it is created an hour before what is overdue, and the draw is rounded up to a second.
func (b *bench) event(p plan, place lottery.Place, now time.Time) (*lottery.Event, error) {
	drawAt := now.Add(p.drawIn + time.Second - time.Millisecond).Truncate(time.Second)
	if p.drawIn < time.Hour {
		now = now.Add(min(p.drawIn, 0) - time.Hour)
	}
	draft, err := lottery.Draft{
		Title: "Tea for two", DrawAt: drawAt, Prizes: []lottery.Prize{{Name: "Tea", Quantity: p.wins}},
	}.Check()
	if err != nil {
		return nil, err
	}
	return draft.Event(p.id, place, now, terms, b.keys)
}

// open is an event that users may join for long.
func (b *bench) openEvent(ctx context.Context) (*lottery.Event, error) {
	return b.create(ctx, plan{id: lottery.NewEventID(), drawIn: 24 * time.Hour, wins: 1})
}

// openid is the openid of user i, of the usual length. Each run has users of its own: Redis is everybody's.
func (b *bench) openid(i int) string { return fmt.Sprintf("oBench%s%010d", b.random, i) }

// user is a user id for user i that looks as random as a real one, and is the same each time.
func (b *bench) user(i int) lottery.UserID {
	digest := sha256.Sum256([]byte(b.openid(i)))
	return lottery.UserID(digest[:16])
}

// entrants are users of an event with their tickets made, so that joining needs no more than the database.
func (b *bench) entrants(e *lottery.Event, n int) ([]store.Entrant, error) {
	all := make([]store.Entrant, n)
	for i := range all {
		ticket, err := b.keys.Ticket(e.KeyVersion, e.ID, b.openid(i))
		if err != nil {
			return nil, err
		}
		all[i] = store.Entrant{User: b.user(i), Version: e.KeyVersion, Ticket: func(int) (vdraw.Ticket, error) { return ticket, nil }}
	}
	return all, nil
}
