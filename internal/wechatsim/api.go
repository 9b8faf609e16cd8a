package wechatsim

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

const bodyLimit = 64 << 10

// request is what an endpoint sees of a call. Its body was read before, so that a slow client holds up nobody.
type request struct {
	method string
	query  url.Values
	body   []byte
}

// endpoint does the work of one API method and returns what it answers: a refusal, a picture, or a value to be shown as
// JSON. It is called with mu held.
type endpoint func(s *Sim, r request) any

// endpoints is the API: name and path of every method. A further method is one line here and one function.
var endpoints = map[string]struct {
	path string
	work endpoint
}{
	"jscode2session":    {"/sns/jscode2session", (*Sim).jscode2session},
	"stable_token":      {"/cgi-bin/stable_token", (*Sim).stableToken},
	"subscribe_send":    {"/cgi-bin/message/subscribe/send", authed((*Sim).subscribeSend)},
	"getwxacodeunlimit": {"/wxa/getwxacodeunlimit", authed((*Sim).getWXACode)},
	"msg_sec_check":     {"/wxa/msg_sec_check", authed((*Sim).msgSecCheck)},
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

// success is the beginning of an answer that has an errcode though all is well.
type success struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

var ok = success{0, "ok"}

// API returns WeChat's side of the conversation. All answers are HTTP 200 with JSON or a picture, unless a fault says
// otherwise.
func (s *Sim) API() http.Handler {
	mux := http.NewServeMux()
	for name, e := range endpoints {
		mux.HandleFunc(e.path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, name, e.work) })
	}
	return mux
}

// serve answers one call: with its fault if one is set, else with the endpoint's answer.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request, api string, work endpoint) {
	q, err := readRequest(r)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	f := s.takeFault(api)
	if !f.wait(r.Context()) {
		panic(http.ErrAbortHandler) // the same
	}
	if f.beforeWork() {
		s.note(api, f)
		f.answer(w)
		return
	}
	kind, body := render(s.work(q, api, work, f))
	switch {
	case f.Drop:
		panic(http.ErrAbortHandler)
	case f.Truncate:
		body = body[:len(body)/2]
	}
	writeAnswer(w, kind, body)
}

// readRequest reads a body; one that is too long counts as none.
func readRequest(r *http.Request) (request, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	if len(body) > bodyLimit {
		body = nil
	}
	return request{r.Method, r.URL.Query(), body}, err
}

// read decodes a body; false: it is not the JSON of a T.
func read[T any](r request) (in T, good bool) {
	err := json.Unmarshal(r.body, &in)
	return in, err == nil
}

// work runs an endpoint and notes the call in the log.
func (s *Sim) work(r request, api string, work endpoint, f Fault) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := work(s, r)
	c := Call{API: api, Fault: f.name()}
	if no, bad := v.(refusal); bad {
		c.ErrCode = no.Code
	}
	s.log(c)
	return v
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

// render turns an endpoint's answer into what is sent. It needs no lock, and drawing takes its time.
func render(v any) (kind string, body []byte) {
	if p, drawn := v.(picture); drawn {
		return "image/jpeg", p.draw()
	}
	return jsonType, encode(v)
}

const jsonType = "application/json; charset=utf-8"

func writeAnswer(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
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
