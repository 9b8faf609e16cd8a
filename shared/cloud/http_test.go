package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/fault"
)

// serveOne sends a request through Wrap and returns the answer.
func serveOne(ctx context.Context, h http.Handler, method, target string, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Wrap(h).ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, target, body))
	return w
}

func TestTheLogLineSaysWhatHappenedAndNothingElse(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /join/{id}", func(w http.ResponseWriter, r *http.Request) {
		Note(r.Context(), slog.String("event", "abc"), slog.Int("rows", 1))
		Note(r.Context(), slog.Int("rows", 2))
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("DELETE /join/{id}", func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, fault.New(fault.Conflict, "event_locked", "joining is over"))
	})
	mux.HandleFunc("GET /join/{id}", func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, fmt.Errorf("store: join: %w", fault.Down(errors.New("connection refused"))))
	})
	common := map[string]any{"msg": "request", "version": Version, "commit": Commit}
	for method, want := range map[string]map[string]any{
		"POST":   {"level": "INFO", "route": "POST /join/{id}", "status": 201., "event": "abc", "rows": 2.},
		"DELETE": {"level": "INFO", "route": "DELETE /join/{id}", "status": 409., "code": "event_locked"},
		"GET":    {"level": "ERROR", "route": "GET /join/{id}", "status": 503., "code": "unavailable", "error": "store: join: unavailable: connection refused"},
		"PATCH":  {"level": "INFO", "route": "", "status": 405., "code": "method_not_allowed"},
	} {
		ctx, book := newLog(t)
		w := serveOne(ctx, mux, method, "/join/secret-path?token=secret-query", strings.NewReader("secret-body"))
		recs := book.records(t)
		if len(recs) != 1 {
			t.Fatalf("%s: %d records", method, len(recs))
		}
		got := recs[0]
		if ms, ok := got["ms"].(float64); !ok || ms < 0 || ms > 60_000 {
			t.Errorf("%s: ms is %v", method, got["ms"])
		}
		if got["request_id"] != w.Header().Get("X-Request-Id") || got["request_id"] == "" {
			t.Errorf("%s: request id %v", method, got["request_id"])
		}
		for _, k := range []string{"ms", "request_id", "timestamp"} {
			delete(got, k)
		}
		maps.Copy(want, common)
		want["method"] = method
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s:\n%s", method, d)
		}
	}
}

func TestWhatAClientSendsIsNotLogged(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/echo/hunter2", "/hunter2", "/panic", "/busy"} {
		ctx, book := newLog(t)
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, path+"?a=hunter2", strings.NewReader("hunter2"))
		if path != "/echo/hunter2" {
			r.Method = http.MethodGet
		}
		for _, name := range []string{"Authorization", "Cookie", "User-Agent", "X-Request-Id", "X-Forwarded-For", "Idempotency-Key"} {
			r.Header.Set(name, "hunter2")
		}
		Wrap(testMux()).ServeHTTP(httptest.NewRecorder(), r)
		if strings.Contains(book.String(), "hunter2") || !strings.Contains(book.String(), `"msg":"request"`) {
			t.Errorf("%s: %s", path, book)
		}
	}
}

func TestAPanicIsLoggedWithItsStackAndNotShown(t *testing.T) {
	t.Parallel()
	ctx, book := newLog(t)
	w := serveOne(ctx, testMux(), "GET", "/panic", nil)
	recs := book.records(t)
	if len(recs) != 2 {
		t.Fatalf("%d records", len(recs))
	}
	id := w.Header().Get("X-Request-Id")
	if p := recs[0]; p["msg"] != "panic" || p["panic"] != "boom" || p["level"] != "ERROR" || p["request_id"] != id || !strings.Contains(p["stack"].(string), "cloud_test.go") {
		t.Errorf("the record is %v", p)
	}
	if p := recs[1]; p["msg"] != "request" || p["code"] != "internal" || p["status"] != 500. || p["route"] != "GET /panic" {
		t.Errorf("the line is %v", p)
	}
	if body := w.Body.String(); strings.Contains(body, "boom") || strings.Contains(body, "half") || w.Header().Get("X-Half") != "" {
		t.Errorf("the client gets %s", body)
	}
}

