package cloud

import (
	"context"
	"errors"
	"time"
)

// Timer is what a timer event says. It is a hint that something may be due, never the truth of what is.
type Timer struct {
	Time    time.Time // when the platform fired it; now, when the event does not say
	Message string    // raw JSON text of the event's detail (AWS) or its message (SCF), "" when absent
}

var errTickFailed = errors.New("the tick failed, its log record says why")

// tick runs f for one timer event. Its error is for the platform, which counts and repeats; what went wrong is in the log
// only.
func tick(ctx context.Context, f func(context.Context, Timer) error, t Timer) error {
	_, err := job(ctx, "tick", func(ctx context.Context) ([]byte, error) { return nil, f(ctx, t) })
	if err != nil {
		return errTickFailed
	}
	return nil
}
