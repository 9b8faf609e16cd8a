// Package worker is what function draw does at each tick of its timer: it locks, freezes and draws what is due, and stays
// for what comes due soon. Any number of workers may run at once, be killed or come late: the database decides.
package worker

import (
	"context"
	"log/slog"
	"time"

	"wxlottery/functions/draw/courier"
	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// Worker takes events further. It is safe for concurrent use.
type Worker struct {
	store *store.Store
	keys  *lottery.Keyring
	grace time.Duration // between the lock and the reading of the list
	pause time.Duration // a tick looks again at least this often
	// patience is how long a step may take before what waits behind it is given back, for others to take.
	patience time.Duration
	beacons  map[vdraw.Digest]*beacon // by chain
	courier  Courier                  // nil: what there is to tell stays
}

// New makes a worker on a store that has Conns connections or more. Its lists are read grace (lottery.Grace) after the lock.
// beacons are where it has the public randomness from; the events of other chains wait.
func New(db *store.Store, keys *lottery.Keyring, grace time.Duration, beacons ...Beacon) *Worker {
	w := &Worker{store: db, keys: keys, grace: grace, pause: 10 * time.Second, patience: time.Second, beacons: map[vdraw.Digest]*beacon{}}
	for _, b := range beacons {
		w.beacons[b.Chain.Hash] = &beacon{Beacon: b}
	}
	return w
}

// Courier tells users what became of their events; *courier.Courier is one. It needs two connections of the store.
type Courier interface {
	// Next says when there is next something to send before an instant on the database's clock (zero: not before then), and what
	// that clock says.
	Next(ctx context.Context, until time.Time) (next, now time.Time, err error)
	// Deliver sends what is due, until nothing is or ctx ends, and then as long as messages are on their way. While hold says so,
	// it begins nothing new.
	Deliver(ctx context.Context, hold func() bool) (courier.Count, error)
}

// WithCourier lets the worker's ticks deliver messages, too, beside the draws, which come first. It is for before the first tick.
func (w *Worker) WithCourier(c Courier) { w.courier = c }

// batch is how many events a worker claims at once.
const batch = 100

// heartbeat is the name under which finished ticks are recorded.
const heartbeat = "draw"

const (
	shortest   = 10 * time.Millisecond  // wait between two rounds
	longest    = 250 * time.Millisecond // where something is due whose row is held
	retryPause = time.Second            // after the database failed a round
	farewell   = 700 * time.Millisecond // to put things in order when the time is up; less than is left until the tick is given up
)

// Tick does what is due, sleeps until what comes due within the horizon, does that, and ends when nothing is left or its
// time is up. So a timer that fires once a minute draws to the second, and one that drifts or misses a beat does no harm.
// A database that does not answer for a moment does not end it either: it tries again until the horizon.
func (w *Worker) Tick(ctx context.Context, horizon time.Duration) error {
	t := tick{Worker: w, end: time.Now().Add(horizon), horizon: horizon}
	defer func() { cloud.Note(ctx, slog.Int("steps", t.steps), slog.Int("failures", t.failures)) }()
	defer t.mail.wait(ctx)
	for {
		wait, done, err := t.round(ctx)
		switch {
		case ctx.Err() != nil: // the next tick goes on from here
			return w.beat(ctx)
		case done:
			return w.beat(ctx)
		case err != nil && time.Now().Add(retryPause).After(t.end):
			return err
		case err != nil:
			slog.WarnContext(ctx, "round", "request_id", cloud.RequestID(ctx), "error", err.Error())
			wait = retryPause
		default:
			t.mark(ctx, wait)
		}
		if !t.mail.pause(ctx, wait) {
			return w.beat(ctx)
		}
	}
}

// beat records the end of a tick, in time of its own, since the tick's may be used up.
func (w *Worker) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	return w.store.Beat(ctx, heartbeat)
}

// tick is what one tick knows.
type tick struct {
	*Worker
	end             time.Time     // on this machine's clock; it only bounds waiting
	until           time.Time     // the horizon on the database's clock, read in the first round
	horizon         time.Duration // from begin to until
	steps, failures int
	idle            int  // rounds in a row that found something due and got nothing of it
	marked          bool // the log says that it waits
	mail            mail
}

// mark leaves a log line when a tick begins to wait. Ticks that wait for the same draw end together, minutes after the first
// of them began; without the line they would look like a timer that is dead.
func (t *tick) mark(ctx context.Context, wait time.Duration) {
	if t.marked || wait <= retryPause {
		return
	}
	t.marked = true
	slog.InfoContext(ctx, "waiting", "request_id", cloud.RequestID(ctx), "seconds", wait.Seconds())
}

// round does what is due and says how long to wait for what comes next, or that there is nothing to wait for.
func (t *tick) round(ctx context.Context) (wait time.Duration, done bool, err error) {
	if t.until.IsZero() {
		begin, err := t.store.Now(ctx)
		if err != nil {
			return 0, false, err
		}
		t.until = begin.Add(t.horizon)
	}
	before := t.steps
	if err := t.drain(ctx); err != nil {
		return 0, false, err
	}
	post, err := t.post(ctx)
	if err != nil || t.horizon == 0 {
		return 0, err == nil, err
	}
	ahead, err := t.store.Outlook(ctx, t.until)
	if err != nil {
		return 0, false, err
	}
	cloud.Note(ctx, slog.Int("overdue", ahead.Overdue)) // whoever watches the service counts on it
	if post.After(ahead.Now) && (ahead.Next.IsZero() || post.Before(ahead.Next)) {
		ahead.Next = post
	}
	if ahead.Next.IsZero() {
		return t.pause, !t.mail.underWay(), nil
	}
	if wait = ahead.Next.Sub(ahead.Now); wait > 0 || t.steps > before {
		t.idle = 0
		return min(max(wait, shortest), t.pause), false, nil
	}
	// Something is due, and somebody's transaction holds its row: look again, ever less often.
	t.idle++
	return min(shortest<<min(t.idle, 10), longest), false, nil
}

// drain works until nothing is due that others do not work on.
func (t *tick) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		claim, err := t.store.Claim(ctx, batch)
		if err != nil || len(claim.Events) == 0 {
			return err
		}
		b, err := t.newBatch(ctx, claim)
		if err == nil {
			t.mail.hold(func() { b.work(ctx) })
			t.steps += b.steps
			t.failures += b.failures
		}
		t.giveBack(ctx, claim, b.held())
		if err != nil {
			return err
		}
	}
	return nil
}

// giveBack releases events of a claim, so that others need not wait for the end of the lease. It has time of its own, since
// the tick's may be used up.
func (w *Worker) giveBack(ctx context.Context, c store.Claim, ids []lottery.EventID) {
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := w.store.Release(ctx, c, ids); err != nil { // the lease ends by itself
		slog.WarnContext(ctx, "release", "request_id", cloud.RequestID(ctx), "events", len(ids), "error", err.Error())
	}
}
