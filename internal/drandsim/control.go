package drandsim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

const controlLimit = 4 << 10

// Control returns the control plane. Requests and answers are JSON; what cannot be read or is refused is answered 400 with
// {"error":{"code","message"}}. POST /fault takes {"kind","times","ms"} (see Fault; {"kind":""} makes the relay well) and
// POST /reset takes {}; both answer {}. GET /log answers {"calls":[{"round","fault"?}]}.
func (s *Sim) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /fault", control(s.Set))
	mux.HandleFunc("POST /reset", control(func(struct{}) error { s.Reset(); return nil }))
	mux.HandleFunc("GET /log", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, never, map[string]any{"calls": s.Log()})
	})
	return mux
}

// control turns a function of a JSON object into a handler. An empty body is an empty object.
func control[T any](f func(T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, controlLimit))
		dec.DisallowUnknownFields()
		err := dec.Decode(&in)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		if err == nil {
			err = f(in)
		}
		if err != nil {
			e := map[string]string{"code": "malformed", "message": err.Error()}
			writeJSON(w, http.StatusBadRequest, never, map[string]any{"error": e})
			return
		}
		writeJSON(w, http.StatusOK, never, struct{}{})
	}
}
