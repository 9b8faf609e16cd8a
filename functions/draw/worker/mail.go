package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"wxlottery/functions/draw/courier"
	"wxlottery/shared/cloud"
)

// mail is the delivery of a tick. It goes on beside the draws and gives way to them.
type mail struct {
	busy  atomic.Bool
	ended chan struct{} // closed when the delivery under way has ended; nil: none has begun
	total courier.Count // of those that have ended
	rest  time.Time     // no other begins before, since the last one got nothing done
}

// restAfterNothing is how long.
const restAfterNothing = 2 * time.Second

// hold does work that delivery gives way to.
func (m *mail) hold(work func()) {
	m.busy.Store(true)
	defer m.busy.Store(false)
	work()
}

// underWay reports whether a delivery goes on.
func (m *mail) underWay() bool {
	if m.ended == nil {
		return false
	}
	select {
	case <-m.ended:
		return false
	default:
		return true
	}
}

// pause waits for d, or until the delivery under way has ended, and reports whether there is time left to do something
// afterwards.
func (m *mail) pause(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= d && !m.underWay() {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	var ended chan struct{}
	if m.underWay() {
		ended = m.ended
	}
	select {
	case <-timer.C:
	case <-ended:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// wait waits for the delivery under way: its messages are on their way. What it did stands in the tick's line of the log.
func (m *mail) wait(ctx context.Context) {
	if m.ended == nil {
		return
	}
	<-m.ended
	cloud.Note(ctx, slog.Int("messages_sent", m.total.Sent), slog.Int("messages_refused", m.total.Refused),
		slog.Int("messages_dead", m.total.Dead), slog.Int("messages_again", m.total.Again))
}

// post begins to deliver what is due, and says when there is something to send after that; zero: not within the tick's horizon, or
// a delivery is under way. A tick that does not look ahead waits for the end of what it delivers.
func (t *tick) post(ctx context.Context) (time.Time, error) {
	if t.courier == nil {
		return time.Time{}, nil
	}
	end, bounded := ctx.Deadline()
	if t.mail.underWay() || time.Now().Before(t.mail.rest) || bounded && time.Until(end) < courier.Reserve+time.Second {
		return time.Time{}, nil
	}
	until := t.until
	if t.horizon == 0 { // also what the draws of this tick have brought
		var err error
		if until, err = t.store.Now(ctx); err != nil {
			return time.Time{}, err
		}
	}
	next, now, err := t.courier.Next(ctx, until)
	if err != nil || next.IsZero() || next.After(now) {
		return next, err
	}
	t.deliver(ctx)
	if t.horizon == 0 {
		<-t.mail.ended
	}
	return time.Time{}, nil
}

// deliver sends what is due, beside whatever else the tick does, and ends early enough for what is on its way to arrive.
func (t *tick) deliver(ctx context.Context) {
	ended := make(chan struct{})
	t.mail.ended = ended
	within, cancel := ctx, context.CancelFunc(func() {})
	if end, ok := ctx.Deadline(); ok {
		within, cancel = context.WithDeadline(ctx, end.Add(-courier.Reserve))
	}
	go func() {
		defer close(ended)
		defer cancel()
		n, err := deliverOrSay(within, t.courier, t.mail.busy.Load)
		t.mail.total.Sent += n.Sent
		t.mail.total.Refused += n.Refused
		t.mail.total.Dead += n.Dead
		t.mail.total.Again += n.Again
		if n == (courier.Count{}) {
			t.mail.rest = time.Now().Add(restAfterNothing)
		}
		if err != nil && within.Err() == nil {
			slog.ErrorContext(ctx, "deliver messages", "request_id", cloud.RequestID(ctx), "error", err.Error())
		}
	}()
}

// deliverOrSay makes an error of a panic: draws do not depend on messages.
func deliverOrSay(ctx context.Context, c Courier, hold func() bool) (n courier.Count, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("draw: deliver: panic: %v", p)
		}
	}()
	return c.Deliver(ctx, hold)
}
