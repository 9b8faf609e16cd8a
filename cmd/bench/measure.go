package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// lap is what one side did in one turn.
type lap struct {
	ops    int
	took   time.Duration
	server time.Duration // processor time of the database server, for everybody; 0 where it is not known
	own    time.Duration // processor time of this process
}

// each is how long one operation took.
func (l lap) each() time.Duration { return l.took / time.Duration(max(l.ops, 1)) }

// perSecond is how many operations there were in a second.
func (l lap) perSecond() float64 { return float64(l.ops) / l.took.Seconds() }

// serverEach is the server's processor time for one operation, in microseconds.
func (l lap) serverEach() float64 {
	return float64(l.server.Nanoseconds()) / 1000 / float64(max(l.ops, 1))
}

// ownEach is this process's processor time for one operation, in microseconds.
func (l lap) ownEach() float64 { return float64(l.own.Nanoseconds()) / 1000 / float64(max(l.ops, 1)) }

// lap times work of ops operations.
func (b *bench) lap(ops int, work func() error) (lap, error) {
	cpu, mine, begin := b.server.read(), self.read(), time.Now()
	err := work()
	return lap{ops, time.Since(begin), b.server.read() - cpu, self.read() - mine}, err
}

// side is one way to do a piece of work. run prepares what it needs and times the rest.
type side struct {
	name string
	run  func(ctx context.Context) (lap, error)
}

// alternate lets sides take turns, n times each, in an order that reverses every time (A B, B A, A B …), so that a machine
// that gets slower or faster favours none. It returns the laps by side and turn.
func (b *bench) alternate(ctx context.Context, what string, n int, sides ...side) ([][]lap, error) {
	laps := make([][]lap, len(sides))
	for turn := range n {
		for k := range sides {
			i := k
			if turn%2 == 1 {
				i = len(sides) - 1 - k
			}
			b.tell("%s: %d of %d, %s", what, turn+1, n, sides[i].name)
			l, err := sides[i].run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", what, sides[i].name, err)
			}
			laps[i] = append(laps[i], l)
		}
	}
	return laps, nil
}

// spread is the middle of several figures and their quartiles.
type spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`  // first quartile
	High   float64 `json:"high"` // third quartile
}

func spreadOf(figures []float64) spread {
	sorted := slices.Sorted(slices.Values(figures))
	return spread{quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75)}
}

// quantile is between the two nearest of sorted figures where it falls between them; 0 of none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// each applies f to laps.
func each(laps []lap, f func(lap) float64) []float64 {
	all := make([]float64, len(laps))
	for i, l := range laps {
		all[i] = f(l)
	}
	return all
}

// ratios divides figures turn by turn.
func ratios(ours, limit []float64) []float64 {
	all := make([]float64, min(len(ours), len(limit)))
	for i := range all {
		all[i] = ours[i] / limit[i]
	}
	return all
}

// together lets workers do n operations, each taking the next one that is left, and returns the first error.
func together(ctx context.Context, workers, n int, do func(ctx context.Context, worker, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := do(ctx, w, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// way is a side whose number of operations can be chosen.
type way struct {
	name string
	run  func(ctx context.Context, ops int) (lap, error)
}

// sized makes sides of ways, each of as many operations as take about as long as a lap should.
func (b *bench) sized(ctx context.Context, most int, ways ...way) ([]side, error) {
	sides := make([]side, len(ways))
	for i, w := range ways {
		ops, err := b.enough(most, func(ops int) (lap, error) { return w.run(ctx, ops) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		sides[i] = side{w.name, func(ctx context.Context) (lap, error) { return w.run(ctx, ops) }}
	}
	return sides, nil
}

// enough finds how many operations take about as long as a lap should, at most most. The tries also open connections and
// warm caches.
func (b *bench) enough(most int, try func(ops int) (lap, error)) (int, error) {
	for ops := min(64, most); ; {
		l, err := try(ops)
		if err != nil {
			return 0, err
		}
		wanted := int(float64(ops) * float64(b.sizes.lap) / float64(max(l.took, time.Microsecond)))
		if ops == most || l.took > b.sizes.lap/3 {
			return cmp.Or(min(wanted, most), 1), nil
		}
		ops = min(most, max(2*ops, wanted))
	}
}
