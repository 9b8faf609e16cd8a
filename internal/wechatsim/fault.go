package wechatsim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Fault is something going wrong for N calls of one API method: the next ones, or each Every-th from now on. At most one of
// the effects ErrCode, Status, HTML, Drop and Truncate may be set; LatencyMS goes with any of them or alone.
//
// Several faults of a method may be set at once. A call counts for all of them, and the first one in the order of setting
// whose turn it is hits it; another whose turn it was as well has missed that one.
type Fault struct {
	API       string `json:"api"`
	ErrCode   int    `json:"errcode"`    // WeChat refuses at its door, nothing is done
	Status    int    `json:"status"`     // the same with a bare HTTP status, 300 to 599
	HTML      bool   `json:"html"`       // the same with a page of HTML and status 200
	Drop      bool   `json:"drop"`       // the work is done, then the connection is cut without an answer
	Truncate  bool   `json:"truncate"`   // the work is done, half of the JSON is answered
	LatencyMS int    `json:"latency_ms"` // real time before anything else happens
	N         int    `json:"n"`          // how many calls it hits; 0: one
	Every     int    `json:"every"`      // 0 or 1: each call; k: the k-th, the 2k-th, … since it was set; others pass
}

// activeFault is a fault and how far it has come; its N is what is left.
type activeFault struct {
	Fault
	calls int
}

// Fault adds a fault behind those already set for its API method.
func (s *Sim) Fault(f Fault) error {
	if f.N == 0 {
		f.N = 1
	}
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[f.API] = append(s.faults[f.API], &activeFault{Fault: f})
	return nil
}

// Heal ends the faults of an API method.
func (s *Sim) Heal(api string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.faults, api)
}

func (f Fault) check() error {
	if _, ok := endpoints[f.API]; !ok {
		return errors.New("api is not one of the simulated methods")
	}
	effects := 0
	for _, set := range []bool{f.ErrCode != 0, f.Status != 0, f.HTML, f.Drop, f.Truncate} {
		if set {
			effects++
		}
	}
	switch {
	case effects > 1:
		return errors.New("a fault has one effect")
	case effects == 0 && f.LatencyMS == 0:
		return errors.New("a fault needs an effect: errcode, status, html, drop, truncate or latency_ms")
	case f.Status != 0 && (f.Status < 300 || f.Status > 599):
		return errors.New("status must be 300 to 599")
	case f.LatencyMS < 0 || f.LatencyMS > 60_000:
		return errors.New("latency_ms must be 0 to 60000")
	case f.N < 1:
		return errors.New("n must be at least 1")
	case f.Every < 0:
		return errors.New("every must not be negative")
	}
	return nil
}

// takeFault counts a call for all faults of its API method and uses up one hit of the fault that applies; the zero Fault
// does nothing.
func (s *Sim) takeFault(api string) (hit Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.faults[api][:0]
	for _, f := range s.faults[api] {
		f.calls++
		if hit.API == "" && f.calls%max(1, f.Every) == 0 {
			f.N--
			hit = f.Fault
		}
		if f.N > 0 {
			left = append(left, f)
		}
	}
	s.faults[api] = left
	return hit
}

// wait is the latency; false: the client left meanwhile.
func (f Fault) wait(ctx context.Context) bool {
	if f.LatencyMS == 0 {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Duration(f.LatencyMS) * time.Millisecond):
		return true
	}
}

func (f Fault) beforeWork() bool { return f.ErrCode != 0 || f.Status != 0 || f.HTML }

// answer writes the answer of a fault that comes before any work.
func (f Fault) answer(w http.ResponseWriter) {
	if f.ErrCode != 0 {
		writeAnswer(w, jsonType, encode(refuse(f.ErrCode, "simulated fault")))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if f.Status != 0 {
		w.WriteHeader(f.Status)
	}
	_, _ = fmt.Fprint(w, "<html><body><h1>simulated fault</h1></body></html>") // a client that left needs no page
}

// name is the effect, for the log.
func (f Fault) name() string {
	switch {
	case f.ErrCode != 0:
		return "errcode"
	case f.Status != 0:
		return "status"
	case f.HTML:
		return "html"
	case f.Drop:
		return "drop"
	case f.Truncate:
		return "truncate"
	case f.LatencyMS != 0:
		return "latency"
	}
	return ""
}
