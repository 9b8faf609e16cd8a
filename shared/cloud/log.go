package cloud

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// record collects what one log line will say about an invocation. It has a lock because a handler that was given up may
// go on using it.
type record struct {
	id     string
	log    *slog.Logger
	counts []growth

	mu    sync.Mutex
	attrs []slog.Attr
}

type recordKey struct{}

type requestIDKey struct{}

type loggerKey struct{}

// withRequestID hands the platform's id of this invocation to Wrap. Nothing a client sends gets here.
func withRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// withLogger sends the records of what runs under ctx to a logger other than the default one.
func withLogger(ctx context.Context, log *slog.Logger) context.Context {
	return context.WithValue(ctx, loggerKey{}, log)
}

// withRecord starts the record of one invocation, with the platform's request id or, without one, a random id.
func withRecord(ctx context.Context) (context.Context, *record) {
	id, _ := ctx.Value(requestIDKey{}).(string)
	if id == "" {
		id = rand.Text()
	}
	log, ok := ctx.Value(loggerKey{}).(*slog.Logger)
	if !ok {
		log = slog.Default()
	}
	rec := &record{id: id, log: log, counts: growths()}
	return context.WithValue(ctx, recordKey{}, rec), rec
}

// RequestID returns the id of the request, tick or call that ctx belongs to, "" outside of one.
func RequestID(ctx context.Context) string {
	if rec, ok := ctx.Value(recordKey{}).(*record); ok {
		return rec.id
	}
	return ""
}

// Note adds attributes to the log line of the request, tick or call that ctx belongs to; a later value of the same key
// replaces an earlier one. Outside of them it does nothing. Never note a token, an openid or a body.
func Note(ctx context.Context, attrs ...slog.Attr) {
	if rec, ok := ctx.Value(recordKey{}).(*record); ok {
		rec.add(attrs)
	}
}

func (rec *record) add(attrs []slog.Attr) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, a := range attrs {
		rec.attrs = slices.DeleteFunc(rec.attrs, func(old slog.Attr) bool { return old.Key == a.Key })
		rec.attrs = append(rec.attrs, a)
	}
}

// write logs the line: the given attributes first, then what was counted, then what was noted.
func (rec *record) write(ctx context.Context, level slog.Level, msg string, attrs ...slog.Attr) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	all := append([]slog.Attr{slog.String("request_id", rec.id)}, attrs...)
	for _, g := range rec.counts {
		all = append(all, g.attr())
	}
	rec.log.LogAttrs(ctx, level, msg, append(all, rec.attrs...)...)
}

// writePanic logs a panic's value and stack, at once: the line of a request given up may be out already. It must be
// called by the deferred function that recovered, so that the stack is the one of the panic.
func (rec *record) writePanic(ctx context.Context, value any) {
	rec.log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("request_id", rec.id),
		slog.String("panic", fmt.Sprint(value)), slog.String("stack", string(debug.Stack())))
}

// newLogger writes JSON, one record a line, each with the build it comes from.
func newLogger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{ReplaceAttr: nameTime}
	return slog.New(slog.NewJSONHandler(w, options)).With("version", Version, "commit", Commit)
}

// nameTime calls a record's time timestamp: AWS Lambda looks for that name, and to records without one it gives a time and a
// level of its own.
func nameTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		a.Key = "timestamp"
	}
	return a
}

// startLog makes the process log the way clouds collect it and says that the process began.
func startLog() {
	slog.SetDefault(newLogger(os.Stderr))
	slog.SetLogLoggerLevel(slog.LevelError) // the cloud's library reports failures through package log
	slog.Info("start", "go", runtime.Version())
}

// milliseconds is how log lines give a duration.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
