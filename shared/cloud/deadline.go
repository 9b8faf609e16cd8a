package cloud

import (
	"context"
	"time"
)

// withLimit mends the deadline of a platform that sends none: its library makes one of 1970, and a context that has ended
// already. Then limit counts from now; without a limit there is no deadline.
func withLimit(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok && end.Unix() > 0 {
		return ctx, func() {}
	}
	ctx = context.WithoutCancel(ctx)
	if limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// withMargin ends a context a margin before the deadline of ctx, so that an answer or a report still gets out, and says when
// to give up what runs under it: half of the margin later, which is the time that what minds its context has for ending by
// itself. The margin is most, or one part-th of the time left where that is less. Without a deadline nothing is ever given
// up.
func withMargin(ctx context.Context, most time.Duration, part int64) (context.Context, context.CancelFunc, <-chan time.Time) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}, nil
	}
	left := max(0, time.Until(end))
	margin := min(most, left/time.Duration(part))
	ctx, cancel := context.WithDeadline(ctx, end.Add(-margin))
	return ctx, cancel, time.After(left - margin/2)
}
