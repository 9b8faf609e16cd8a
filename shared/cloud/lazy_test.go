package cloud

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wxlottery/shared/fault"
)

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// atOnce sends n requests at the same time.
func atOnce(ctx context.Context, h http.Handler, n int) []*httptest.ResponseRecorder {
	answers := make([]*httptest.ResponseRecorder, n)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = serveOne(ctx, h, "GET", "/", nil) })
	}
	wg.Wait()
	return answers
}

func TestRequestsAtTheSameTimeOpenOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := newLog(t)
		opened := 0
		h := Lazy(func(context.Context) (http.Handler, error) {
			opened++
			time.Sleep(time.Second)
			return http.HandlerFunc(hello), nil
		})
		begin := time.Now()
		for _, w := range append(atOnce(ctx, h, 20), atOnce(ctx, h, 20)...) {
			if w.Code != 200 || w.Body.String() != "hello" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}
		if opened != 1 || time.Since(begin) != time.Second {
			t.Errorf("opened %d times in %v", opened, time.Since(begin))
		}
	})
}

func TestAFailedOpenIsAnsweredLoggedAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, book := newLog(t)
		tries := 0
		h := Lazy(func(context.Context) (http.Handler, error) {
			tries++
			time.Sleep(time.Second)
			if tries == 1 {
				return nil, fault.Down(errors.New("no database"))
			}
			return http.HandlerFunc(hello), nil
		})
		for _, w := range atOnce(ctx, h, 5) {
			if w.Code != 503 || w.Header().Get("Retry-After") == "" {
				t.Errorf("the first answers are %d %s", w.Code, w.Body)
			}
		}
		if tries != 1 {
			t.Errorf("%d tries by requests that wait for the same one", tries)
		}
		if n := strings.Count(book.String(), "no database"); n != 5 {
			t.Errorf("the cause is in %d of 5 log lines", n)
		}
		if w := serveOne(ctx, h, "GET", "/", nil); w.Code != 200 {
			t.Errorf("the next answer is %d", w.Code)
		}
		if serveOne(ctx, h, "GET", "/", nil); tries != 2 {
			t.Errorf("%d tries", tries)
		}
	})
}

func TestAPanicWhileOpeningIsAnsweredAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := newLog(t)
		tries := 0
		h := Lazy(func(context.Context) (http.Handler, error) {
			time.Sleep(time.Second)
			if tries++; tries == 1 {
				panic("boom")
			}
			return http.HandlerFunc(hello), nil
		})
		for _, w := range atOnce(ctx, h, 3) {
			if w.Code != 500 {
				t.Errorf("the first answers are %d", w.Code)
			}
		}
		if w := serveOne(ctx, h, "GET", "/", nil); w.Code != 200 || tries != 2 {
			t.Errorf("the next answer is %d after %d tries", w.Code, tries)
		}
	})
}

func TestAWaitingRequestKeepsItsOwnDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := newLog(t)
		h := Lazy(func(context.Context) (http.Handler, error) {
			time.Sleep(time.Minute)
			return http.HandlerFunc(hello), nil
		})
		go serveOne(ctx, h, "GET", "/", nil)
		synctest.Wait()
		w, took := within(ctx, h.ServeHTTP, 10*time.Second)
		if w.Code != 503 || took != 9500*time.Millisecond {
			t.Errorf("%d after %v", w.Code, took)
		}
		time.Sleep(time.Hour) // the first request's end, in the bubble's time
	})
}

func TestTheRouteIsKnownBehindLazy(t *testing.T) {
	t.Parallel()
	ctx, book := newLog(t)
	serveOne(ctx, Lazy(func(context.Context) (http.Handler, error) { return testMux(), nil }), "GET", "/nothing", nil)
	if got := book.records(t)[0]["route"]; got != "GET /nothing" {
		t.Errorf("route is %v", got)
	}
}
