package cloud

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Timer is what a timer event says. It is a hint that something may be due, never the truth of what is.
type Timer struct {
	Time    time.Time // when the platform fired it; now, when the event does not say
	Message string    // raw JSON text of the event's detail, "" when absent
}

// tickMargin is what a tick leaves of its time, for ending transactions and reporting; half of the time, if there is
// less than twice of it.
const tickMargin = 2 * time.Second

var (
	errTickPanic  = errors.New("cloud: the tick panicked")
	errTickFailed = errors.New("the tick failed, its log record says why")
)

// tick runs f for one timer event and writes its log line. Its error is for the platform, which counts and repeats; what
// went wrong is in the log only.
func tick(ctx context.Context, f func(context.Context, Timer) error, t Timer) error {
	begin := time.Now()
	ctx, rec := withRecord(ctx)
	inner, cancel := withTickMargin(ctx)
	defer cancel()
	err := runTick(inner, rec, f, t)
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		rec.add([]slog.Attr{slog.String("error", err.Error())})
		err = errTickFailed
	}
	rec.write(ctx, level, "tick", slog.Float64("ms", milliseconds(time.Since(begin))))
	return err
}

// runTick turns a panic into an error, so that the process lives on.
func runTick(ctx context.Context, rec *record, f func(context.Context, Timer) error, t Timer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			rec.writePanic(ctx, p)
			err = errTickPanic
		}
	}()
	return f(ctx, t)
}

func withTickMargin(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end.Add(-min(tickMargin, max(0, time.Until(end)/2))))
}
