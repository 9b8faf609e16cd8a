package pause

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPauseEndsWithItsTimeOrItsContext(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		deadline, cancel time.Duration // 0: none
		took             time.Duration
		ok               bool
	}{
		"nothing ends it":     {0, 0, time.Second, true},
		"a later deadline":    {2 * time.Second, 0, time.Second, true},
		"the same deadline":   {time.Second, 0, 0, false},
		"an earlier deadline": {time.Millisecond, 0, 0, false},
		"canceled":            {0, time.Millisecond, time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if tt.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				begin := time.Now()
				if ok := For(ctx, time.Second); ok != tt.ok || time.Since(begin) != tt.took {
					t.Errorf("%v after %v", ok, time.Since(begin))
				}
			})
		})
	}
}
