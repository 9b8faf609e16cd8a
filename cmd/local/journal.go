package main

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
	"time"
)

const (
	keptRequests = 1000
	keptTicks    = 50
)

// stamp is how instants are shown.
const stamp = "2006-01-02T15:04:05.000Z07:00"

// A journal remembers the latest requests and ticks that the functions log, and passes on all they log as it is. It is safe for
// concurrent use.
type journal struct {
	out io.Writer // nil: nobody else wants the lines

	mu       sync.Mutex
	requests ring[requestLine]
	ticks    ring[tickLine]
}

func newJournal(out io.Writer) *journal {
	return &journal{out: out, requests: ring[requestLine]{most: keptRequests}, ticks: ring[tickLine]{most: keptTicks}}
}

// requestLine is a request as its function logged it.
type requestLine struct {
	At       string  `json:"at"` // the end of it
	Function string  `json:"function"`
	Method   string  `json:"method"`
	Route    string  `json:"route"` // the pattern; "" where there is none, or the request was given up
	Status   int     `json:"status"`
	MS       float64 `json:"ms"`
	Queries  int     `json:"queries"`
}

// tickLine is a tick as the draw function logged it.
type tickLine struct {
	At string `json:"at"` // the end of it
	tickCounts
}

// tickCounts are in the log under the names that they are shown by.
type tickCounts struct {
	MS       float64 `json:"ms"`
	Steps    int     `json:"steps"`
	Failures int     `json:"failures"` // at least 1 of a tick that failed as a whole
	Overdue  int     `json:"overdue"`
	Sent     int     `json:"messages_sent"`
	Refused  int     `json:"messages_refused"`
	Dead     int     `json:"messages_dead"`
}

// Write takes whole lines, each with the name of its function in front.
func (j *journal) Write(p []byte) (n int, err error) {
	n = len(p)
	if j.out != nil {
		n, err = j.out.Write(p)
	}
	for line := range bytes.Lines(p) {
		if name, text, ok := bytes.Cut(line, []byte(" | ")); ok && bytes.HasPrefix(text, []byte("{")) {
			j.take(string(name), text)
		}
	}
	return n, err
}

// take remembers a line if it is one of those and JSON at all.
func (j *journal) take(function string, text []byte) {
	var line struct {
		Timestamp       time.Time
		Msg, Level      string
		Method, Route   string
		Status, Queries int
		tickCounts
	}
	if json.Unmarshal(text, &line) != nil {
		return
	}
	at := line.Timestamp.UTC().Format(stamp)
	j.mu.Lock()
	defer j.mu.Unlock()
	switch line.Msg {
	case "request":
		j.requests.add(requestLine{at, function, line.Method, line.Route, line.Status, line.MS, line.Queries})
	case "tick":
		if line.Level == "ERROR" {
			line.Failures = max(line.Failures, 1)
		}
		j.ticks.add(tickLine{at, line.tickCounts})
	}
}

// read returns what is remembered, the newest first.
func (j *journal) read() (requests []requestLine, ticks []tickLine) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.requests.newest(), j.ticks.newest()
}

// A ring keeps the last ones of what it is given.
type ring[T any] struct {
	most, next int
	kept       []T
}

func (r *ring[T]) add(v T) {
	if len(r.kept) < r.most {
		r.kept = append(r.kept, v)
	} else {
		r.kept[r.next] = v
	}
	r.next = (r.next + 1) % r.most
}

func (r *ring[T]) newest() []T {
	all := make([]T, len(r.kept))
	for i := range all {
		all[i] = r.kept[(r.next-1-i+r.most)%r.most]
	}
	return all
}
