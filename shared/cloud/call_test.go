package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestACallAnswersItsResultAsJSON(t *testing.T) {
	t.Parallel()
	ctx, book := newLog(t)
	f := callFunction(func(_ context.Context, payload []byte) (any, error) {
		return map[string]any{"got": string(payload)}, nil
	})
	for in, want := range map[string]string{`{"command":"up"}`: `{"got":"{\"command\":\"up\"}"}`, ``: `{"got":""}`, `{`: `{"got":"{"}`, `null`: `{"got":"null"}`} {
		if out, err := f.Invoke(withRequestID(ctx, "invocation"), []byte(in)); err != nil || string(out) != want {
			t.Errorf("%s: %s, %v", in, out, err)
		}
	}
	for _, rec := range book.records(t) {
		if rec["msg"] != "call" || rec["level"] != "INFO" || rec["request_id"] != "invocation" || rec["ms"] == nil || rec["error"] != nil {
			t.Error(rec)
		}
	}
}

func TestAFailedCallIsLoggedAndReported(t *testing.T) {
	t.Parallel()
	var nobody *json.SyntaxError
	for name, tt := range map[string]struct {
		f   func() (any, error)
		err string
	}{
		"error":           {func() (any, error) { return "half", errors.New("migrate: step 3 failed") }, "migrate: step 3 failed"},
		"panic":           {func() (any, error) { panic("boom") }, "cloud: the function panicked"},
		"not expressible": {func() (any, error) { return math.NaN(), nil }, "json: unsupported value: NaN"},
		"too large":       {func() (any, error) { return strings.Repeat("x", AnswerLimit), nil }, "cloud: the answer is larger than the platforms take"},
	} {
		ctx, book := newLog(t)
		out, err := callFunction(func(context.Context, []byte) (any, error) { return tt.f() }).Invoke(ctx, []byte(`{}`))
		if err == nil || err.Error() != tt.err || out != nil {
			t.Errorf("%s: %.100s, %v", name, out, err)
		}
		recs := book.records(t)
		if rec := recs[len(recs)-1]; rec["msg"] != "call" || rec["level"] != "ERROR" || rec["error"] != tt.err {
			t.Errorf("%s: %v", name, recs)
		}
		if strings.Contains(err.Error(), "boom") || (name == "panic") != (recs[0]["panic"] == "boom") {
			t.Errorf("%s: %v, %v", name, err, recs)
		}
	}
	ctx, book := newLog(t)
	_, err := callFunction(func(context.Context, []byte) (any, error) { return nil, nobody }).Invoke(ctx, nil)
	if !errors.Is(err, errJobPanic) || book.records(t)[0]["panic"] == nil {
		t.Errorf("an error that cannot say what it is got out as %v", err)
	}
}

// The libraries would end the process.
func TestNoPanicGetsOutOfAFunction(t *testing.T) {
	t.Parallel()
	ctx, book := newLog(t)
	out, err := httpFunction(func([]byte) (event, encoder, error) { panic("boom") }, testMux()).Invoke(ctx, []byte(`{}`))
	if out != nil || !errors.Is(err, errJobPanic) || book.records(t)[0]["panic"] != "boom" {
		t.Errorf("%s, %v, %s", out, err, book)
	}
}
