//go:build !scf

package cloud

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

func TestATimerEventIsReadAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC()
		at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
		for in, want := range map[string]Timer{
			`{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","time":"2026-11-23T14:00:00Z","detail":{}}`: {at, "{}"},
			`{"source":"aws.scheduler","time":"2026-11-23T14:00:00Z","detail":"{}"}`:                                                   {at, "{}"},
			`{"time":"2026-11-23T14:00:00Z","detail":{"horizon":"0s"}}`:                                                                {at, `{"horizon":"0s"}`},
			`{"time":"2026-11-23T14:00:00Z"}`: {at, ""},
			`{"detail":null}`:                 {now, ""},
			`{"time":"0001-01-01T00:00:00Z"}`: {now, ""},
			`{"time":"tomorrow","detail":{}}`: {now, "{}"},
			`{"time":5,"detail":[1]}`:         {now, "[1]"},
			`{"horizon":"0s"}`:                {now, ""},
			`{}`:                              {now, ""}, `null`: {now, ""}, `[]`: {now, ""}, `"x"`: {now, ""}, ``: {now, ""}, `{`: {now, ""},
		} {
			if got := decodeAWSTimer([]byte(in)); !got.Time.Equal(want.Time) || got.Message != want.Message {
				t.Errorf("%s: %v", in, got)
			}
		}
	})
}

func TestATickIsLoggedAndItsErrorReported(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		f     func(context.Context, Timer) error
		level string
		err   any
	}{
		"good":  {func(ctx context.Context, _ Timer) error { Note(ctx, slog.Int("drawn", 3)); return nil }, "INFO", nil},
		"bad":   {func(context.Context, Timer) error { return errors.New("draw: no database") }, "ERROR", "draw: no database"},
		"panic": {func(context.Context, Timer) error { panic("boom") }, "ERROR", errTickPanic.Error()},
	} {
		ctx, book := newLog(t)
		ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "invocation"})
		out, err := timerFunction(tt.f).Invoke(ctx, []byte(`{}`))
		if (err == nil) != (name == "good") || string(out) != "null" {
			t.Errorf("%s: %s, %v", name, out, err)
		}
		recs := book.records(t)
		rec := recs[len(recs)-1]
		if rec["msg"] != "tick" || rec["level"] != tt.level || rec["error"] != tt.err || rec["request_id"] != "invocation" || rec["ms"] == nil {
			t.Errorf("%s: %v", name, rec)
		}
		if name == "good" && rec["drawn"] != 3. {
			t.Errorf("the note is missing in %v", rec)
		}
		if name == "panic" && (len(recs) != 2 || recs[0]["panic"] != "boom" || recs[0]["stack"] == nil) {
			t.Errorf("the panic is missing in %v", recs)
		}
	}
}

func TestATickEndsTwoSecondsBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]time.Duration{180 * time.Second: 178 * time.Second, 3 * time.Second: 1500 * time.Millisecond, -time.Second: -time.Second} {
		synctest.Test(t, func(t *testing.T) {
			ctx, _ := newLog(t)
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			var left time.Duration
			err := tick(ctx, func(ctx context.Context, _ Timer) error {
				end, _ := ctx.Deadline()
				left = time.Until(end)
				return nil
			}, Timer{})
			if err != nil || left != want {
				t.Errorf("limit %v: %v left, %v", limit, left, err)
			}
		})
	}
}

func TestATickWithoutADeadlineHasNone(t *testing.T) {
	t.Parallel()
	ctx, _ := newLog(t)
	if err := tick(ctx, func(ctx context.Context, _ Timer) error {
		if _, ok := ctx.Deadline(); ok {
			return errors.New("there is a deadline")
		}
		return ctx.Err()
	}, Timer{}); err != nil {
		t.Error(err)
	}
}