func TestAnErrorShowsItsCodeAndNeverItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("hunter2")
	minute := fault.New(fault.RateLimited, "rate_limited", "too many").Because(cause)
	minute.RetryAfter = time.Minute
	for _, tt := range []struct {
		err    error
		status int
		code   string
		wait   string
	}{
		{fault.New(fault.Forbidden, "not_owner", "m").Because(cause), 403, "not_owner", ""},
		{fmt.Errorf("wrap: %w", fault.Invalid("title", "m")), 400, "invalid_title", ""},
		{minute, 429, "rate_limited", "60"},
		{fault.New(fault.RateLimited, "rate_limited", "m"), 429, "rate_limited", "1"},
		{fault.New(fault.Unavailable, "unavailable", "m"), 503, "unavailable", "1"},
		{cause, 500, "internal", ""},
		{nil, 500, "internal", ""},
		{context.DeadlineExceeded, 503, "unavailable", "1"},
		{fault.New(fault.Malformed, "malformed", "m").Because(fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 1})), 413, "too_large", ""},
	} {
		ctx, book := newLog(t)
		w := serveOne(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"x"`)
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			WriteError(w, r, tt.err)
		}), "GET", "/", nil)
		var body errorBody
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if w.Code != tt.status || body.Error.Code != tt.code || body.Error.Message == "" || w.Header().Get("Retry-After") != tt.wait {
			t.Errorf("%v: %d %s, Retry-After %q", tt.err, w.Code, w.Body, w.Header().Get("Retry-After"))
		}
		if body.Error.RequestID != w.Header().Get("X-Request-Id") || w.Header().Get("ETag") != "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%v: header %v", tt.err, w.Header())
		}
		if strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%v: the client sees the cause", tt.err)
		}
		if errors.Is(tt.err, cause) && !strings.Contains(book.String(), "hunter2") {
			t.Errorf("%v: the log misses the cause", tt.err)
		}
	}
}

func TestWriteErrorWorksWithoutWrap(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	WriteError(w, httptest.NewRequest(http.MethodGet, "/", nil), fault.New(fault.NotFound, "event_not_found", "no"))
	if want := `{"error":{"code":"event_not_found","message":"no","request_id":""}}` + "\n"; w.Code != 404 || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWrapForgetsTheRouteOfAnOuterMux(t *testing.T) {
	t.Parallel()
	ctx, book := newLog(t)
	outer := http.NewServeMux()
	outer.Handle("/", Wrap(http.NotFoundHandler()))
	w := httptest.NewRecorder()
	outer.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/nowhere", nil))
	if !strings.Contains(w.Body.String(), "route_not_found") || book.records(t)[0]["route"] != "" {
		t.Errorf("%s, %s", w.Body, book)
	}
}

func TestTheAllowHeaderSurvivesThe405(t *testing.T) {
	t.Parallel()
	ctx, _ := newLog(t)
	w := serveOne(ctx, testMux(), "PUT", "/nothing", nil)
	if got := w.Header().Get("Allow"); w.Code != 405 || !slices.Equal(strings.Split(got, ", "), []string{"GET", "HEAD"}) {
		t.Errorf("%d, Allow: %s", w.Code, got)
	}
}

// within calls Wrap(h) in a synctest bubble under a deadline, and returns the answer and the time it took.
func within(ctx context.Context, h http.HandlerFunc, limit time.Duration) (*httptest.ResponseRecorder, time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begin := time.Now()
	w := serveOne(ctx, h, "GET", "/", nil)
	return w, time.Since(begin)
}

func TestAHandlerThatMindsItsContextAnswersWithinTheMargin(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]time.Duration{
		10 * time.Second: 9500 * time.Millisecond,
		time.Second:      900 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, book := newLog(t)
			w, took := within(ctx, func(w http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				WriteError(w, r, fmt.Errorf("query: %w", r.Context().Err()))
			}, limit)
			if w.Code != 503 || took != want {
				t.Errorf("limit %v: %d after %v", limit, w.Code, took)
			}
			if rec := book.records(t)[0]; rec["error"] != "query: context deadline exceeded" {
				t.Errorf("limit %v: %v", limit, rec)
			}
		})
	}
}

func TestAHandlerThatIgnoresItsContextIsGivenUpAndDoesNoHarmLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, book := newLog(t)
		release, wrote := make(chan struct{}), make(chan struct{})
		w, took := within(ctx, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Late", "early")
			_, _ = io.WriteString(w, "half")
			<-release
			w.Header().Set("X-Late", "late")
			_, _ = io.WriteString(w, "late")
			Note(r.Context(), slog.String("late", "note"))
			r.Pattern = "late"
			close(wrote)
			panic("late")
		}, 10*time.Second)
		body := w.Body.String()
		if w.Code != 503 || took != 9750*time.Millisecond || w.Header().Get("Retry-After") != "1" || !strings.Contains(body, `"code":"unavailable"`) {
			t.Errorf("%d after %v: %s", w.Code, took, body)
		}
		if rec := book.records(t)[0]; rec["error"] != "unavailable: "+errGaveUp.Error() || rec["level"] != "ERROR" {
			t.Errorf("the log says %v", rec)
		}
		close(release)
		<-wrote
		synctest.Wait()
		if w.Body.String() != body || w.Header().Get("X-Late") != "" || strings.Contains(body, "half") {
			t.Error("the abandoned handler wrote into the answer")
		}
		if recs := book.records(t); len(recs) != 2 || recs[1]["panic"] != "late" || recs[0]["late"] != nil {
			t.Errorf("the log is %v", recs)
		}
	})
}

func TestWithoutTimeLeftTheAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, _ := newLog(t)
		w, took := within(ctx, func(_ http.ResponseWriter, r *http.Request) { time.Sleep(time.Hour) }, -time.Second)
		if w.Code != 503 || took != 0 {
			t.Errorf("%d after %v", w.Code, took)
		}
		time.Sleep(time.Hour) // the handler's end, in the bubble's time
	})
}

func TestAHandlerOnTimeIsNotTouchedByTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, book := newLog(t)
		w, took := within(ctx, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(9 * time.Second)
			_, _ = io.WriteString(w, "done")
		}, 10*time.Second)
		if w.Code != 200 || took != 9*time.Second || w.Body.String() != "done" {
			t.Errorf("%d after %v: %s", w.Code, took, w.Body)
		}
		if rec := book.records(t)[0]; rec["ms"] != 9000. {
			t.Errorf("ms is %v", rec["ms"])
		}
	})
}
