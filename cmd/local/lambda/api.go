package lambda

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// answerLimit is the cloud's limit for an answer: 6 MB.
const answerLimit = 6 << 20

// routes is the Runtime API as a function sees it, version 2018-06-01.
func (i *instance) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", i.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", i.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", i.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", i.startFailure)
	return mux
}

// next is where an instance becomes free: not with its answer, but when it asks for more. The first call is different,
// for the instance was started for a request that is on its way.
func (i *instance) next(w http.ResponseWriter, r *http.Request) {
	i.alarm.Stop()
	i.hold(nil)
	if i.asked.Swap(true) {
		i.fn.release(i)
	} else {
		i.fn.tally(func(s *Stats) { s.ColdStarts++ })
	}
	select {
	case inv := <-i.work:
		if r.Context().Err() == nil { // else the process is gone, and its end has the event tried elsewhere
			i.deliver(w, inv)
		}
	case <-r.Context().Done():
	}
}

func (i *instance) deliver(w http.ResponseWriter, inv *invocation) {
	i.hold(inv)
	i.fn.tally(func(s *Stats) { s.Invocations++ })
	inv.taken.Store(true)
	i.alarm.Reset(i.fn.cfg.Timeout)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(i.fn.cfg.Timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:local:000000000000:function:"+i.fn.cfg.Name)
	h.Set("Lambda-Runtime-Trace-Id", fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), randomHex(12), randomHex(8)))
	w.Write(inv.event)
	if http.NewResponseController(w).Flush() != nil {
		inv.taken.Store(false) // nobody was there to take it
	}
}

// hold notes what the process works on now, nil for nothing.
func (i *instance) hold(inv *invocation) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.holds = inv
	if inv != nil {
		i.served++
	}
}

func (i *instance) response(w http.ResponseWriter, r *http.Request) {
	i.answer(w, r, func(body []byte) outcome { return outcome{answer: body} })
}

func (i *instance) failure(w http.ResponseWriter, r *http.Request) {
	i.answer(w, r, func(body []byte) outcome { return outcome{err: &FunctionError{body}} })
}

// answer settles the invocation the process holds; any other id is refused, as late answers are.
func (i *instance) answer(w http.ResponseWriter, r *http.Request, as func([]byte) outcome) {
	i.mu.Lock()
	inv := i.holds
	i.mu.Unlock()
	if inv == nil || inv.id != r.PathValue("id") {
		reply(w, http.StatusBadRequest, `{"errorType":"InvalidRequestID","errorMessage":"not the invocation at hand"}`)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, answerLimit))
	if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
		inv.settle(outcome{err: &FunctionError{[]byte(`{"errorType":"Function.ResponseSizeTooLarge"}`)}})
		reply(w, http.StatusRequestEntityTooLarge, `{"errorType":"RequestEntityTooLarge","errorMessage":"the limit is 6 MB"}`)
		return
	}
	if err != nil {
		return // the process is gone, its end settles the invocation
	}
	inv.settle(as(body))
	reply(w, http.StatusAccepted, `{"status":"OK"}`)
}

// startFailure accepts the report of a failed start; the process ends by itself then, and that fails the request.
func (i *instance) startFailure(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if i.fn.log != nil {
		fmt.Fprintf(i.fn.log, "start failed: %s\n", body)
	}
	reply(w, http.StatusAccepted, `{"status":"OK"}`)
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}
