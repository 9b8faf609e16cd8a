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
