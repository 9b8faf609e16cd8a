package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// lanes is how many events of a claim are worked on at once. Most of a step is waiting, for the database and its disk.
const lanes = 2

// Conns is how many connections a worker's store needs: each lane may be reading a long list while it renews the claim, and a courier
// claims and records.
const Conns = 2*lanes + 2

// claimed is a claim at work. What all its events need is read at once; what is done to one is done to it alone.
type claimed struct {
	*Worker
	claim  store.Claim
	events map[lottery.EventID]*lottery.Event
	now    time.Time                          // the database's clock as events were read
	lists  map[lottery.EventID][]store.Winner // of those that can be read in advance

	mu              sync.Mutex
	left            []lottery.EventID // nobody is at them yet, in the order they will be worked on
	atWork          []lottery.EventID
	fresh           time.Time // when the lease was last renewed, on this machine's clock
	steps, failures int
}

// newBatch reads the events of a claim. After an error it has none, and all are left.
func (w *Worker) newBatch(ctx context.Context, c store.Claim) (*claimed, error) {
	b := &claimed{Worker: w, claim: c, left: slices.Clone(c.Events), fresh: time.Now()}
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

// effort orders the work so that no long list delays a short one: draws that need nobody by the length of their lists, then
// locks, then draws that may have to ask for their round, then the lists that are still to be read, whose length nobody knows.
func (b *claimed) effort(id lottery.EventID) int {
	switch e := b.events[id]; {
	case e == nil:
		return 0
	case drawable(e) && (e.Mode == vdraw.ModeTrusted || e.Beacon != nil):
		return int(e.Record.Count)
	case e.Status == lottery.Init:
		return 1 << 40
	case drawable(e): // it may have to wait for a relay
		return 1<<41 + int(e.Record.Count)
	}
	return 1 << 42
}

// work takes each event one step further. What goes wrong stays with the event: it is recorded there, the event is tried
// again later, and the others go on. What there was no time for is still held afterwards.
func (b *claimed) work(ctx context.Context) {
	var wg sync.WaitGroup
	for range lanes {
		wg.Go(func() {
			for ctx.Err() == nil && b.renew(ctx) {
				id, ok := b.take()
				if !ok {
					return
				}
				done, err := b.stepOrGiveBack(ctx, id)
				if ctx.Err() != nil && err != nil {
					return
				}
				b.settle(ctx, id, done, err)
			}
		})
	}
	wg.Wait()
}

func (b *claimed) take() (id lottery.EventID, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.left) == 0 {
		return id, false
	}
	id, b.left = b.left[0], b.left[1:]
	b.atWork = append(b.atWork, id)
	return id, true
}

// held are the events that the claim is still for.
func (b *claimed) held() []lottery.EventID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Concat(b.atWork, b.left)
}

// renew renews the lease when a third of it is over. It says whether the claim can be relied on.
func (b *claimed) renew(ctx context.Context) bool {
	b.mu.Lock()
	due := time.Since(b.fresh) > store.Lease/3
	if due {
		b.fresh = time.Now()
	}
	b.mu.Unlock()
	return !due || b.extend(ctx) == nil
}

func (b *claimed) extend(ctx context.Context) error { return b.store.Extend(ctx, b.claim, b.held()) }

// stepOrGiveBack takes a step. Should it take long, for a long list or for somebody who holds the row, what waits behind it is
// given back meanwhile.
func (b *claimed) stepOrGiveBack(ctx context.Context, id lottery.EventID) (bool, error) {
	given := make(chan struct{})
	timer := time.AfterFunc(b.patience, func() {
		defer close(given)
		b.mu.Lock()
		rest := b.left
		b.left = nil
		b.mu.Unlock()
		b.giveBack(ctx, b.claim, rest)
	})
	done, err := b.step(ctx, id)
	if !timer.Stop() {
		<-given
	}
	return done, err
}

