// Package pause waits without outliving a context.
package pause

import (
	"context"
	"time"
)

// For waits for d and reports whether there is time left to do something afterwards: false when ctx ends before that, and
// then at once if its deadline already says so.
func For(ctx context.Context, d time.Duration) bool {
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
