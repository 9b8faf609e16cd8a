package galera_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// BenchmarkJoin says what the option costs: joins of 64 connections on two nodes, all to one event, which then is the one row
// that everybody changes, or to 64. A share of them is told to come again, after as many tries as the store makes.
func BenchmarkJoin(b *testing.B) {
	for _, events := range []int{1, 64} {
		for _, multi := range []bool{false, true} {
			b.Run(benchName(events, multi), func(b *testing.B) { benchmarkJoin(b, events, multi) })
		}
	}
}

func benchName(events int, multi bool) string {
	name := "one event"
	if events > 1 {
		name = "many events"
	}
	if multi {
		return name + ", MultiPrimary"
	}
	return name + ", share lock alone"
}

func benchmarkJoin(b *testing.B, n int, multi bool) {
	w := newWorld(b, store.Options{Conns: conns, SetSession: true, MultiPrimary: multi})
	events := make([]*lottery.Event, n)
	for i := range events {
		var err error
		events[i], err = w.create(w.nodes[0], lottery.NewEventID().String(), usual, time.Hour)
		must(b, err)
	}
	var next, unavailable atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for j := range 64 {
		group.Go(func() {
			for i := int(next.Add(1)); i <= b.N; i = int(next.Add(1)) {
				e := events[j%len(events)]
				_, _, err := w.nodes[j%2].Join(context.Background(), e.ID, w.entrant(e, i), false, time.Now())
				switch {
				case isUnavailable(err):
					unavailable.Add(1)
				case err != nil:
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N-int(unavailable.Load()))/b.Elapsed().Seconds(), "joins/s")
	b.ReportMetric(100*float64(unavailable.Load())/float64(b.N), "%unavailable")
}
