package worker

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"wxlottery/functions/draw/courier"
	"wxlottery/internal/servicetest"
	"wxlottery/shared/lottery"
)

// carrier is a Courier that a test decides about.
type carrier struct {
	mu      sync.Mutex
	next    func(now time.Time) time.Time
	deliver func(ctx context.Context, hold func() bool) (courier.Count, error)
	now     func(context.Context) (time.Time, error)
	begun   int
	errNext error
}

func (c *carrier) Next(ctx context.Context, until time.Time) (next, now time.Time, err error) {
	now, err = c.now(ctx)
	if err = errors.Join(err, c.errNext); err != nil {
		return next, now, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if next = c.next(now); next.After(until) {
		next = time.Time{}
	}
	return next, now, nil
}

func (c *carrier) Deliver(ctx context.Context, hold func() bool) (courier.Count, error) {
	c.mu.Lock()
	c.begun++
	c.mu.Unlock()
	return c.deliver(ctx, hold)
}

// once has been due for a second, and never is again after it was delivered.
func once(s *servicetest.Service, deliver func(ctx context.Context, hold func() bool) (courier.Count, error)) *carrier {
	c := &carrier{now: s.Store.Now, deliver: deliver}
	c.next = func(now time.Time) time.Time {
		if c.begun > 0 {
			return time.Time{}
		}
		return now.Add(-time.Second)
	}
	return c
}

// TestDrawsDoNotWaitForMessages has a delivery that goes on for as long as it may, as one whose messages all hang, while an event
// falls due.
func TestDrawsDoNotWaitForMessages(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	terms := lottery.Terms{LockLead: 2 * time.Second, MinLead: time.Second}
	e := soon(t, s, 4*time.Second, terms)
	s.Join(e, names(5)...)
	w := New(s.Store, s.Keys, lottery.Grace(terms.LockLead))
	ended := false
	c := once(s, func(ctx context.Context, _ func() bool) (courier.Count, error) {
		<-ctx.Done()
		ended = true
		return courier.Count{}, ctx.Err()
	})
	w.WithCourier(c)
	ctx, cancel := context.WithTimeout(context.Background(), courier.Reserve+7*time.Second)
	defer cancel()
	must(t, w.Tick(ctx, 20*time.Second))
	got := read(t, s, e)
	if got.Status != lottery.Opened {
		t.Fatalf("the event is %s", got.Status)
	}
	if late := got.Result.DrawnAt.Sub(got.DrawAt); late > time.Second {
		t.Errorf("drawn %s after its time", late)
	}
	if !ended || c.begun != 1 {
		t.Errorf("the tick ended before its delivery (%v), or it was begun %d times", ended, c.begun)
	}
}

func TestADeliveryEndsBeforeItsTickMust(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	w := newWorker(s, 0)
	var left time.Duration
	w.WithCourier(once(s, func(ctx context.Context, _ func() bool) (courier.Count, error) {
		end, _ := ctx.Deadline()
		left = time.Until(end)
		return courier.Count{}, nil
	}))
	ctx, cancel := context.WithTimeout(context.Background(), courier.Reserve+5*time.Second)
	defer cancel()
	must(t, w.Tick(ctx, time.Second))
	if left < 4*time.Second || left > 5*time.Second {
		t.Errorf("a tick with %s has %s for its delivery", courier.Reserve+5*time.Second, left)
	}
}

// TestATickWithoutTimeBeginsNoDelivery also shows that it does not ask again and again.
func TestATickWithoutTimeBeginsNoDelivery(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	w := newWorker(s, 0)
	c := once(s, func(context.Context, func() bool) (courier.Count, error) { return courier.Count{}, nil })
	w.WithCourier(c)
	ctx, cancel := context.WithTimeout(context.Background(), courier.Reserve)
	defer cancel()
	begin := time.Now()
	must(t, w.Tick(ctx, 20*time.Second))
	if c.begun != 0 || time.Since(begin) > 5*time.Second {
		t.Errorf("%d deliveries in %s", c.begun, time.Since(begin))
	}
}

func TestATickStaysForTheNextMessage(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	w := newWorker(s, 0)
	begin := time.Now()
	at := begin.Add(1500 * time.Millisecond)
	var delivered time.Time
	c := once(s, func(context.Context, func() bool) (courier.Count, error) {
		delivered = time.Now()
		return courier.Count{Sent: 1}, nil
	})
	c.next = func(now time.Time) time.Time {
		if c.begun > 0 {
			return time.Time{}
		}
		return at
	}
	w.WithCourier(c)
	must(t, w.Tick(context.Background(), 10*time.Second))
	if late := delivered.Sub(at); late < -50*time.Millisecond || late > time.Second {
		t.Errorf("delivered %s after it was due", late)
	}
	if took := time.Since(begin); took > 8*time.Second {
		t.Errorf("the tick took %s", took)
	}
}

// TestATickThatLooksNoFurtherDeliversWhatItDrew is for whoever fires one by hand.
func TestATickThatLooksNoFurtherDeliversWhatItDrew(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	e := s.Event("owner", time.Hour, cups(1))
	later := s.Later(2 * time.Hour)
	w := New(later, s.Keys, lottery.Grace(servicetest.Terms.LockLead))
	var told lottery.Status
	c := once(s, func(context.Context, func() bool) (courier.Count, error) {
		told = read(t, s, e).Status
		return courier.Count{}, nil
	})
	c.now = later.Now
	w.WithCourier(c)
	must(t, w.Tick(context.Background(), 0))
	if c.begun != 1 || told != lottery.Opened {
		t.Errorf("%d deliveries, at status %s", c.begun, told)
	}
}

func TestADeliveryThatPanicsHurtsNoDraw(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	e := s.Event("owner", time.Hour, cups(1))
	w := newWorker(s, 2*time.Hour)
	w.WithCourier(once(s, func(context.Context, func() bool) (courier.Count, error) { panic("ouch") }))
	must(t, w.Tick(context.Background(), 2*time.Second))
	if got := read(t, s, e); got.Status != lottery.Opened {
		t.Errorf("the event is %s", got.Status)
	}
}

func TestADeliveryThatGetsNothingDoneIsNotBegunAgainAtOnce(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	w := newWorker(s, 0)
	c := once(s, func(context.Context, func() bool) (courier.Count, error) {
		time.Sleep(20 * time.Millisecond) // so that the tick waits for it
		return courier.Count{}, errors.New("ouch")
	})
	c.next = func(now time.Time) time.Time { return now }
	w.WithCourier(c)
	ctx, cancel := context.WithTimeout(context.Background(), courier.Reserve+4*time.Second)
	defer cancel()
	must(t, w.Tick(ctx, 3*time.Second))
	if c.begun < 1 || c.begun > 3 {
		t.Errorf("begun %d times", c.begun)
	}
}

// TestTheDrawsHoldTheMessagesUp has a draw fall due while messages are delivered; the source of its round takes a moment.
func TestTheDrawsHoldTheMessagesUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	e := s.frozen()
	s.hang = 300 * time.Millisecond
	later := time.Hour - 1500*time.Millisecond
	w := s.worker(later)
	held := false
	c := once(s.Service, func(ctx context.Context, hold func() bool) (courier.Count, error) {
		if hold() {
			t.Error("held though nothing is drawn")
		}
		for ctx.Err() == nil && !held {
			held = hold()
			time.Sleep(time.Millisecond)
		}
		for ctx.Err() == nil && hold() {
			time.Sleep(time.Millisecond)
		}
		return courier.Count{}, ctx.Err()
	})
	w.WithCourier(c)
	ctx, cancel := context.WithTimeout(context.Background(), courier.Reserve+20*time.Second)
	defer cancel()
	must(t, w.Tick(ctx, 4*time.Second))
	if got := read(t, s.Service, e); got.Status != lottery.Opened || !held || c.begun != 1 {
		t.Errorf("the event is %s; held while it was drawn: %v; %d deliveries", got.Status, held, c.begun)
	}
}
