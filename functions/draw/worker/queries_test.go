package worker

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"wxlottery/functions/draw/courier"
	"wxlottery/internal/servicetest"
	"wxlottery/shared/cloud"
)

// TestAnIdleTickNeedsFewQueries pins what a tick with nothing to do costs the database, which pays it every minute for good: the
// clock, what is due, what there is to tell, what comes next, the heartbeat. One that does not look ahead reads the clock again instead
// of asking what comes next.
func TestAnIdleTickNeedsFewQueries(t *testing.T) {
	s := servicetest.New(t)
	s.Event("owner", time.Hour, cups(1))
	must(t, s.Store.Beat(t.Context(), heartbeat)) // the first one is dearer
	for _, horizon := range []time.Duration{4 * time.Minute, 0} {
		w := newWorker(s, 0)
		w.WithCourier(courier.Nobody{Store: s.Store})
		tick := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { must(t, w.Tick(r.Context(), horizon)) })
		got := servicetest.Queries(t, func() {
			cloud.Wrap(tick).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
		})
		if got != 5 {
			t.Errorf("a tick that looks %s ahead: %d queries, want 5", horizon, got)
		}
	}
}
