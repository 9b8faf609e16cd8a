package vdraw_test

import (
	"bytes"
	"slices"
	"testing"

	"wxlottery/shared/vdraw"
)

// An operator who cheats can make everything he publishes consistent: he holds the keys and, once the round is out, knows what
// decides. In these tests he does, and each time two people look at what he publishes: one who kept the digests he was shown, and
// one who comes later and has nothing. docs/fairness.md has them as a table.

// friend is the ticket that is to win.
var friend = vdraw.NewTicket([]byte("friend"), [16]byte{}, "friend")

// cheat publishes what it makes of an honest draw and returns what both people see.
func cheat(t *testing.T, letter string, forge func(v *drawVector, tickets []vdraw.Ticket) []vdraw.Ticket) (kept, later vdraw.Report) {
	t.Helper()
	v := drawNamed(t, letter)
	honest := publishedOf(t, v)
	tickets := forge(&v, ticketsOf(t, v.Inputs))
	slices.SortFunc(tickets, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })
	m := manifestOf(v.Inputs)
	forged := published{publish(t, m, tickets, v.Inputs.Secret, v.Inputs.LateRound, signatureOf(v.Inputs)), vdraw.Given{}}
	forged.given.Tickets = slices.Concat(ticketBytes(tickets)...)
	later = forged.check(t)
	forged.given.Manifest, forged.given.Lock, forged.given.Key = honest.given.Manifest, honest.given.Lock, operatorPublic
	return forged.check(t), later
}

// without tries lists until the friend wins, as one can who knows the round: it leaves one participant out after the other.
func favoured(t *testing.T, v *drawVector, tickets []vdraw.Ticket) []vdraw.Ticket {
	t.Helper()
	for i := range tickets {
		tried := append(slices.Delete(slices.Clone(tickets), i, i+1), friend)
		slices.SortFunc(tried, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })
		p := publish(t, manifestOf(v.Inputs), tried, v.Inputs.Secret, v.Inputs.LateRound, signatureOf(v.Inputs))
		if slices.ContainsFunc(p.Winners, func(w vdraw.Winner) bool { return w.Ticket == friend }) {
			return tried
		}
	}
	t.Fatal("the friend does not win")
	return nil
}

func TestAListEditedAfterTheRound(t *testing.T) {
	t.Parallel()
	kept, later := cheat(t, "B", func(v *drawVector, tickets []vdraw.Ticket) []vdraw.Ticket { return favoured(t, v, tickets) })
	diff(t, "who kept the lock's digest", failure(kept), "lock.digest")
	diff(t, "who did not", codes(later)[2:], []string{"lock.no_key", "lock.time", "mine.none"})
	diff(t, "who did not, exit", later.Exit(), 0) // nothing failed, and it is said that the time of the lock is not proven
}

func TestTicketsStuffedAfterTheRound(t *testing.T) {
	t.Parallel()
	kept, later := cheat(t, "B", func(_ *drawVector, tickets []vdraw.Ticket) []vdraw.Ticket {
		for i := range 5000 {
			tickets = append(tickets, vdraw.NewTicket([]byte("stuffed"), [16]byte{}, string(rune(i))))
		}
		return tickets
	})
	diff(t, "who kept the lock's digest", failure(kept), "lock.digest")
	if !slices.Contains(codes(later), "lock.time") {
		t.Error("it is not said that the time of the lock is not proven")
	}
}

// A late lock lets the operator choose its round, so he might claim to have been late. Whoever saw the punctual lock refuses it,
// and everybody else is told.
func TestALateRoundThatWasChosen(t *testing.T) {
	t.Parallel()
	kept, later := cheat(t, "E", func(_ *drawVector, tickets []vdraw.Ticket) []vdraw.Ticket { return tickets })
	diff(t, "an honest late draw, with its digest", kept.Failed(), false)
	for _, r := range []vdraw.Report{kept, later} {
		diff(t, "late is said", slices.Contains(codes(r), "lock.late") && r.Exit() == 3, true)
	}
	v := drawNamed(t, "E")
	punctual := v
	punctual.Inputs.LateRound = nil
	seen := publishedOf(t, punctual).proof.Lock.Digest
	d := publishedOf(t, v)
	d.given.Lock = &seen
	diff(t, "who saw it locked in time", failure(d.check(t)), "lock.digest")
}

