package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/shared/fault"
)

// logBook collects log records; safe for handlers that live on.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// records parses the log; every line has to be one JSON object.
func (b *logBook) records(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(b.String()) {
		var rec map[string]any
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		all = append(all, rec)
	}
	return all
}

// newLog returns a context whose records go to the book.
func newLog(t *testing.T) (context.Context, *logBook) {
	t.Helper()
	book := &logBook{}
	return withLogger(t.Context(), newLogger(book)), book
}

// testMux is a handler with an answer of every kind.
func testMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo/{rest...}", echo)
	mux.HandleFunc("GET /nothing", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("DELETE /gone/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /panic", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Half", "done")
		_, _ = io.WriteString(w, "half an answer")
		panic("boom")
	})
	mux.HandleFunc("GET /hints", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("GET /status0", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(0) })
	mux.HandleFunc("GET /binary", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0x00, 0xfe}) })
	mux.HandleFunc("GET /much/{text}/{times}", func(w http.ResponseWriter, r *http.Request) {
		text := r.PathValue("text")
		times, _ := strconv.Atoi(r.PathValue("times"))
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Set-Cookie", "a=1")
		_, _ = io.WriteString(w, strings.Repeat(text, min(max(times, 0), 10_000_000/len(text))))
	})
	mux.HandleFunc("GET /cached", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("Content-Length", "999")
		_, _ = io.WriteString(w, "<b>kept</b>")
	})
	mux.HandleFunc("GET /cookies", func(w http.ResponseWriter, r *http.Request) {
		for _, c := range r.Cookies() {
			http.SetCookie(w, &http.Cookie{Name: "re-" + c.Name, Value: c.Value})
		}
		w.Header().Add("X-Two", "1")
		w.Header().Add("X-Two", "2")
	})
	mux.HandleFunc("GET /busy", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public")
		WriteError(w, r, fault.Down(errors.New("the cache is down")))
	})
	mux.HandleFunc("GET /none", func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, fault.New(fault.NotFound, "event_not_found", "there is no such event"))
	})
	return mux
}

// echo answers with what it got. Values of one header are joined, since one of the payload formats does that.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		WriteError(w, r, err)
		return
	}
	WriteJSON(w, http.StatusCreated, map[string]any{
		"method": r.Method, "rest": r.PathValue("rest"), "path": r.URL.Path, "query": r.URL.Query(),
		"many": strings.Join(r.Header.Values("X-Many"), ","), "body": body, "length": len(body), "declared": r.ContentLength,
		"form": r.Header.Get("Content-Type"), "target": strings.HasPrefix(r.RequestURI, "/echo/"), "hosted": r.Host != "",
	})
}

func TestEveryKindHasItsStatus(t *testing.T) {
	t.Parallel()
	for k := fault.Internal; k <= fault.Unavailable; k++ {
		if _, ok := statuses[k]; !ok || http.StatusText(Status(k)) == "" {
			t.Errorf("kind %d has status %d", k, Status(k))
		}
	}
	if got := Status(fault.Unavailable + 100); got != 500 {
		t.Errorf("an unknown kind has status %d", got)
	}
}

func TestRetryAfterIsWholeSecondsAndAtLeastOne(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "1", -time.Second: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		if got := wholeSeconds(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestStartIsLoggedWithVersionAndCommit(t *testing.T) {
	t.Parallel()
	var book logBook
	newLogger(&book).Info("start")
	rec := book.records(t)[0]
	if at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(rec["timestamp"])); err != nil || time.Since(at).Abs() > time.Minute || rec["time"] != nil {
		t.Errorf("the record's time: %v, %v", rec, err)
	}
	if rec["msg"] != "start" || rec["version"] != Version || rec["commit"] != Commit || rec["level"] != slog.LevelInfo.String() {
		t.Error(rec)
	}
}
