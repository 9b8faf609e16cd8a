package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

const (
	idleClaim   = "claim-nothing-due"
	idleOutlook = "outlook-nothing-due"
)

func busyClaim(due int) string { return fmt.Sprintf("claim-of-%d-due", due) }

// claimed is how many events a worker claims at once.
const claimed = 100

// dueScan measures how a worker finds what is due among events that are over: with nothing due, beside the shortest
// statement there is, and with many due, beside writing the leases of so many known events.
func dueScan(o options) subject {
	return subject{
		names: []string{idleClaim, idleOutlook, busyClaim(o.due)},
		run: func(ctx context.Context, b *bench, wanted func(string) bool) error {
			if err := b.needOld(ctx); err != nil {
				return err
			}
			s, err := b.openStore(1)
			if err != nil {
				return err
			}
			defer s.Close()
			if wanted(idleClaim) || wanted(idleOutlook) {
				if err := b.idle(ctx, s); err != nil {
					return err
				}
			}
			if wanted(busyClaim(o.due)) {
				return b.busy(ctx, s)
			}
			return nil
		},
	}
}

// needOld fills in the events that are over, once.
func (b *bench) needOld(ctx context.Context) error {
	if b.filled {
		return nil
	}
	b.filled = true
	return b.fillOld(ctx)
}

// idle measures both statements of a tick with nothing to do.
func (b *bench) idle(ctx context.Context, s *store.Store) error {
	claim := func() error {
		c, err := s.Claim(ctx, claimed)
		if err == nil && len(c.Events) > 0 {
			return errors.New("something is due")
		}
		return err
	}
	outlook := func() error {
		_, err := s.Outlook(ctx, time.Now().Add(150*time.Second))
		return err
	}
	ops, err := b.enough(mostJoins, func(ops int) (lap, error) { return b.repeat(ops, claim) })
	if err != nil {
		return err
	}
	laps, err := b.alternate(ctx, idleClaim, b.pairs, b.again("claim", ops, claim), b.again("outlook", ops, outlook),
		b.again("SELECT 1", ops, func() error { return b.exec(ctx, "SELECT 1") }))
	if err != nil {
		return err
	}
	for i, name := range []string{idleClaim, idleOutlook} {
		rows, err := b.rowsRead(ctx, ops, []func() error{claim, outlook}[i])
		if err != nil {
			return err
		}
		r := times(name, fmt.Sprintf("SELECT 1; %d events in the table, %.2f rows read", b.old, rows), laps[i], laps[2])
		b.add(r.with(atMost("ratio", r.Ratio.Median, 10), atMost("rows", rows, 2)))
	}
	return nil
}

// again is a side that does the same so many times.
func (b *bench) again(name string, ops int, work func() error) side {
	return side{name, func(context.Context) (lap, error) { return b.repeat(ops, work) }}
}

func (b *bench) repeat(ops int, work func() error) (lap, error) {
	return b.lap(ops, func() error {
		for range ops {
			if err := work(); err != nil {
				return err
			}
		}
		return nil
	})
}

// rowsRead is how many rows the server touches in one go of work. It counts for all its clients at once, so the lowest of
// several counts is taken; counting itself touches rows, too.
func (b *bench) rowsRead(ctx context.Context, ops int, work func() error) (float64, error) {
	var counts []float64
	for range 5 {
		before, err := b.status(ctx, "Handler_read%")
		if err != nil {
			return 0, err
		}
		begin, err := b.status(ctx, "Handler_read%")
		if err != nil {
			return 0, err
		}
		if _, err := b.repeat(ops, work); err != nil {
			return 0, err
		}
		end, err := b.status(ctx, "Handler_read%")
		if err != nil {
			return 0, err
		}
		counts = append(counts, float64(end-begin-(begin-before))/float64(ops))
	}
	return max(slices.Min(counts), 0), nil
}

// busy measures a claim of a hundred events of the many that are due.
func (b *bench) busy(ctx context.Context, s *store.Store) error {
	d, err := b.makeDue(ctx, b.due)
	if err != nil {
		return err
	}
	claim := func(int) error {
		c, err := s.Claim(ctx, claimed)
		if err == nil && len(c.Events) != claimed {
			return fmt.Errorf("claimed %d events", len(c.Events))
		}
		return err
	}
	lease := func(i int) error { return d.lease(ctx, d.events[i*claimed:(i+1)*claimed]) }
	laps, err := b.alternate(ctx, busyClaim(b.due), b.pairs, side{"claim", d.tenTimes(claim)}, side{"lease", d.tenTimes(lease)})
	if err != nil {
		return err
	}
	b.add(times(busyClaim(b.due), "UPDATE of 100 leases by id", laps[0], laps[1]))
	return d.remove(ctx)
}

// tenTimes is a lap of at most ten rounds, each with a hundred events of its own.
func (d *due) tenTimes(round func(i int) error) func(context.Context) (lap, error) {
	return func(ctx context.Context) (lap, error) {
		if err := d.reset(ctx); err != nil {
			return lap{}, err
		}
		rounds := min(10, len(d.events)/claimed)
		return d.lap(rounds, func() error {
			for i := range rounds {
				if err := round(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// lease writes what a claim writes.
func (d *due) lease(ctx context.Context, events []*lottery.Event) error {
	args := []any{make([]byte, 16)}
	for _, e := range events {
		args = append(args, e.ID[:])
	}
	_, err := d.db.ExecContext(ctx, `
		UPDATE events
		SET lease_until_ms = 1, lease_token = ?
		WHERE id IN (`+marks(len(events))+`)`, args...)
	return err
}
