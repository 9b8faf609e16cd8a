package store_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/shared/store"
)

func TestATurnIsOnesUntilItRunsOutOrIsGivenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	const alice, bob = 1, 2
	take := func(what string, s *store.Store, name string, who byte, while time.Duration, want bool) {
		t.Helper()
		mine, err := s.TakeTurn(ctx, name, [16]byte{who}, while)
		must(t, err)
		if mine != want {
			t.Errorf("%s: %v", what, mine)
		}
	}
	soon, late := w.later(50*time.Second), w.later(2*time.Minute)
	take("the first", w.store, "deliver", alice, time.Minute, true)
	take("another while it lasts", w.store, "deliver", bob, time.Minute, false)
	take("another turn", w.store, "count", bob, time.Minute, true)
	take("keeping it", w.store, "deliver", alice, time.Minute, true)
	take("keeping it longer", soon, "deliver", alice, time.Minute, true)
	take("another when the first while would have been over", w.later(70*time.Second), "deliver", bob, time.Minute, false)
	take("another when it has run out", late, "deliver", bob, time.Minute, true)
	take("the first again, while it is the other's", late, "deliver", alice, time.Minute, false)

	must(t, late.EndTurn(ctx, "deliver", [16]byte{alice}))
	take("after a stranger ended it", late, "deliver", alice, time.Minute, false)
	must(t, late.EndTurn(ctx, "none", [16]byte{bob}))
	must(t, late.EndTurn(ctx, "deliver", [16]byte{bob}))
	take("after it was given back", late, "deliver", alice, time.Minute, true)
	must(t, late.EndTurn(ctx, "deliver", [16]byte{alice}))
	take("by the same after he gave it back", late, "deliver", alice, time.Minute, true)

	// Keeping a turn may shorten it.
	take("for a moment", late, "deliver", alice, time.Second, true)
	take("after the moment", w.later(2*time.Minute+2*time.Second), "deliver", bob, time.Minute, true)
}

func TestOfManyFirstTakesExactlyOneIsRight(t *testing.T) {
	t.Parallel()
	for isolation, world := range isolations {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			w := world(t)
			for round, s := range []*store.Store{w.store, w.later(2 * time.Minute)} { // the first there is, and one that has run out
				var right atomic.Int64
				atOnce(t, 40, func(i int) error {
					mine, err := s.TakeTurn(context.Background(), "deliver", [16]byte{byte(i + 1), byte(round)}, time.Minute)
					if mine {
						right.Add(1)
					}
					return err
				})
				same(t, "takers who were told that it is theirs", right.Load(), int64(1))
			}
		})
	}
}
