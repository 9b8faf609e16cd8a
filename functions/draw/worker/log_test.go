package worker

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testlog"
	"wxlottery/shared/cloud"
)

// TestATickReportsWhatIsOverdue looks at the tick's log line, which alarms are made of. It is not parallel: the logger is the
// process's own.
func TestATickReportsWhatIsOverdue(t *testing.T) {
	s := servicetest.New(t)
	for range 3 {
		s.Event("owner", time.Hour, cups(1))
	}
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET key_version = 999`)) // nobody has that key
	log := testlog.Capture(t)
	for later, want := range map[time.Duration]string{0: `"overdue":0`, 2 * time.Hour: `"overdue":3`} {
		log.Reset()
		tick := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), 1500*time.Millisecond)
			defer cancel()
			must(t, newWorker(s, later).Tick(ctx, 150*time.Second))
		})
		cloud.Wrap(tick).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
		if !strings.Contains(log.String(), want) {
			t.Errorf("after %s there is no %s in\n%s", later, want, log.String())
		}
	}
}

// TestATickThatWaitsSaysSoOnce, and one that has nothing to wait for does not: alarms count these lines, too.
func TestATickThatWaitsSaysSoOnce(t *testing.T) {
	s := servicetest.New(t)
	s.Event("owner", time.Hour, cups(1))
	log := testlog.Capture(t)
	for later, want := range map[time.Duration]int{58 * time.Minute: 1, 10 * time.Minute: 0} {
		log.Reset()
		ctx, cancel := context.WithTimeout(context.Background(), 2500*time.Millisecond)
		w := newWorker(s, later)
		w.pause = 1100 * time.Millisecond // several looks in one tick
		must(t, w.Tick(ctx, 150*time.Second))
		cancel()
		if got := strings.Count(log.String(), `"level":"INFO","msg":"waiting"`); got != want {
			t.Errorf("after %s there are %d such lines in\n%s", later, got, log.String())
		}
	}
}