// settle ends the work on an event.
func (b *claimed) settle(ctx context.Context, id lottery.EventID, done bool, err error) {
	waits := waiting{}
	b.mu.Lock()
	b.steps++
	if err != nil && !errors.As(err, &waits) {
		b.failures++
	}
	b.atWork = slices.DeleteFunc(b.atWork, func(other lottery.EventID) bool { return other == id })
	b.mu.Unlock()
	switch {
	case waits.reason != nil:
		b.await(ctx, id, waits)
	case err != nil:
		b.putBack(ctx, id, err)
	case !done: // somebody was first, or it has changed: it is not ours any more
		b.giveBack(ctx, b.claim, []lottery.EventID{id})
	}
}

// await gives an event back that waits for its round.
func (b *claimed) await(ctx context.Context, id lottery.EventID, w waiting) {
	log := slog.With("request_id", cloud.RequestID(ctx), "event", id.String())
	if w.pause >= time.Second { // the first seconds are normal, and there may be thousands of events
		log.InfoContext(ctx, "event waits", "reason", w.Error())
	}
	e := b.events[id]
	last := w.inVain() && e != nil && !b.now.Before(e.VoidAt())
	if err := b.store.Await(ctx, b.claim, id, w.pause, w.Error(), last); err != nil {
		log.ErrorContext(ctx, "event not put back", "error", err.Error())
	}
}

// putBack records a failure. Where the row is held by somebody, recording would only wait for him as well; the lease ends by
// itself.
func (b *claimed) putBack(ctx context.Context, id lottery.EventID, reason error) {
	log := slog.With("request_id", cloud.RequestID(ctx), "event", id.String())
	log.ErrorContext(ctx, "event", "error", reason.Error())
	if store.IsHeld(reason) {
		return
	}
	if err := b.store.PutBack(ctx, b.claim, id, reason.Error()); err != nil {
		log.ErrorContext(ctx, "event not put back", "error", err.Error())
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
	if unprovable(err) && !b.now.Before(e.VoidAt()) {
		return b.giveUp(ctx, e, err)
	}
	return done, err
}

// giveUp ends an event that could not be drawn for seven days; why is what it lacks. One whose round does not come is given up only
// after it was asked for again and again, a minute apart: the first answer after a long outage is often none.
func (b *claimed) giveUp(ctx context.Context, e *lottery.Event, why error) (bool, error) {
	waits := waiting{}
	tries := 0
	if errors.As(why, &waits) {
		if !waits.inVain() {
			return false, why
		}
		tries = lastTries
	}
	void, err := b.store.Void(ctx, e.ID, tries)
	if err != nil || !void {
		return false, errors.Join(why, err)
	}
	return true, fmt.Errorf("draw: event %s is void: %v", e.ID, why)
}

// lastTries is how often a round has to be asked for in vain, after the time to give it up has come.
const lastTries = 5

// unprovable says that an event's secret or key cannot be produced, or its public randomness cannot be had. That is tried again
// for days, as a wrong configuration can be put right and a relay comes back; then the event is void, as its rules say.
func unprovable(err error) bool {
	waits := waiting{}
	return errors.Is(err, lottery.ErrNoKey) || errors.Is(err, lottery.ErrCommit) || errors.Is(err, lottery.ErrNoChain) ||
		errors.As(err, &waits)
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
	pages, now := list.Pages(), b.now
	for range freezes {
		record, err := e.Freeze(list.Count(), list.Root(), b.keys, b.chain(e), now)
		if err != nil {
			return false, err
		}
		done, err := b.store.Freeze(ctx, e.ID, record, pages, b.grace)
		if done || err != nil || e.Mode == vdraw.ModeTrusted {
			return done, err
		}
		// Either somebody was first, or the time has come in which another record is true.
		latest, at, err := b.store.Event(ctx, e.ID)
		if err != nil || latest.Status != lottery.Opening || latest.Record != nil {
			return false, err
		}
		now = at
	}
	return false, fmt.Errorf("draw: event %s: no moment to freeze it in %d tries", e.ID, freezes)
}

// freezes is how often a record is made anew because its moment was over before it was stored. A late one is true for as long
// as a round lasts, so the second one is stored unless the database takes its time.
const freezes = 5

// draw picks the winners and stores them with the result.
func (b *claimed) draw(ctx context.Context, e *lottery.Event) (bool, error) {
	signature, err := b.signature(ctx, e)
	if err != nil {
		return false, err
	}
	result, picks, err := e.Draw(b.keys, signature)
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
