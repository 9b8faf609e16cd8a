package vdraw_test

import (
	"crypto/ed25519"
	"encoding/json"
	"slices"
	"testing"

	"wxlottery/shared/vdraw"
)

// operatorKey signs the locks and receipts of these tests; it is the one of the vectors' receipt.
var operatorKey = ed25519.NewKeyFromSeed(slices.Repeat([]byte{0x33}, 32))

var operatorPublic = operatorKey.Public().(ed25519.PublicKey)

// A published draw is a proof and all that an attentive participant has beside it.
type published struct {
	proof vdraw.Proof
	given vdraw.Given
}

// publishedOf makes the whole draw of a vector, as an honest operator publishes it. The lookup is of the ticket at index 0.
func publishedOf(t testing.TB, v drawVector) published {
	t.Helper()
	in := v.Inputs
	m := manifestOf(in)
	tickets := ticketsOf(t, in)
	p := publish(t, m, tickets, in.Secret, in.LateRound, signatureOf(in))
	receipt := vdraw.NewReceipt(operatorKey, m.Digest(), tickets[0], in.LockTime-1)
	return published{p, vdraw.Given{
		Manifest: &p.Manifest, Lock: &p.Lock.Digest, Key: operatorPublic, Rules: &in.RulesText,
		Tickets: slices.Concat(ticketBytes(tickets)...), Receipt: &receipt,
	}}
}

func signatureOf(in drawInputs) *vdraw.Signature {
	if in.Mode == vdraw.ModeTrusted {
		return nil
	}
	s := vdraw.Signature(in.BeaconSignature)
	return &s
}

// publish makes the proof of a draw from a list, whoever chose it.
func publish(t testing.TB, m vdraw.Manifest, tickets []vdraw.Ticket, secret vdraw.Digest, late *uint64, s *vdraw.Signature) vdraw.Proof {
	t.Helper()
	list := listOf(t, tickets)
	md := m.Digest()
	p := vdraw.Proof{Spec: vdraw.Spec, Event: m, Manifest: md}
	p.Lock = vdraw.Lock{Count: list.Count(), Root: list.Root(), Digest: vdraw.LockDigest(md, list.Count(), list.Root()), Secret: &secret}
	if late != nil {
		p.Lock.LateRound, p.Lock.Digest = *late, vdraw.LateLockDigest(md, list.Count(), list.Root(), *late)
	}
	sig := vdraw.OperatorSignature(vdraw.SignLock(operatorKey, p.Lock.Digest))
	p.Lock.Sig = &sig
	var beacon vdraw.Digest
	if s != nil {
		p.Beacon = &vdraw.Round{Round: p.DecidingRound(), Signature: *s}
		beacon = s.Beacon()
	}
	seed := vdraw.Seed(p.Lock.Digest, secret, beacon)
	p.Seed, p.Winners = &seed, []vdraw.Winner{}
	for _, index := range vdraw.Picks(seed, list.Count(), int(m.Winners)) {
		p.Winners = append(p.Winners, vdraw.Winner{Index: index, Ticket: tickets[index], Path: vdraw.Path(tickets, index)})
	}
	return p
}

// undrawn is the same as it was before the draw.
func (d published) undrawn() published {
	d.proof.Seed, d.proof.Winners, d.proof.Beacon = nil, nil, nil
	if d.proof.Event.Mode == vdraw.ModeTrusted {
		d.proof.Lock.Secret = nil
	}
	return d
}

func (d published) json(t testing.TB) []byte {
	t.Helper()
	text, err := json.Marshal(d.proof)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (d published) check(t testing.TB) vdraw.Report {
	t.Helper()
	return vdraw.Check(d.json(t), d.given)
}

// outcomes are the ten outcomes as a word: o, f or n for each step.
func outcomes(r vdraw.Report) string {
	var word []byte
	for _, s := range r.Steps {
		word = append(word, s.Outcome[0])
	}
	return string(word)
}

// codes are what was left unchecked.
func codes(r vdraw.Report) []string {
	all := []string{}
	for _, f := range r.NotChecked {
		all = append(all, f.Code)
	}
	return all
}

// failure is the code of the first step that failed, "" for none.
func failure(r vdraw.Report) string {
	for _, s := range r.Steps {
		if s.Outcome == vdraw.Failed {
			return s.Finding.Code
		}
	}
	return ""
}
