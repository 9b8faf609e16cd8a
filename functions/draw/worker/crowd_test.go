package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// TestACrowdThatGoesOnDoesNotHoldUpTheLock lets 64 connections join one event without a pause, before and after its lock.
// Each join, the refused ones too, holds the event's row in share mode for a moment, and a claim skips rows that are held.
func TestACrowdThatGoesOnDoesNotHoldUpTheLock(t *testing.T) {
	testdb.MySQL(t)
	s := servicetest.New(t)
	crowd, err := store.Open(s.DSN, store.Options{Conns: 64, SetSession: true})
	must(t, err)
	t.Cleanup(func() { crowd.Close() })
	e := soon(t, s, 8*time.Second, lottery.Terms{LockLead: 6 * time.Second, MinLead: 6 * time.Second})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var joined, refused atomic.Int64
	for g := range 64 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				openid := fmt.Sprint(g, "-", i)
				who := store.Entrant{User: lottery.NewUserID(), Version: 1, Ticket: func(v int) (vdraw.Ticket, error) { return s.Keys.Ticket(v, e.ID, openid) }}
				switch _, _, err := crowd.Join(ctx, e.ID, who, false, time.Now()); {
				case err == nil:
					joined.Add(1)
				case errors.Is(err, lottery.ErrLocked):
					refused.Add(1)
				}
			}
		})
	}
	w := New(s.Store, s.Keys, time.Second)
	locked := make(chan time.Duration, 1)
	go func() {
		for {
			got, now, err := s.Store.Event(context.Background(), e.ID)
			if err == nil && got.Status == lottery.Opening {
				locked <- now.Sub(e.LockAt)
				return
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	must(t, w.Tick(context.Background(), 5*time.Second))
	lag := <-locked
	cancel()
	wg.Wait()
	t.Logf("%d joined, %d refused, locked %s after its time", joined.Load(), refused.Load(), lag)
	if joined.Load() == 0 || refused.Load() == 0 {
		t.Error("the crowd did not come")
	}
	if lag > 3*time.Second {
		t.Errorf("the lock came %s late", lag)
	}
}
