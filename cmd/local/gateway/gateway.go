// Package gateway is the front door of the local cloud: it finds the function by the first segment of the path, turns the
// HTTP request into the event that a cloud sends, and the function's answer back into HTTP.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"wxlottery/cmd/local/function"
)

// BodyLimit is the largest request body in bytes that reaches a function, which has a much smaller limit of its own.
const BodyLimit = 6 << 20

// Invoker runs a function for one event and returns its answer; package function has the errors it fails with.
type Invoker interface {
	Invoke(ctx context.Context, event []byte) ([]byte, error)
}

// Gateway is the http.Handler in front of the functions.
type Gateway struct {
	functions map[string]Invoker
	form      Form
	log       *slog.Logger
}

// New makes a gateway that speaks to functions in the form of a cloud; functions has them by the first segment of the
// paths they serve. What goes wrong behind the gateway is told to log, and to the client only as a code.
func New(functions map[string]Invoker, form Form, log *slog.Logger) *Gateway {
	return &Gateway{functions: functions, form: form, log: log}
}

// ServeHTTP answers by the function, or with an error of the gateway in the same JSON shape.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()[:16]
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	behind, ok := g.functions[name]
	if !ok {
		WriteError(w, id, http.StatusNotFound, "route_not_found", "there is no such path")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, BodyLimit))
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		WriteError(w, id, http.StatusRequestEntityTooLarge, "too_large", "the request is larger than 6 MB")
		return
	}
	if err != nil {
		WriteError(w, id, http.StatusBadRequest, "malformed", "the request cannot be read")
		return
	}
	event, err := g.form.event(r, body, id, time.Now())
	if err != nil {
		g.fail(w, id, err)
		return
	}
	returned, err := behind.Invoke(r.Context(), event)
	if err != nil {
		g.fail(w, id, err)
		return
	}
	g.write(w, id, returned)
}

// write sends a function's answer on.
func (g *Gateway) write(w http.ResponseWriter, id string, returned []byte) {
	a, err := g.form.answer(returned)
	if err != nil {
		g.fail(w, id, err)
		return
	}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	w.Write(a.body) // net/http drops it for HEAD, 204 and 304
}

// fail answers 503 for want of an instance, 500 for everything a function did wrong.
func (g *Gateway) fail(w http.ResponseWriter, id string, err error) {
	g.log.Error("request failed", "request_id", id, "error", err)
	if errors.Is(err, function.ErrThrottled) || errors.Is(err, function.ErrClosed) {
		w.Header().Set("Retry-After", "1")
		WriteError(w, id, http.StatusServiceUnavailable, "unavailable", "the service is briefly unavailable, please try again")
		return
	}
	WriteError(w, id, http.StatusInternalServerError, "internal", "something went wrong on our side")
}

type errorBody struct {
	Error errorText `json:"error"`
}

type errorText struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
}

// WriteError answers in the shape of the functions' errors, {"error":{"code","message","request_id"}}, with the id in
// X-Request-Id as well.
func WriteError(w http.ResponseWriter, id string, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Request-Id", id)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(errorBody{errorText{code, message, id}})
}
