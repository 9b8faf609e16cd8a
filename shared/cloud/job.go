package cloud

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// A tick or a call leaves jobMargin of its time for ending transactions and reporting, or a jobPart-th of it where that is
// less.
const (
	jobMargin = 2 * time.Second
	jobPart   = 2
)

var (
	errJobPanic  = errors.New("cloud: the function panicked")
	errJobGaveUp = errors.New("cloud: the function did not end in time")
	errHTTPEvent = errors.New("cloud: this function takes no HTTP events")
)

// job runs what is no request, a tick or a call, and writes its log line. The context of f ends a margin before that of
// ctx; an f that is still busy half of that later is given up, and goes on alone until the platform stops it.
func job(ctx context.Context, name string, f func(context.Context) ([]byte, error)) ([]byte, error) {
	begin := time.Now()
	ctx, rec := withRecord(ctx)
	out, err := runJob(ctx, rec, f)
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		rec.add([]slog.Attr{slog.String("error", err.Error())})
	}
	rec.write(ctx, level, name, slog.Float64("ms", milliseconds(time.Since(begin))))
	return out, err
}

func runJob(ctx context.Context, rec *record, f func(context.Context) ([]byte, error)) ([]byte, error) {
	ctx, cancel, giveUp := withMargin(ctx, jobMargin, jobPart)
	defer cancel()
	var out []byte
	var err error
	if !finishes(func() { out, err = protectJob(ctx, rec, f) }, giveUp) {
		return nil, errJobGaveUp // f may still write the other two
	}
	return out, err
}

// protectJob turns a panic into an error, so that the process lives on.
func protectJob(ctx context.Context, rec *record, f func(context.Context) ([]byte, error)) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			rec.writePanic(ctx, p)
			out, err = nil, errJobPanic
		}
	}()
	return f(ctx)
}
