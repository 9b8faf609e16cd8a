package cloud

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"wxlottery/shared/fault"
)

// statuses is the one table from kinds of failure to HTTP.
var statuses = map[fault.Kind]int{
	fault.Internal:         http.StatusInternalServerError,
	fault.Malformed:        http.StatusBadRequest,
	fault.LoginRequired:    http.StatusUnauthorized,
	fault.Forbidden:        http.StatusForbidden,
	fault.NotFound:         http.StatusNotFound,
	fault.MethodNotAllowed: http.StatusMethodNotAllowed,
	fault.Conflict:         http.StatusConflict,
	fault.TooLarge:         http.StatusRequestEntityTooLarge,
	fault.Rejected:         http.StatusUnprocessableEntity,
	fault.RateLimited:      http.StatusTooManyRequests,
	fault.Unavailable:      http.StatusServiceUnavailable,
}

var (
	errTooLarge  = fault.New(fault.TooLarge, "too_large", "the request is larger than 64 KB")
	errNoRoute   = fault.New(fault.NotFound, "route_not_found", "there is no such path")
	errMethod    = fault.New(fault.MethodNotAllowed, "method_not_allowed", "this path does not take this method")
	errMalformed = fault.New(fault.Malformed, "malformed", "the request cannot be read")

	errNoEvent = errors.New("cloud: the event lacks a method or a path")
	errNoError = errors.New("cloud: an error answer without an error")
	errGaveUp  = errors.New("cloud: the handler did not answer in time")
	errPanic   = errors.New("cloud: the handler panicked")
	errAnswer  = errors.New("cloud: the answer is larger than the platforms take")
)

// Status returns the HTTP status of a kind of failure; 500 for a kind that is not in the table.
func Status(k fault.Kind) int {
	if status, ok := statuses[k]; ok {
		return status
	}
	return http.StatusInternalServerError
}

type errorBody struct {
	Error errorText `json:"error"`
}

type errorText struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
}

// WriteError answers with what a client may know of err: the status of its kind and
// {"error":{"code","message","request_id"}}. The code and the cause go to the request's log line. A body over its limit
// is too_large, however it is wrapped. Answers of 429 and 503 always carry Retry-After, in whole seconds.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		err = errNoError
	}
	f := classify(err)
	Note(r.Context(), slog.String("code", f.Code))
	if err != error(f) || f.Unwrap() != nil {
		Note(r.Context(), slog.String("error", err.Error()))
	}
	h := w.Header()
	for _, stale := range []string{"Cache-Control", "Content-Encoding", "Content-Length", "Etag", "Last-Modified"} {
		h.Del(stale) // they describe the answer that was not given
	}
	if f.RetryAfter > 0 || f.Kind == fault.RateLimited || f.Kind == fault.Unavailable {
		h.Set("Retry-After", wholeSeconds(f.RetryAfter))
	}
	WriteJSON(w, Status(f.Kind), errorBody{errorText{f.Code, f.Message, RequestID(r.Context())}})
}

// classify is fault.From, plus the one error of net/http that is the client's doing.
func classify(err error) *fault.Error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errTooLarge
	}
	return fault.From(err)
}

// wholeSeconds rounds up, and never says 0: a client that tries again at once helps nobody.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10)
}

// WriteJSON answers with v as JSON. A value that JSON cannot express is a defect and panics, so that the answer is a
// clean 500 instead of half a body.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("cloud: encode the answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that went away is nobody's error
}
