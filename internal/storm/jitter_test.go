package storm_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
)

// jitter is a run with a bad timer.
type jitter struct {
	pace
	events, large int           // how many, and the participants of one of them
	over          time.Duration // which the draws are spread
	record        time.Duration // a lock record must be public so long before the draw
}

// jitters are a run by the minute, as a deployment has it, and one that goes twelve times as fast.
func jitters() jitter {
	if testdb.Scale(0, 1) == 1 {
		return jitter{pace{time.Minute, time.Minute, 240 * time.Second, 300 * time.Second}, 100, 100_000, 6 * time.Minute, 30 * time.Second}
	}
	return jitter{pace{6 * time.Second, 5 * time.Second, 20 * time.Second, 25 * time.Second}, 30, 2000, 24 * time.Second, 3 * time.Second}
}

// punctual is how long after draw_at a result must be public.
const punctual = 3 * time.Second

// TestAJitteredTimerDrawsOnTime has a timer whose every tick comes late by anything up to 59/60 of its period, and which
// loses one of each ten. By this seed the tenth and the eleventh are lost, and nearly four periods pass without a tick.
func TestAJitteredTimerDrawsOnTime(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	const seed = 1884
	t.Logf("seed %d", seed)
	j := jitters()
	g := newGround(t, testdb.DSN(t), j.pace)
	draw := g.function("draw", 0, 8)
	start := time.Now()
	first := start.Add(j.period + j.horizon + j.lead) // the first tick ended before its lock at the latest
	events := g.spread(rand.New(rand.NewPCG(seed, 0)), j, first)
	ctx, cancel := context.WithDeadline(context.Background(), first.Add(j.over+punctual))
	defer cancel()
	fired, gap := fire(ctx, draw, start, j.period, rand.New(rand.NewPCG(seed, 1)))
	t.Logf("%d ticks in %s, at most %s without one", fired, time.Since(start).Round(time.Second), gap.Round(time.Millisecond))
	if s := draw.Stats(); s.Timeouts+s.Crashes+s.Throttles > 0 {
		t.Errorf("the ticks went wrong: %+v", s)
	}
	g.punctual(events, j)
}

// spread makes the events, drawn at any second of the time given to them.
func (g *ground) spread(random *rand.Rand, j jitter, first time.Time) (events []*lottery.Event) {
	g.t.Helper()
	for i := range j.events {
		e := g.event(g.user("owner"), first.Add(upTo(random, j.over)), 0, 1, 1+random.IntN(9))
		n := random.IntN(100)
		if i == j.events/2 {
			n = j.large
		}
		g.fill(e, n)
		events = append(events, e)
	}
	return events
}

// fire is the timer, until ctx ends. It waits for no tick, as a platform does, and returns how many it fired, and the longest
// time without one, when all have ended. The first is not among the lost, because the test's times count from it.
func fire(ctx context.Context, f *function.Function, start time.Time, period time.Duration, random *rand.Rand) (fired int, gap time.Duration) {
	var ticks sync.WaitGroup
	lost, before := 1+random.IntN(9), start
	for n := 0; ; n++ {
		if n%10 == 0 && n > 0 {
			lost = n + random.IntN(10)
		}
		at := start.Add(time.Duration(n)*period + upTo(random, period*59/60))
		select {
		case <-ctx.Done():
			gap = max(gap, time.Since(before))
			ticks.Wait()
			return fired, gap
		case <-time.After(time.Until(at)):
		}
		if n != lost {
			gap, before = max(gap, at.Sub(before)), at
			fired++
			ticks.Go(func() { f.TryInvoke(tick()) })
		}
	}
}

// punctual holds records and results to their times.
func (g *ground) punctual(events []*lottery.Event, j jitter) {
	g.t.Helper()
	var ahead, lag []time.Duration
	for _, e := range events {
		x, _ := g.verify(e)
		if x == nil {
			continue
		}
		if x.ahead < j.record || x.lag > punctual {
			g.t.Errorf("event %s of %d: record %s before its draw, result %s after", e.ID, x.count, x.ahead, x.lag)
		}
		ahead, lag = append(ahead, x.ahead), append(lag, x.lag)
	}
	g.t.Logf("record before the draw: %s", percentiles(ahead))
	g.t.Logf("result after the draw:  %s", percentiles(lag))
}

func percentiles(d []time.Duration) string {
	if len(d) == 0 {
		return "none"
	}
	slices.Sort(d)
	at := func(percent int) time.Duration { return d[(len(d)*percent+99)/100-1] }
	return fmt.Sprintf("min %s, p50 %s, p99 %s, p100 %s", d[0], at(50), at(99), at(100))
}
