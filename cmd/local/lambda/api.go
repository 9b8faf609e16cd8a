package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"wxlottery/cmd/local/function"
)

// answerLimit is the cloud's limit for an answer: 6 MB.
const answerLimit = 6 << 20

// routes is the Runtime API as a function sees it, version 2018-06-01.
func (l *line) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", l.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", l.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", l.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", l.startFailure)
	return mux
}

// next holds the process's request until there is an event for it.
func (l *line) next(w http.ResponseWriter, r *http.Request) {
	l.hold(nil)
	select {
	case l.asked <- struct{}{}:
	default: // it asked before and did not wait for the answer
	}
	select {
	case d := <-l.given:
		select {
		case <-l.asked: // said twice, and good for one event only
		default:
		}
		l.deliver(w, r, d)
	case <-r.Context().Done():
	}
}

func (l *line) deliver(w http.ResponseWriter, r *http.Request, d *delivery) {
	if r.Context().Err() != nil { // the process is gone
		d.settle(outcome{err: function.ErrNotTaken})
		return
	}
	l.hold(d)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", d.ID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(d.Deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:local:000000000000:function:"+l.cfg.Name)
	h.Set("Lambda-Runtime-Trace-Id", fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), randomHex(12), randomHex(8)))
	w.Write(d.Event)
	if http.NewResponseController(w).Flush() != nil {
		d.settle(outcome{err: function.ErrNotTaken}) // nobody was there to take it
	}
}

// hold notes what the process works on now.
func (l *line) hold(d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holds = d
}

func (l *line) response(w http.ResponseWriter, r *http.Request) {
	l.answer(w, r, func(body []byte) outcome { return outcome{answer: body} })
}

func (l *line) failure(w http.ResponseWriter, r *http.Request) {
	l.answer(w, r, func(body []byte) outcome { return outcome{err: &function.Error{Payload: body}} })
}

// answer settles the event the process holds; any other id is refused, as late answers are.
func (l *line) answer(w http.ResponseWriter, r *http.Request, as func([]byte) outcome) {
	l.mu.Lock()
	d := l.holds
	l.mu.Unlock()
	if d == nil || d.ID != r.PathValue("id") {
		reply(w, http.StatusBadRequest, `{"errorType":"InvalidRequestID","errorMessage":"not the invocation at hand"}`)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, answerLimit))
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		d.settle(outcome{err: &function.Error{Payload: []byte(`{"errorType":"Function.ResponseSizeTooLarge"}`)}})
		reply(w, http.StatusRequestEntityTooLarge, `{"errorType":"RequestEntityTooLarge","errorMessage":"the limit is 6 MB"}`)
		return
	}
	if err != nil {
		return // the process is gone
	}
	d.settle(as(body))
	reply(w, http.StatusAccepted, `{"status":"OK"}`)
}

// startFailure accepts the report of a failed start; the process ends by itself then, and that fails the request.
func (l *line) startFailure(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if l.cfg.Log != nil {
		fmt.Fprintf(l.cfg.Log, "start failed: %s\n", body)
	}
	reply(w, http.StatusAccepted, `{"status":"OK"}`)
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return hex.EncodeToString(b)
}
