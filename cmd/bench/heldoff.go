package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"wxlottery/functions/draw/worker"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

const (
	heldOffName = "lock-among-joins"
	crowdedName = "lock-beside-joins"
)

// hammering is how many connections join an event while it is locked.
const hammering = 64

// heldOff measures how long after lock_at a worker that waits for it has locked an event while users go on trying to join,
// since a join holds the event's row in share mode and a claim skips rows that are held. What is due to the crowd and not to
// the row shows beside it: the same crowd at another event; and nobody at all.
func heldOff() subject {
	return subject{
		names: []string{heldOffName, crowdedName},
		run: func(ctx context.Context, b *bench, _ func(string) bool) error {
			s, err := b.openStore(hammering)
			if err != nil {
				return err
			}
			defer s.Close()
			var sides []side
			for _, where := range []struct {
				name    string
				joiners int
				other   bool
			}{{"joins", hammering, false}, {"joins elsewhere", hammering, true}, {"nobody", 0, false}} {
				sides = append(sides, side{where.name, func(ctx context.Context) (lap, error) {
					return b.lockedAfter(ctx, s, where.joiners, where.other)
				}})
			}
			laps, err := b.alternate(ctx, heldOffName, b.pairs, sides...)
			if err != nil {
				return err
			}
			b.addHeldOff(laps)
			return b.exec(ctx, "TRUNCATE participants")
		},
	}
}

func (b *bench) addHeldOff(laps [][]lap) {
	for i, name := range []string{heldOffName, crowdedName} {
		r := times(name, []string{"the same crowd at another event", "nobody joins"}[i], laps[i], laps[i+1])
		longest := slices.Max(each(laps[i], func(l lap) float64 { return l.took.Seconds() * 1000 }))
		r.Notes = fmt.Sprintf("longest %.0f ms", longest)
		if i == 0 {
			extra := r.Figure - r.Baseline
			r = r.with(atMost("ms more", extra, 100))
		}
		b.add(r)
	}
}

// lockedAfter lets joiners hammer an event, or another one, until it is locked, which a worker does that waits for it, and
// says how long after lock_at that was.
func (b *bench) lockedAfter(ctx context.Context, s *store.Store, joiners int, other bool) (lap, error) {
	p := plan{drawIn: terms.LockLead + 400*time.Millisecond, wins: 1}
	var both [2]*lottery.Event
	for i := range both {
		var err error
		p.id = lottery.NewEventID()
		if both[i], err = b.create(ctx, p); err != nil {
			return lap{}, err
		}
	}
	target := both[0]
	if other {
		target = both[1]
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	if err := b.hammer(ctx, cancel, &wg, s, target, joiners); err != nil {
		return lap{}, err
	}
	wg.Go(func() {
		if err := worker.New(b.store, b.keys, time.Hour).Tick(ctx, 5*time.Second); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	})
	took, err := b.watch(ctx, both[0])
	cause := context.Cause(ctx)
	cancel(nil)
	wg.Wait()
	return lap{ops: 1, took: took}, errors.Join(err, cause)
}

// hammer starts users who try to join without a pause, whatever they are told.
func (b *bench) hammer(ctx context.Context, fail context.CancelCauseFunc, wg *sync.WaitGroup, s *store.Store, e *lottery.Event, joiners int) error {
	who, err := b.entrants(e, 20*hammering)
	if err != nil {
		return err
	}
	for g := range joiners {
		wg.Go(func() {
			for i := g; ctx.Err() == nil; i = (i + joiners) % len(who) {
				_, _, err := s.Join(ctx, e.ID, who[i], false, time.Now())
				if err != nil && !errors.Is(err, lottery.ErrLocked) && fault.From(err).Kind != fault.Unavailable && ctx.Err() == nil {
					fail(err)
				}
			}
		})
	}
	return nil
}

// watch looks at an event until it is locked, and returns how long after its lock_at that is.
func (b *bench) watch(ctx context.Context, e *lottery.Event) (time.Duration, error) {
	for {
		var status int
		if err := b.db.QueryRowContext(ctx, `
			SELECT status
			FROM events
			WHERE id = ?`, e.ID[:]).Scan(&status); err != nil {
			return 0, err
		}
		if status != 0 {
			return time.Since(e.LockAt), nil
		}
		if time.Since(e.LockAt) > 20*time.Second {
			return 0, errors.New("the event is not locked 20 s after its lock_at")
		}
		time.Sleep(time.Millisecond)
	}
}
