package function

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"sync"
	"time"
)

// Stats counts what a function has been through since New.
type Stats struct {
	Starts      int             `json:"starts"`      // processes started
	ColdStarts  int             `json:"cold_starts"` // instances that got as far as being ready for an event
	Invocations int             `json:"invocations"` // events given to an instance
	Crashes     int             `json:"crashes"`     // processes that ended by themselves, or asked to be ended
	Timeouts    int             `json:"timeouts"`    // processes killed at a deadline
	Throttles   int             `json:"throttles"`   // events refused because no instance was free
	Instances   []InstanceStats `json:"instances"`   // those alive, by process id
}

// InstanceStats describes one living process.
type InstanceStats struct {
	PID         int       `json:"pid"`
	Busy        bool      `json:"busy"`
	Invocations int       `json:"invocations"`
	Started     time.Time `json:"started"` // UTC, to the millisecond
}

// Stats returns a snapshot.
func (f *Function) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.stats
	s.Instances = make([]InstanceStats, 0, len(f.all))
	for i := range f.all {
		s.Instances = append(s.Instances, InstanceStats{i.cmd.Process.Pid, i.busy, i.served, i.since})
	}
	slices.SortFunc(s.Instances, func(a, b InstanceStats) int { return cmp.Compare(a.PID, b.PID) })
	return s
}

// A prefixer writes whole lines, each with the function's name in front, so that the lines of several processes don't
// run into each other.
type prefixer struct {
	mu     sync.Mutex
	out    io.Writer
	prefix string
}

// Write prefixes every line of p. The processes write whole lines, so a line is never held back for its end.
func (p *prefixer) Write(b []byte) (int, error) {
	var lines bytes.Buffer
	for line := range bytes.Lines(b) {
		lines.WriteString(p.prefix)
		lines.Write(bytes.TrimSuffix(line, []byte("\n")))
		lines.WriteByte('\n')
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.out.Write(lines.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}