// In mode 1 the secret is public with the lock record. One who publishes another later has to break his commitment.
func TestAnotherSecret(t *testing.T) {
	t.Parallel()
	v := drawNamed(t, "B")
	honest := publishedOf(t, v)
	m := manifestOf(v.Inputs) // with the commitment that was shown
	forged := published{publish(t, m, ticketsOf(t, v.Inputs), vdraw.Digest{9}, nil, signatureOf(v.Inputs)), vdraw.Given{}}
	diff(t, "to the same event", failure(forged.check(t)), "secret.failed")

	v.Inputs.Secret = vdraw.Digest{9} // and with a commitment to it
	forged = publishedOf(t, v)
	forged.given.Manifest, forged.given.Receipt = honest.given.Manifest, nil
	diff(t, "to another event", failure(forged.check(t)), "promise.manifest")
}

func TestPrizesSwapped(t *testing.T) {
	t.Parallel()
	v := drawNamed(t, "B")
	honest := publishedOf(t, v)
	rules := "another prize"
	honest.given.Rules = &rules
	diff(t, "other rules beside the proof", failure(honest.check(t)), "promise.rules")

	v.Inputs.RulesText = rules
	forged := publishedOf(t, v)
	forged.given.Manifest, forged.given.Lock = publishedOf(t, drawNamed(t, "B")).given.Manifest, nil
	diff(t, "other rules in it", failure(forged.check(t)), "promise.manifest")
	forged.given.Manifest = nil
	forged.given.Receipt = publishedOf(t, drawNamed(t, "B")).given.Receipt
	diff(t, "who has nothing but his receipt", failure(forged.check(t)), "promise.receipt")
}

// An organiser may draw many events and show the one he likes. Each has a number and names the one before it.
func TestEventsReRolled(t *testing.T) {
	t.Parallel()
	v := drawNamed(t, "B")
	honest := publishedOf(t, v)
	v.Inputs.Seq++
	v.Inputs.Prev = honest.proof.Manifest
	again := publishedOf(t, v)
	diff(t, "the second is a good draw of its own", again.check(t).Exit(), 0)
	again.given.Manifest, again.given.Receipt = honest.given.Manifest, nil
	diff(t, "and does not pass for the first", failure(again.check(t)), "promise.manifest")
	again.given.Manifest = nil
	again.given.Receipt = honest.given.Receipt
	diff(t, "nor with a receipt of the first", failure(again.check(t)), "promise.receipt")
}

// A participant who is left out has his receipt.
func TestAParticipantDropped(t *testing.T) {
	t.Parallel()
	v := drawNamed(t, "B")
	tickets := ticketsOf(t, v.Inputs)
	p := publish(t, manifestOf(v.Inputs), tickets[1:], v.Inputs.Secret, nil, signatureOf(v.Inputs))
	receipt := vdraw.NewReceipt(operatorKey, p.Manifest, tickets[0], v.Inputs.LockTime-1)
	d := published{p, vdraw.Given{Key: operatorPublic, Receipt: &receipt, Tickets: slices.Concat(ticketBytes(tickets[1:])...)}}
	diff(t, "failure", failure(d.check(t)), "mine.missing")
	d.given.Tickets, d.given.Place = nil, &vdraw.Place{Index: 0, Path: vdraw.Path(tickets[1:], 0)}
	diff(t, "with another's path", failure(d.check(t)), "mine.path")
}

// Another round of the same chain, or the same round of another chain, is not the one that was announced.
func TestAnotherRoundOrChain(t *testing.T) {
	t.Parallel()
	other := drawNamed(t, "D").Inputs // a genuine signature of an older round
	d := publishedOf(t, drawNamed(t, "B"))
	d.proof.Beacon = &vdraw.Round{Round: other.Round, Signature: *signatureOf(other)}
	diff(t, "an older round", failure(d.check(t)), "signature.round")
	d.proof.Beacon.Round = d.proof.Event.Round
	diff(t, "its signature under the right number", failure(d.check(t)), "signature.failed")
}
