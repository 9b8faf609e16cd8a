package vdraw

import "crypto/ed25519"

// Given is what a checker brings along beside the proof. Everything is optional; what is missing is named in the report.
// What Manifest, Lock and Key say has to come from elsewhere than the proof: from what was seen at the time, or from others
// who saw it.
type Given struct {
	Manifest *Digest           // MD as it was shown at creation or at join
	Lock     *Digest           // LD as it was seen before the draw
	Key      ed25519.PublicKey // the operator's; 32 bytes
	Rules    *string           // the rules text
	Tickets  []byte            // tickets.bin: 16 bytes for each participant; nil: not there
	Ticket   *Ticket           // whose place in the list is looked up
	Receipt  *Receipt
	Place    *Place  // where Ticket, or the receipt's, stands in the list
	Chains   []Chain // that are taken beside Quicknet
}

// Place is a ticket's index in the list and the path that shows it.
type Place struct {
	Index uint64   `json:"index"`
	Path  []Digest `json:"path"`
}

// Outcome is how a step ended.
type Outcome string

// The outcomes.
const (
	OK         Outcome = "ok"
	Failed     Outcome = "failed"
	NotChecked Outcome = "not checked"
)

// Step is one of the ten steps of the specification and how it ended.
type Step struct {
	Number  int     `json:"number"` // from 1
	Name    Text    `json:"name"`
	Outcome Outcome `json:"outcome"`
	Finding Finding `json:"finding"`
}

// Report is what a checker found.
type Report struct {
	Steps []Step `json:"steps"` // ten, in order
	// NotChecked says what was left unchecked, each once, also within steps that ended OK. It is never nil.
	NotChecked []Finding `json:"not_checked"`
	Late       bool      `json:"late"`     // the order of lock and round rests on the operator's word
	Trusted    bool      `json:"trusted"`  // there is no public randomness: the operator could have known the result
	Rehearsal  bool      `json:"dev"`      // the chain is one that was given to the checker, not drand's
	Drawn      bool      `json:"drawn"`    // the proof is of a finished draw
	Due        uint64    `json:"-"`        // when the deciding round is public, Unix seconds; 0 where there is none or its chain is unknown
	MyPlace    int       `json:"my_place"` // the place that the ticket won, from 1; 0: none, or nobody asked
}

// Failed reports whether a step failed.
func (r Report) Failed() bool {
	for _, s := range r.Steps {
		if s.Outcome == Failed {
			return true
		}
	}
	return false
}

// Exit is the exit code of a command that checks: 1 where a step failed, else 3 where the draw was late or rests on the
// operator, else 0.
func (r Report) Exit() int {
	switch {
	case r.Failed():
		return 1
	case r.Late || r.Trusted:
		return 3
	}
	return 0
}
