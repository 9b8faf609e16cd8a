// Package cloud is where a cloud's events become Go: an HTTP event becomes a request to a plain http.Handler, a timer
// event or a direct invocation the call of a plain function. Around each it puts an id, a log line, a recover and a
// deadline that leaves time for an answer. It knows HTTP and events, nothing of lotteries. What events and answers look
// like on either cloud is in every build; the one file that links a cloud's library is chosen by a build tag: Tencent
// SCF's by scf, AWS Lambda's without it.
package cloud

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"wxlottery/shared/fault"
)

// BodyLimit is the largest request body in bytes; reading beyond it fails with *http.MaxBytesError.
const BodyLimit = 64 << 10

// A request leaves requestMargin of its time for its answer, or a requestPart-th of it where that is less.
const (
	requestMargin = 500 * time.Millisecond
	requestPart   = 10
)

// Wrap puts around a handler what every request gets: an id (X-Request-Id), one log line, security headers, the limit of
// the body, a recover (500 internal), JSON answers for routes and methods the mux does not know, and a deadline. Where the
// request's context has a deadline, the handler's ends a margin earlier, and a handler that is still busy half a margin
// later is given up with 503 unavailable. The handler's answer is held back until it returns; one above AnswerLimit
// becomes 500 internal.
func Wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		ctx, rec := withRecord(r.Context())
		res, route := serve(ctx, rec, h, r)
		res.writeTo(w, r.Method, rec.id)
		level := slog.LevelInfo
		if res.code() >= 500 {
			level = slog.LevelError
		}
		rec.write(ctx, level, "request", slog.String("method", r.Method), slog.String("route", route),
			slog.Int("status", res.code()), slog.Float64("ms", milliseconds(time.Since(begin))))
	})
}

// serve runs the handler and returns its answer and its route pattern. The handler gets a response and a copy of the
// request that are its own; when it is given up, nobody looks at them again, so it can do no harm with them (the price is
// that its route stays unknown).
func serve(ctx context.Context, rec *record, h http.Handler, r *http.Request) (*response, string) {
	ctx, cancel, giveUp := withMargin(ctx, requestMargin, requestPart)
	defer cancel()
	req := r.WithContext(ctx)
	req.Pattern = "" // of a mux outside of us, if any
	req.Body = http.MaxBytesReader(nil, bodyOf(r), BodyLimit)
	res := newResponse()
	if !finishes(func() { protect(rec, h, res, req) }, giveUp) {
		late := newResponse()
		WriteError(late, r.WithContext(ctx), fault.Down(errGaveUp))
		return late, ""
	}
	replaceMuxError(res, req)
	if res.tooLarge() {
		res.reset()
		WriteError(res, req, errAnswer)
	}
	return res, req.Pattern
}

func bodyOf(r *http.Request) io.ReadCloser {
	if r.Body == nil {
		return http.NoBody
	}
	return r.Body
}

// finishes runs f and reports whether it returned before giveUp; f goes on alone if not. Without a giveUp f needs no
// goroutine.
func finishes(f func(), giveUp <-chan time.Time) bool {
	if giveUp == nil {
		f()
		return true
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-giveUp:
		return false
	}
}

// protect runs the handler; a panic becomes a 500 and a log record with the stack, and the process lives on. The answer
// begun so far is thrown away.
func protect(rec *record, h http.Handler, res *response, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			rec.writePanic(r.Context(), p)
			res.reset()
			WriteError(res, r, errPanic)
		}
	}()
	h.ServeHTTP(res, r)
}

// replaceMuxError turns the plain-text 404 and 405 of http.ServeMux into our errors. Without a pattern no route matched;
// an answer by WriteError has its code noted and stays as it is.
func replaceMuxError(res *response, r *http.Request) {
	if r.Pattern != "" || !res.plainText() {
		return
	}
	switch res.code() {
	case http.StatusNotFound:
		res.clearBody()
		WriteError(res, r, errNoRoute)
	case http.StatusMethodNotAllowed:
		res.clearBody()
		WriteError(res, r, errMethod)
	}
}
