package main

import (
	"context"
	"fmt"
	"time"

	"wxlottery/functions/draw/worker"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

const (
	locksName   = "locks-1"
	freezesName = "freezes-1"
)

// steps measures how many events one worker locks, and how many it freezes, in a second, beside one bare UPDATE for each of
// them: what a database takes for as many commits of the same change.
func steps(o options) subject {
	return subject{
		names: []string{locksName, freezesName},
		run: func(ctx context.Context, b *bench, wanted func(string) bool) error {
			if err := b.needOld(ctx); err != nil {
				return err
			}
			d, err := b.makeDue(ctx, b.due/5)
			if err != nil {
				return err
			}
			s, err := b.openStore(worker.Conns)
			if err != nil {
				return err
			}
			defer s.Close()
			p := stepping{d, s}
			if wanted(locksName) {
				if err := p.locks(ctx); err != nil {
					return err
				}
			}
			if wanted(freezesName) {
				if err := p.freezes(ctx); err != nil {
					return err
				}
			}
			return d.remove(ctx)
		},
	}
}

// stepping is one worker that takes events to where nothing more is due.
type stepping struct {
	*due
	store *store.Store
}

// before puts all events back to a status, without a lock record, and due at their lock; their draw is far away.
func (p stepping) before(ctx context.Context, status int) error {
	if _, err := p.db.ExecContext(ctx, `
		UPDATE events
		SET status = ?, next_at_ms = lock_at_ms, draw_at_ms = ?, lease_until_ms = 0, lease_token = NULL,
			list_count = NULL, list_root = NULL, lock_digest = NULL, lock_sig = NULL, frozen_at_ms = NULL
		WHERE owner_id = ?`, status, time.Now().Add(time.Hour).UnixMilli(), p.events[0].Owner[:]); err != nil {
		return err
	}
	return p.settle(ctx)
}

// after checks that all events got there.
func (p stepping) after(ctx context.Context, frozen bool) error {
	var n int
	err := p.db.QueryRowContext(ctx, `
		SELECT COUNT(*)
		FROM events
		WHERE owner_id = ? AND status = 1 AND (list_root IS NOT NULL) = ?`, p.events[0].Owner[:], frozen).Scan(&n)
	if err == nil && n != len(p.events) {
		return fmt.Errorf("%d of %d events took the step", n, len(p.events))
	}
	return err
}

// tick lets a worker with that grace take the step.
func (p stepping) tick(status int, grace time.Duration) func(context.Context) (lap, error) {
	return func(ctx context.Context) (lap, error) {
		if err := p.before(ctx, status); err != nil {
			return lap{}, err
		}
		l, err := p.lap(len(p.events), func() error { return worker.New(p.store, p.keys, grace).Tick(ctx, 0) })
		if err != nil {
			return l, err
		}
		return l, p.after(ctx, status == 1)
	}
}

// each changes every event by a statement of its own.
func (p stepping) each(status int, change func(ctx context.Context, e *lottery.Event) error) func(context.Context) (lap, error) {
	return func(ctx context.Context) (lap, error) {
		if err := p.before(ctx, status); err != nil {
			return lap{}, err
		}
		return p.lap(len(p.events), func() error {
			for _, e := range p.events {
				if err := change(ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// locks: with a grace that is not over, nothing follows the lock.
func (p stepping) locks(ctx context.Context) error {
	laps, err := p.alternate(ctx, locksName, p.pairs, side{"worker", p.tick(0, 24*time.Hour)},
		side{"UPDATE", p.each(0, func(ctx context.Context, e *lottery.Event) error {
			_, err := p.db.ExecContext(ctx, `
				UPDATE events
				SET status = 1, next_at_ms = lock_at_ms + 1
				WHERE id = ? AND status = 0`, e.ID[:])
			return err
		})})
	if err == nil {
		p.add(rates(locksName, "an UPDATE of the status for each", laps[0], laps[1]))
	}
	return err
}

// freezes: with the draw far away, nothing follows the freeze.
func (p stepping) freezes(ctx context.Context) error {
	laps, err := p.alternate(ctx, freezesName, p.pairs, side{"worker", p.tick(1, 0)},
		side{"UPDATE", p.each(1, func(ctx context.Context, e *lottery.Event) error {
			var zero vdraw.Digest
			_, err := p.db.ExecContext(ctx, `
				UPDATE events
				SET list_count = 0, list_root = ?, lock_digest = ?, lock_sig = ?, frozen_at_ms = lock_at_ms, next_at_ms = draw_at_ms
				WHERE id = ? AND status = 1`, zero[:], zero[:], make([]byte, 64), e.ID[:])
			return err
		})})
	if err == nil {
		p.add(rates(freezesName, "an UPDATE of the lock record for each", laps[0], laps[1]))
	}
	return err
}
