package drandsim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"time"
)

// Kind is a way in which a relay fails.
type Kind string

// The kinds of fault. They strike requests for rounds, the latest one among them.
const (
	None         Kind = ""
	Hang         Kind = "hang"          // no answer until the client leaves
	Stall        Kind = "stall"         // half of the answer, then nothing until the client leaves
	Slow         Kind = "slow"          // the true answer, MS later
	Down         Kind = "down"          // the connection is closed without an answer
	Garbage      Kind = "garbage"       // a page of HTML with status 200
	Huge         Kind = "huge"          // the true answer behind a megabyte of blanks
	Redirect     Kind = "redirect"      // 302 to the same address
	NotFound     Kind = "not_found"     // 404
	TooEarly     Kind = "too_early"     // 425, as for a round that is not out yet
	Error        Kind = "error"         // 500
	WrongRound   Kind = "wrong_round"   // the true answer for another round; 404 if the relay has none
	BadSignature Kind = "bad_signature" // the answer for this round, its signature's point replaced by the negative one
)

// Fault is something going wrong for the next requests.
type Fault struct {
	Kind  Kind `json:"kind"`  // None: the relay is well again
	Times int  `json:"times"` // how many requests; 0: until another fault is set
	MS    int  `json:"ms"`    // for Slow only: milliseconds, 1 to 60000
}

// Set makes this the relay's fault, in place of the one there may be. Error: no such fault.
func (s *Sim) Set(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
	return nil
}

func (f Fault) check() error {
	_, known := effects[f.Kind]
	switch {
	case f.Kind != None && !known:
		return errors.New("kind is not one of the simulated faults")
	case f.Times < 0:
		return errors.New("times must not be negative")
	case f.Kind == Slow && (f.MS < 1 || f.MS > 60_000):
		return errors.New("ms must be 1 to 60000")
	case f.Kind != Slow && f.MS != 0:
		return errors.New("ms goes with slow only")
	}
	return nil
}

// take logs a request and uses up one time of the fault that strikes it; the zero Fault does nothing.
func (s *Sim) take(round uint64) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	if f.Times == 1 {
		s.fault = Fault{}
	}
	if f.Times > 1 {
		s.fault.Times--
	}
	if len(s.calls) >= 2*logLimit {
		s.calls = append([]Call(nil), s.calls[logLimit:]...)
	}
	s.calls = append(s.calls, Call{round, f.Kind})
	return f
}

// visit is one request for a round, and the fault that strikes it.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	round uint64
	fault Fault
}

// effects is what a fault answers instead of the truth.
var effects = map[Kind]func(*Sim, visit){
	Hang:         (*Sim).hang,
	Stall:        (*Sim).stall,
	Slow:         (*Sim).slow,
	Down:         func(*Sim, visit) { panic(http.ErrAbortHandler) },
	Garbage:      (*Sim).garbage,
	Huge:         (*Sim).huge,
	Redirect:     (*Sim).redirect,
	NotFound:     func(_ *Sim, v visit) { notFound(v.w) },
	TooEarly:     func(s *Sim, v visit) { tooEarly(v.w, s.cfg.Chain.Period) },
	Error:        func(_ *Sim, v visit) { refuse(v.w, http.StatusInternalServerError, never, "Failed to get beacon") },
	WrongRound:   (*Sim).wrongRound,
	BadSignature: (*Sim).badSignature,
}

func (s *Sim) hang(v visit) {
	<-v.r.Context().Done()
	panic(http.ErrAbortHandler)
}

func (s *Sim) stall(v visit) {
	text := s.truth(v.round)
	v.w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = v.w.Write(text[:len(text)/2])
	_ = http.NewResponseController(v.w).Flush() // a client that left needs no half either
	s.hang(v)
}

func (s *Sim) slow(v visit) {
	if !wait(v.r.Context(), time.Duration(v.fault.MS)*time.Millisecond) {
		panic(http.ErrAbortHandler) // the client has gone
	}
	s.honest(v.w, v.round)
}

func (s *Sim) garbage(v visit) {
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(v.w, "<html><body><h1>round %d</h1></body></html>", v.round)
}

func (s *Sim) huge(v visit) {
	v.w.Header().Set("Content-Type", "application/json")
	_, _ = v.w.Write(append(bytes.Repeat([]byte(" "), 1<<20), s.truth(v.round)...))
}

// redirect leads back to the address that was asked, relative since a prefix may be missing from the path seen here.
func (s *Sim) redirect(v visit) {
	v.w.Header().Set("Location", path.Base(v.r.URL.Path))
	v.w.WriteHeader(http.StatusFound)
}

func (s *Sim) wrongRound(v visit) {
	other := s.another(v.round)
	signature, ok := s.signature(other)
	if !ok {
		notFound(v.w)
		return
	}
	writeJSON(v.w, http.StatusOK, forever, answer{other, signature.Beacon(), signature})
}

func (s *Sim) badSignature(v visit) {
	signature, _ := s.signature(v.round)
	signature[0] ^= 0x20 // the sign of y
	writeJSON(v.w, http.StatusOK, forever, answer{v.round, signature.Beacon(), signature})
}

// truth is the text of a round's answer; a signature of zeros if the relay does not have the round.
func (s *Sim) truth(round uint64) []byte {
	signature, _ := s.signature(round)
	return encode(answer{round, signature.Beacon(), signature})
}

// wait reports whether the client is still there after d.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
