package storm_test

import (
	"fmt"
	"testing"
	"time"

	"wxlottery/shared/lottery"
)

// outcome is what a user knows about himself in an event, by the last answer that said something.
type outcome int

const (
	out outcome = iota // also before the first call
	in
	unknown // the last call got no answer of the rules: anything may be true
)

// entry is one user in one event: what he was told, and when he had asked.
type entry struct {
	event  *lottery.Event
	openid string
	knows  outcome
	// Calls that got no answer may still take effect after later ones that did.
	joinOpen, leaveOpen bool
	joins, leaves       int      // acknowledged
	wrong               []string // answers that no order of things can explain
}

// joined takes note of the answer to a POST sent at an instant.
func (x *entry) joined(sent time.Time, status int, code string) {
	late := !sent.Before(x.event.LockAt)
	switch {
	case status == 201 && late:
		x.wrong = append(x.wrong, fmt.Sprintf("a join sent %s after the lock was accepted", sent.Sub(x.event.LockAt)))
	case status == 409 && x.knows == in && !x.leaveOpen:
		x.wrong = append(x.wrong, "a participant was refused as a stranger")
	case status == 409:
	case status == 201 || status == 200:
		x.knows = in
		x.joins++
	case status >= 500:
		x.knows, x.joinOpen = unknown, true
	default:
		x.wrong = append(x.wrong, fmt.Sprintf("an unexpected answer to a join: %d %s", status, code))
	}
}

// left takes note of the answer to a DELETE sent at an instant.
func (x *entry) left(sent time.Time, status int, code string) {
	late := !sent.Before(x.event.LockAt)
	switch {
	case status == 204 && late && x.knows == in && !x.leaveOpen:
		x.wrong = append(x.wrong, fmt.Sprintf("a leave sent %s after the lock was accepted", sent.Sub(x.event.LockAt)))
	case status == 409 && x.knows == out && !x.joinOpen:
		x.wrong = append(x.wrong, "a stranger was refused as a participant")
	case status == 409:
	case status == 204:
		x.knows = out
		x.leaves++
	case status >= 500:
		x.knows, x.leaveOpen = unknown, true
	default:
		x.wrong = append(x.wrong, fmt.Sprintf("an unexpected answer to a leave: %d %s", status, code))
	}
}

// figures are sums over entries.
type figures struct{ joins, leaves, unknown, overtaken int }

// settle holds an entry against the list as it is in the end.
func (f *figures) settle(t testing.TB, x *entry, listed bool) {
	t.Helper()
	for _, what := range x.wrong {
		t.Errorf("event %s, %s: %s", x.event.ID, x.openid, what)
	}
	f.joins += x.joins
	f.leaves += x.leaves
	switch {
	case x.knows == unknown:
		f.unknown++
	case x.knows == in && !listed && x.leaveOpen, x.knows == out && listed && x.joinOpen:
		f.overtaken++ // by a call that had been given up
	case x.knows == in && !listed:
		t.Errorf("event %s, %s: his join was acknowledged and he is missing", x.event.ID, x.openid)
	case x.knows == out && listed:
		t.Errorf("event %s, %s: he is in the list and was told otherwise", x.event.ID, x.openid)
	}
}
