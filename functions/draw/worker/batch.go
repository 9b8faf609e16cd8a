package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// claimed is a claim at work. What all its events need is read at once; what is done to one is done to it alone.
type claimed struct {
	*Worker
	claim           store.Claim
	left            []lottery.EventID // not worked on yet, in the order they will be
	events          map[lottery.EventID]*lottery.Event
	now             time.Time                          // the database's clock as events were read
	lists           map[lottery.EventID][]store.Winner // of those that can be read in advance
	steps, failures int
}

// newBatch reads the events of a claim. After an error it has none, and all are left.
func (w *Worker) newBatch(ctx context.Context, c store.Claim) (*claimed, error) {
	b := &claimed{Worker: w, claim: c, left: slices.Clone(c.Events)}
	var err error
	if b.events, b.now, err = w.store.EventsByID(ctx, c.Events); err != nil {
		return b, err
	}
	var short []*lottery.Event
	for _, e := range b.events {
		if drawable(e) && store.IsShort(e) {
			short = append(short, e)
		}
	}
	if b.lists, err = w.store.ShortLists(ctx, short); err != nil {
		return b, err
	}
	slices.SortStableFunc(b.left, func(x, y lottery.EventID) int { return cmp.Compare(b.effort(x), b.effort(y)) })
	return b, nil
}

func drawable(e *lottery.Event) bool { return e.Status == lottery.Opening && e.Record != nil }

// effort orders the work so that no long list delays a short one: draws by the length of their lists, then locks, then
// the lists that are still to be read, whose length nobody knows.
func (b *claimed) effort(id lottery.EventID) int {
	switch e := b.events[id]; {
	case e == nil:
		return 0
	case drawable(e):
		return int(e.Record.Count)
	case e.Status == lottery.Init:
		return 1 << 40
	}
	return 1 << 41
}

// work takes each event one step further. What goes wrong stays with the event: it is recorded there, the event is tried
// again later, and the others go on.
func (b *claimed) work(ctx context.Context) {
	fresh := time.Now()
	for len(b.left) > 0 && ctx.Err() == nil {
		if time.Since(fresh) > store.Lease/3 {
			if err := b.extend(ctx); err != nil {
				return // what is left is given back
			}
			fresh = time.Now()
		}
		id := b.left[0]
		done, err := b.step(ctx, id)
		if ctx.Err() != nil && err != nil {
			return
		}
		b.left = b.left[1:]
		b.steps++
		switch {
		case err != nil:
			b.failures++
			b.putBack(ctx, id, err)
		case !done: // somebody was first, or it has changed: it is not ours any more
			b.release(ctx, id)
		}
	}
}

// extend renews the lease on what is left, the event at work included.
func (b *claimed) extend(ctx context.Context) error { return b.store.Extend(ctx, b.claim, b.left) }

func (b *claimed) putBack(ctx context.Context, id lottery.EventID, reason error) {
	log := slog.With("request_id", cloud.RequestID(ctx), "event", id.String())
	log.ErrorContext(ctx, "event", "error", reason.Error())
	if err := b.store.PutBack(ctx, b.claim, id, reason.Error()); err != nil {
		log.ErrorContext(ctx, "event not put back", "error", err.Error())
	}
}

func (b *claimed) release(ctx context.Context, id lottery.EventID) {
	if err := b.store.Release(ctx, b.claim, []lottery.EventID{id}); err != nil { // the lease ends by itself
		slog.WarnContext(ctx, "release", "request_id", cloud.RequestID(ctx), "event", id.String(), "error", err.Error())
	}
}

// step takes an event one step further: locked, frozen, drawn. done is false where there was nothing to do. A panic is an
// error of this event like any other.
func (b *claimed) step(ctx context.Context, id lottery.EventID) (done bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			done, err = false, fmt.Errorf("draw: event %s: panic: %v", id, p)
		}
	}()
	e := b.events[id]
	if e == nil { // it could not be read with the others
		if e, _, err = b.store.Event(ctx, id); err != nil {
			return false, err
		}
	}
	switch {
	case e.Status == lottery.Init:
		return b.store.Lock(ctx, e, b.now, b.grace)
	case e.Status != lottery.Opening:
		return false, nil // somebody else finished it
	case e.Record == nil && b.now.Before(e.LockAt.Add(b.grace)):
		return false, nil // somebody else has just locked it; it is due again when the grace is over
	case e.Record == nil:
		done, err = b.freeze(ctx, e)
	default:
		done, err = b.draw(ctx, e)
	}
	if unprovable(err) && !b.now.Before(e.DrawAt.Add(lottery.VoidAfter)) {
		return true, errors.Join(err, b.store.Void(ctx, id))
	}
	return done, err
}

// unprovable says that an event's secret or key cannot be produced. That is tried again for days, as a wrong configuration
// can be put right; then the event is void, as its rules say.
func unprovable(err error) bool {
	return errors.Is(err, lottery.ErrNoKey) || errors.Is(err, lottery.ErrCommit)
}

// freeze reads the list once, in order, and publishes its lock record.
func (b *claimed) freeze(ctx context.Context, e *lottery.Event) (bool, error) {
	if err := e.Provable(b.keys); err != nil { // before reading a list that could not be published
		return false, err
	}
	list, err := b.store.List(ctx, e, func(uint64) error { return b.extend(ctx) })
	if err != nil {
		return false, err
	}
	record, err := e.Freeze(list.Count(), list.Root(), b.keys)
	if err != nil {
		return false, err
	}
	return b.store.Freeze(ctx, e.ID, record, list.Pages(), b.grace)
}

// draw picks the winners and stores them with the result.
func (b *claimed) draw(ctx context.Context, e *lottery.Event) (bool, error) {
	result, picks, err := e.Draw(b.keys)
	if err != nil {
		return false, err
	}
	winners, err := b.winners(ctx, e, picks)
	if err != nil {
		return false, err
	}
	return b.store.Open(ctx, e, b.now, result, winners)
}

// winners are the participants at the picked places of the list.
func (b *claimed) winners(ctx context.Context, e *lottery.Event, picks []uint64) ([]store.Winner, error) {
	list, ok := b.lists[e.ID]
	if !ok {
		return b.store.Entries(ctx, e, picks)
	}
	winners := make([]store.Winner, len(picks))
	for i, p := range picks {
		winners[i] = list[p]
		winners[i].Place = i + 1
	}
	return winners, nil
}
