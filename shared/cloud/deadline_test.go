package cloud

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// eachJob runs a test of jobs for ticks and calls: f gets what runs a function body under a context.
func eachJob(t *testing.T, f func(t *testing.T, run func(ctx context.Context, body func(context.Context) error) error)) {
	for name, run := range map[string]func(context.Context, func(context.Context) error) error{
		"AWS tick": func(ctx context.Context, body func(context.Context) error) error {
			_, err := timerFunction(decodeAWSTimer, func(ctx context.Context, _ Timer) error { return body(ctx) }).Invoke(ctx, nil)
			return err
		},
		"SCF tick": func(ctx context.Context, body func(context.Context) error) error {
			_, err := timerFunction(decodeSCFTimer, func(ctx context.Context, _ Timer) error { return body(ctx) }).Invoke(ctx, nil)
			return err
		},
		"call": func(ctx context.Context, body func(context.Context) error) error {
			_, err := callFunction(func(ctx context.Context, _ []byte) (any, error) { return nil, body(ctx) }).Invoke(ctx, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { f(t, run) })
		})
	}
}

func TestAJobsContextEndsTwoSecondsBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	eachJob(t, func(t *testing.T, run func(context.Context, func(context.Context) error) error) {
		for limit, want := range map[time.Duration]time.Duration{180 * time.Second: 178 * time.Second, 3 * time.Second: 1500 * time.Millisecond} {
			ctx, _ := newLog(t)
			ctx, cancel := context.WithTimeout(ctx, limit)
			var left time.Duration
			err := run(ctx, func(ctx context.Context) error {
				end, _ := ctx.Deadline()
				left = time.Until(end)
				return nil
			})
			cancel()
			if err != nil || left != want {
				t.Errorf("limit %v: %v left, %v", limit, left, err)
			}
		}
	})
}

func TestAJobThatMindsItsContextEndsByItself(t *testing.T) {
	t.Parallel()
	eachJob(t, func(t *testing.T, run func(context.Context, func(context.Context) error) error) {
		ctx, book := newLog(t)
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		begin := time.Now()
		err := run(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(900 * time.Millisecond) // tells somebody
			return nil
		})
		if err != nil || time.Since(begin) != 8900*time.Millisecond {
			t.Errorf("%v after %v, the log is %s", err, time.Since(begin), book)
		}
	})
}

func TestAJobThatIgnoresItsContextIsGivenUpBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	eachJob(t, func(t *testing.T, run func(context.Context, func(context.Context) error) error) {
		for limit, want := range map[time.Duration]time.Duration{10 * time.Second: 9 * time.Second, 2 * time.Second: 1500 * time.Millisecond, -time.Second: 0} {
			ctx, book := newLog(t)
			ctx, cancel := context.WithTimeout(ctx, limit)
			begin := time.Now()
			err := run(ctx, func(context.Context) error {
				time.Sleep(time.Hour)
				panic("long after")
			})
			if took := time.Since(begin); err == nil || took != want {
				t.Errorf("limit %v: %v after %v", limit, err, took)
			}
			recs := book.records(t)
			if len(recs) != 1 || recs[0]["level"] != "ERROR" || recs[0]["error"] != errJobGaveUp.Error() {
				t.Errorf("limit %v: the log is %v", limit, recs)
			}
			cancel()
			time.Sleep(2 * time.Hour) // the bubble waits for what was given up
		}
	})
}

func TestAJobWithoutADeadlineHasNone(t *testing.T) {
	t.Parallel()
	eachJob(t, func(t *testing.T, run func(context.Context, func(context.Context) error) error) {
		ctx, _ := newLog(t)
		if err := run(ctx, func(ctx context.Context) error {
			if _, ok := ctx.Deadline(); ok {
				return errors.New("there is a deadline")
			}
			return ctx.Err()
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestAHandlerThatIgnoresItsContextIsGivenUpOnEveryWay(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, _ := newLog(t)
				ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
				defer cancel()
				begin := time.Now()
				got := way.send(t, ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) }), call{method: "GET", path: "/"})
				if took := time.Since(begin); got.Status != 503 || took != 9750*time.Millisecond {
					t.Errorf("%d after %v", got.Status, took)
				}
				time.Sleep(time.Hour)
			})
		})
	}
}

// A platform that sends no deadline has one of 1970 made for it, by a library that ends the context at once.
func TestADeadlineThatIsMissingIsMadeFromTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, tt := range map[string]struct {
			deadline time.Time
			limit    time.Duration
			want     time.Time
			err      error
		}{
			"1970":                {time.Unix(0, 0), 3 * time.Second, now.Add(3 * time.Second), nil},
			"1970 and a bit":      {time.Unix(0, 999), 3 * time.Second, now.Add(3 * time.Second), nil},
			"1970, no limit":      {time.Unix(0, 0), 0, time.Time{}, nil},
			"1970, odd limit":     {time.Unix(0, 0), -1, time.Time{}, nil},
			"none":                {time.Time{}, 3 * time.Second, now.Add(3 * time.Second), nil},
			"none, no limit":      {time.Time{}, 0, time.Time{}, nil},
			"a good one":          {now.Add(time.Minute), 3 * time.Second, now.Add(time.Minute), nil},
			"one that has passed": {now.Add(-time.Minute), 3 * time.Second, now.Add(-time.Minute), context.DeadlineExceeded},
		} {
			ctx := withRequestID(context.Background(), "invocation")
			if !tt.deadline.IsZero() {
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, tt.deadline)
				defer cancel()
			}
			ctx, cancel := withLimit(ctx, tt.limit)
			if end, _ := ctx.Deadline(); !end.Equal(tt.want) || !errors.Is(ctx.Err(), tt.err) || ctx.Value(requestIDKey{}) != "invocation" {
				t.Errorf("%s: %v, %v", name, end, ctx.Err())
			}
			cancel()
		}
	})
}
