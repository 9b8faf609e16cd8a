package wechatsim

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
)

// endpoint does the work of one API method and returns what it answers: a refusal, or a value to be shown as JSON.
// It is called with mu held.
type endpoint func(s *Sim, r *http.Request) any

// endpoints is the API: name and path of every method. A further method is one line here and one function.
var endpoints = map[string]struct {
	path string
	work endpoint
}{
	"jscode2session": {"/sns/jscode2session", (*Sim).jscode2session},
}

// refusal is an answer with an errcode. WeChat's errmsg ends in a request id.
type refusal struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

func refuse(code int, message string) refusal {
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails
	return refusal{code, fmt.Sprintf("%s rid: %x-%x-%x", message, id[:4], id[4:8], id[8:])}
}

// API returns WeChat's side of the conversation. All answers are HTTP 200 with JSON, unless a fault says otherwise.
func (s *Sim) API() http.Handler {
	mux := http.NewServeMux()
	for name, e := range endpoints {
		mux.HandleFunc(e.path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, name, e.work) })
	}
	return mux
}

// serve answers one call: with its fault if one is set, else with the endpoint's answer.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request, api string, work endpoint) {
	f := s.takeFault(api)
	if !f.wait(r.Context()) {
		panic(http.ErrAbortHandler) // the client has gone
	}
	if f.beforeWork() {
		s.note(api, f)
		f.answer(w)
		return
	}
	body := s.work(r, api, work, f)
	switch {
	case f.Drop:
		panic(http.ErrAbortHandler)
	case f.Truncate:
		body = body[:len(body)/2]
	}
	writeAnswer(w, body)
}

// work runs an endpoint and notes the call in the log.
func (s *Sim) work(r *http.Request, api string, work endpoint, f Fault) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := work(s, r)
	c := Call{API: api, Fault: f.name()}
	if no, ok := v.(refusal); ok {
		c.ErrCode = no.Code
	}
	s.log(c)
	return encode(v)
}

// note logs a call that no endpoint has seen.
func (s *Sim) note(api string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log(Call{API: api, ErrCode: f.ErrCode, Fault: f.name()})
}

// log appends to the log; the caller holds mu.
func (s *Sim) log(c Call) {
	if len(s.calls) >= 2*logLimit {
		s.calls = append([]Call(nil), s.calls[logLimit:]...)
	}
	s.calls = append(s.calls, c)
}

func writeAnswer(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // a client that left needs no answer
}

// encode is WeChat's JSON: < > & stand for themselves, and session keys are base64 with + and /.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // every answer is made of strings and numbers
	}
	return bytes.TrimSpace(b.Bytes())
}
