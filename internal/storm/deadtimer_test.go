package storm_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
)

// TestATimerDeadForAnHourLosesNoDraw has events come due over an hour in which nothing runs; the first tick draws them all,
// and each says that it is late.
func TestATimerDeadForAnHourLosesNoDraw(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	const seed = 3
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	g := newGround(t, testdb.DSN(t), slow)
	owner, dead := g.user("owner"), time.Hour
	var events []*lottery.Event
	for i := range testdb.Scale(60, 600) {
		due := time.Now().Add(-6*time.Second - upTo(random, dead))
		e := g.event(owner, due, 2*dead, 1, 1+random.IntN(9))
		if i%7 > 0 {
			g.fill(e, random.IntN(600))
		}
		events = append(events, e)
	}
	begin := time.Now()
	if _, err := g.function("draw", 0, 1).Invoke(context.Background(), tick()); err != nil {
		t.Fatal(err)
	}
	t.Logf("the first tick drew %d events in %s", len(events), time.Since(begin))
	for _, e := range events {
		g.verify(e)
		if !g.read(e).Late() {
			t.Errorf("event %s, due at %s, is not shown as late", e.ID, e.DrawAt)
		}
	}
}
