package cloud

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

// counting registers a counter until the end of the test, which must not be parallel: counters are the program's.
func counting(t *testing.T) (add func(n uint64)) {
	t.Helper()
	usual := counters.all
	t.Cleanup(func() { counters.all = usual })
	total := uint64(1000)
	Count("queries", func() uint64 { return total })
	return func(n uint64) { total += n }
}

func TestALineSaysHowMuchACounterHasGrown(t *testing.T) {
	add := counting(t)
	ctx, book := newLog(t)
	for _, n := range []uint64{3, 0} {
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { add(n) })
		Wrap(h).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	}
	_ = tick(ctx, func(context.Context, Timer) error { add(7); return nil }, Timer{})
	_ = tick(ctx, func(context.Context, Timer) error { add(8); return errors.New("no") }, Timer{})
	_, _ = callFunction(func(context.Context, []byte) (any, error) { add(9); return 1, nil }).Invoke(ctx, nil)
	want := []struct {
		msg     string
		queries float64
	}{{"request", 3}, {"request", 0}, {"tick", 7}, {"tick", 8}, {"call", 9}}
	recs := book.records(t)
	if len(recs) != len(want) {
		t.Fatalf("%d records", len(recs))
	}
	for i, w := range want {
		if recs[i]["msg"] != w.msg || recs[i]["queries"] != w.queries {
			t.Errorf("record %d is %v, want %v", i, recs[i], w)
		}
	}
}

func TestAPanicDoesNotHideWhatWasCounted(t *testing.T) {
	add := counting(t)
	ctx, book := newLog(t)
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { add(2); panic("boom") })
	Wrap(h).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/", nil))
	recs := book.records(t)
	if len(recs) != 2 || recs[0]["queries"] != nil || recs[1]["queries"] != 2. {
		t.Errorf("the records are %v", recs)
	}
}

func TestACounterOfTheSameKeyTakesThePlaceOfTheEarlierOne(t *testing.T) {
	counting(t)
	Count("other", func() uint64 { return 1 })
	Count("queries", func() uint64 { return 2 })
	if n := len(counters.all); n != 2 || counters.all[1].total() != 2 {
		t.Errorf("%d counters, %v", n, counters.all)
	}
}

func TestWithoutACounterNothingIsSaid(t *testing.T) {
	ctx, book := newLog(t)
	_ = tick(ctx, func(context.Context, Timer) error { return nil }, Timer{})
	if rec := book.records(t)[0]; rec["queries"] != nil {
		t.Errorf("the record is %v", rec)
	}
}
