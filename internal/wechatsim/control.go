package wechatsim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	controlLimit = 64 << 10
	maxAdvance   = 10 * 365 * 24 * 3600 // seconds; far below what time.Duration holds
)

// Control returns the control plane. Requests and answers are JSON; what cannot be read or is refused is answered 400
// with {"error":{"code","message"}}. POST /code answers {"code"}, POST /clock {"now"}, GET /log
// {"calls":[{"api","errcode","fault"?}]}, GET /sent (of one user: ?openid=) {"sent":[…]} with what is in Sent, all else {}.
func (s *Sim) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /code", control(s.postCode))
	mux.HandleFunc("POST /flag", control(s.postFlag))
	mux.HandleFunc("POST /subscribe", control(s.postSubscribe))
	mux.HandleFunc("POST /revoke", control(func(struct{}) (any, error) { s.Revoke(); return struct{}{}, nil }))
	mux.HandleFunc("POST /fault", control(func(f Fault) (any, error) { return struct{}{}, s.Fault(f) }))
	mux.HandleFunc("POST /clock", control(s.postClock))
	mux.HandleFunc("POST /reset", control(func(struct{}) (any, error) { s.Reset(); return struct{}{}, nil }))
	mux.HandleFunc("GET /log", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"calls": s.Log()})
	})
	mux.HandleFunc("GET /sent", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"sent": s.sentTo(r.URL.Query().Get("openid"))})
	})
	return mux
}

func (s *Sim) postCode(in struct {
	OpenID  string `json:"openid"`
	UnionID string `json:"unionid"`
},
) (any, error) {
	code, err := s.Code(in.OpenID, in.UnionID)
	return map[string]string{"code": code}, err
}

func (s *Sim) postFlag(in struct {
	OpenID string `json:"openid"`
},
) (any, error) {
	return struct{}{}, s.Flag(in.OpenID)
}

func (s *Sim) postSubscribe(in struct {
	OpenID     string `json:"openid"`
	TemplateID string `json:"template_id"`
	N          *int   `json:"n"` // null: one
},
) (any, error) {
	n := 1
	if in.N != nil {
		n = *in.N
	}
	return struct{}{}, s.Subscribe(in.OpenID, in.TemplateID, n)
}

func (s *Sim) postClock(in struct {
	AdvanceS int `json:"advance_s"`
},
) (any, error) {
	if in.AdvanceS > maxAdvance {
		return nil, errors.New("advance_s is over ten years")
	}
	err := s.Advance(time.Duration(in.AdvanceS) * time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]string{"now": s.now().UTC().Format(time.RFC3339)}, err
}

// control turns a function of a JSON object into a handler. An empty body is an empty object.
func control[T any](f func(T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, controlLimit))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			writeError(w, err)
			return
		}
		out, err := f(in)
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, out)
	}
}

func writeError(w http.ResponseWriter, err error) {
	e := map[string]string{"code": "malformed", "message": err.Error()}
	writeJSON(w, http.StatusBadRequest, map[string]any{"error": e})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encode(v)) // a client that left needs no answer
}
