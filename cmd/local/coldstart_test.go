package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/cmd/local/gateway"
)

// BenchmarkColdStart measures how long a request takes that has a process started for it, in milliseconds (the median), for
// the functions as they are built for AWS Lambda and for an empty function of the same library, and the ratios to the
// empty one. One round starts each of them once. The requests make the functions open and use what they stand on, which is
// there and warm. With LOTTERY_TEST_MYSQL the programs are the cloud's; without it they have SQLite in them. A tick writes
// down that it has finished; commit is what that costs on a connection that is open already, so what the disk costs.
func BenchmarkColdStart(b *testing.B) {
	all := contenders(b)
	took := make([][]float64, len(all))
	round := func(first int) {
		for n := range all {
			i := (first + n) % len(all)
			ms, err := all[i].run()
			if err != nil {
				b.Fatalf("%s: %v", all[i].name, err)
			}
			took[i] = append(took[i], ms)
		}
	}
	round(0) // so that the files are in memory
	clear(took)
	for n := 0; b.Loop(); n++ {
		round(n)
	}
	for i, c := range all {
		b.ReportMetric(median(took[i]), c.name+"-ms")
		if i > 0 && c.name != "commit" {
			b.ReportMetric(median(took[i])/median(took[0]), c.name+"-ratio")
		}
	}
	b.ReportMetric(0, "ns/op") // of a whole round, which is of no interest
}

// A contender is something that takes a while; run says how many milliseconds.
type contender struct {
	name string
	run  func() (float64, error)
}

func timed(act func() error) (float64, error) {
	begin := time.Now()
	err := act()
	return float64(time.Since(begin).Microseconds()) / 1000, err
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// contenders has the empty function first.
func contenders(b *testing.B) []contender {
	b.Helper()
	g := newColdGround(b)
	starts := func(name string, first func(*function.Function) error) contender {
		return contender{name, func() (float64, error) {
			f := function.New(g.config(name))
			defer f.Close()
			return timed(func() error { return first(f) })
		}}
	}
	return []contender{
		starts("empty", answered(http.StatusOK, func() *http.Request { return httptest.NewRequest("GET", "/empty", nil) })),
		starts("login", answered(http.StatusOK, func() *http.Request {
			return httptest.NewRequest("POST", "/login", strings.NewReader(fmt.Sprintf(`{"code":%q}`, g.code(b))))
		})),
		starts("events", answered(http.StatusNotFound, func() *http.Request {
			return httptest.NewRequest("GET", "/events/AAAAAAAAAAAAAAAAAAAAAA", nil)
		})),
		starts("join", answered(http.StatusNotFound, func() *http.Request {
			r := httptest.NewRequest("GET", "/join/AAAAAAAAAAAAAAAAAAAAAA", nil)
			r.Header.Set("Authorization", "Bearer "+g.token)
			return r
		})),
		starts("draw", func(f *function.Function) error {
			_, err := f.Invoke(context.Background(), eventBridgeEvent(time.Now(), `{"horizon":"0s"}`))
			return err
		}),
		{"commit", func() (float64, error) {
			return timed(func() error { return g.store.Beat(context.Background(), "commit") })
		}},
	}
}

// answered makes a request through the gateway.
func answered(want int, request func() *http.Request) func(*function.Function) error {
	return func(f *function.Function) error {
		r, w := request(), httptest.NewRecorder()
		name, _, _ := strings.Cut(r.URL.Path[1:], "/")
		gateway.New(map[string]gateway.Invoker{name: f}, gateway.HTTPAPI, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
		if w.Code != want {
			return fmt.Errorf("%s %s is answered %d %s", r.Method, r.URL.Path, w.Code, w.Body)
		}
		return nil
	}
}
