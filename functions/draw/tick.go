package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/pause"
	"wxlottery/shared/store"
)

type worker struct {
	store   *store.Store
	keys    *lottery.Keyring
	grace   time.Duration // between the lock and the reading of the list
	horizon time.Duration // how far a tick looks ahead
	pause   time.Duration // it looks again at least this often
}

// batch is how many events a worker claims at once.
const batch = 100

// heartbeat is the name under which finished ticks are recorded.
const heartbeat = "draw"

// horizon is how far a tick looks ahead: usual, unless the timer's message says otherwise, as in {"horizon":"0s"}.
func horizon(message string, usual time.Duration) (time.Duration, error) {
	if message == "" {
		return usual, nil
	}
	var wish struct {
		Horizon *string `json:"horizon"`
	}
	if err := json.Unmarshal([]byte(message), &wish); err != nil || wish.Horizon == nil {
		return usual, nil // a message for somebody else
	}
	d, err := time.ParseDuration(*wish.Horizon)
	if err != nil || d < 0 || d > time.Hour {
		return 0, errors.New("draw: the timer's message has a horizon that is no duration between 0s and 1h")
	}
	return d, nil
}

// tick does what is due, sleeps until what comes due within the horizon, does that, and ends when nothing is left or its
// time is up. So a timer that fires once a minute draws to the second, and one that drifts or misses a beat does no harm.
// A database that does not answer for a moment does not end it either: it tries again until the horizon.
func (w *worker) tick(ctx context.Context, horizon time.Duration) error {
	t := tick{worker: w, end: time.Now().Add(horizon), horizon: horizon}
	defer func() { cloud.Note(ctx, slog.Int("steps", t.steps), slog.Int("failures", t.failures)) }()
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
		if !pause.For(ctx, wait) {
			return w.beat(ctx)
		}
	}
}

// retryPause is how long a tick waits after the database failed it.
const retryPause = time.Second

// beat records the end of a tick, in time of its own, since the tick's may be used up; less than is left until the tick would
// be given up.
func (w *worker) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 700*time.Millisecond)
	defer cancel()
	return w.store.Beat(ctx, heartbeat)
}

// tick is what one tick knows.
type tick struct {
	*worker
	end             time.Time     // on this machine's clock; it only bounds waiting
	until           time.Time     // the horizon on the database's clock, read in the first round
	horizon         time.Duration // from begin to until
	steps, failures int
	idle            int  // rounds in a row that found something due and got nothing of it
	marked          bool // the log says that it waits
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
	if err := t.drain(ctx); err != nil || t.horizon == 0 {
		return 0, err == nil, err
	}
	ahead, err := t.store.Outlook(ctx, t.until)
	if err != nil {
		return 0, false, err
	}
	cloud.Note(ctx, slog.Int("overdue", ahead.Overdue)) // whoever watches the service counts on it
	if ahead.Next.IsZero() {
		return 0, true, nil
	}
	if wait = ahead.Next.Sub(ahead.Now); wait > 0 || t.steps > before {
		t.idle = 0
		return min(max(wait, shortest), t.pause), false, nil
	}
	// Something is due, and somebody's transaction holds its row: look again, ever less often.
	t.idle++
	return min(shortest<<min(t.idle, 10), time.Second), false, nil
}

// shortest is the shortest wait between two rounds.
const shortest = 10 * time.Millisecond

// drain works until nothing is due that others do not work on.
func (t *tick) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		claim, err := t.store.Claim(ctx, batch)
		if err != nil || len(claim.Events) == 0 {
			return err
		}
		for _, id := range claim.Events {
			if ctx.Err() != nil {
				return nil // the rest of the claim ends with its lease
			}
			t.steps++
			if !t.work(ctx, claim, id) {
				t.failures++
			}
		}
	}
	return nil
}

// work takes one event one step further. What goes wrong stays with the event: it is recorded there, the event is tried
// again later, and the others go on.
func (w *worker) work(ctx context.Context, claim store.Claim, id lottery.EventID) bool {
	err := w.step(ctx, claim, id)
	if err == nil {
		return true
	}
	slog.ErrorContext(ctx, "event", "request_id", cloud.RequestID(ctx), "event", id.String(), "error", err.Error())
	if ctx.Err() != nil {
		return false
	}
	if err := w.store.PutBack(ctx, claim, id, err.Error()); err != nil {
		slog.ErrorContext(ctx, "event not put back", "request_id", cloud.RequestID(ctx), "event", id.String(), "error", err.Error())
	}
	return false
}

// step takes an event one step further: locked, frozen, drawn. A panic is an error of this event like any other.
func (w *worker) step(ctx context.Context, claim store.Claim, id lottery.EventID) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("draw: event %s: panic: %v", id, p)
		}
	}()
	e, now, err := w.store.Event(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case e.Status == lottery.Init:
		return w.store.Lock(ctx, id, w.grace)
	case e.Status != lottery.Opening:
		return nil // somebody else finished it
	case e.Record == nil && now.Before(e.LockAt.Add(w.grace)):
		return nil // somebody else has just locked it; it is due again when the grace is over
	case e.Record == nil:
		err = w.freeze(ctx, claim, e)
	default:
		err = w.draw(ctx, e)
	}
	if unprovable(err) && !now.Before(e.DrawAt.Add(lottery.VoidAfter)) {
		return errors.Join(err, w.store.Void(ctx, id))
	}
	return err
}

// unprovable says that an event's secret or key cannot be produced. That is tried again for days, as a wrong configuration
// can be put right; then the event is void, as its rules say.
func unprovable(err error) bool {
	return errors.Is(err, lottery.ErrNoKey) || errors.Is(err, lottery.ErrCommit)
}

// freeze reads the list once, in order, and publishes its lock record.
func (w *worker) freeze(ctx context.Context, claim store.Claim, e *lottery.Event) error {
	if err := e.Provable(w.keys); err != nil { // before reading a list that could not be published
		return err
	}
	list, err := w.store.List(ctx, e, func(uint64) error { return w.store.Extend(ctx, claim, e.ID) })
	if err != nil {
		return err
	}
	record, err := e.Freeze(list.Count(), list.Root(), w.keys)
	if err != nil {
		return err
	}
	return w.store.Freeze(ctx, e.ID, record, list.Pages(), w.grace)
}

// draw picks the winners and stores them with the result.
func (w *worker) draw(ctx context.Context, e *lottery.Event) error {
	result, picks, err := e.Draw(w.keys)
	if err != nil {
		return err
	}
	winners, err := w.store.Entries(ctx, e, picks)
	if err != nil {
		return err
	}
	_, err = w.store.Open(ctx, e, result, winners)
	return err
}
