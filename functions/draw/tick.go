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
func (w *worker) tick(ctx context.Context, horizon time.Duration) error {
	begin, err := w.store.Now(ctx)
	if err != nil {
		return err
	}
	var tally tally
	defer func() { cloud.Note(ctx, slog.Int("steps", tally.steps), slog.Int("failures", tally.failures)) }()
	for {
		if err := w.drain(ctx, &tally); err != nil {
			return err
		}
		wait, done, err := w.next(ctx, begin.Add(horizon))
		if err != nil {
			return err
		}
		if done || !sleep(ctx, wait) {
			break
		}
	}
	return w.store.Beat(context.WithoutCancel(ctx), heartbeat)
}

type tally struct{ steps, failures int }

// drain works until nothing is due that others do not work on.
func (w *worker) drain(ctx context.Context, tally *tally) error {
	for ctx.Err() == nil {
		claim, err := w.store.Claim(ctx, batch)
		if err != nil || len(claim.Events) == 0 {
			return err
		}
		for _, id := range claim.Events {
			if ctx.Err() != nil {
				return nil // the rest of the claim ends with its lease
			}
			tally.steps++
			if !w.work(ctx, claim, id) {
				tally.failures++
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

// next says how long to wait before looking again, or that there is nothing to wait for until the horizon.
func (w *worker) next(ctx context.Context, until time.Time) (wait time.Duration, done bool, err error) {
	next, now, none, err := w.store.Next(ctx, until)
	if err != nil || none {
		return 0, true, err
	}
	return min(max(next.Sub(now), 10*time.Millisecond), w.pause), false, nil
}

// sleep waits and reports whether there is time left to do something afterwards.
func sleep(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
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
	case e.Record == nil:
		err = w.freeze(ctx, claim, e)
	default:
		err = w.draw(ctx, e)
	}
	if unprovable(err) && !now.Before(e.DrawAt) {
		return errors.Join(err, w.store.Void(ctx, id))
	}
	return err
}

// unprovable says that an event's secret or key cannot be produced. Until the draw is due that is worth trying again, as a
// wrong configuration can be put right; then the event is void, as its rules say.
func unprovable(err error) bool {
	return errors.Is(err, lottery.ErrNoKey) || errors.Is(err, lottery.ErrCommit)
}

// freeze reads the list once, in order, and publishes its lock record.
func (w *worker) freeze(ctx context.Context, claim store.Claim, e *lottery.Event) error {
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
