package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"wxlottery/shared/vdraw"
)

// recheck checks the draw as each player can, who kept what he saw when he joined and before the draw, and compares who won with
// what the service shows.
func (s *story) recheck() error {
	given := vdraw.Given{
		Manifest: &s.promised.Fairness.Manifest, Rules: &s.promised.Fairness.RulesText, Key: s.promised.Fairness.OperatorKey[:],
		Lock: &s.locked, Tickets: s.tickets(),
	}
	if s.Chain != nil {
		given.Chains = []vdraw.Chain{*s.Chain}
	}
	for _, p := range s.players {
		given.Receipt = &p.receipt
		if err := judge(vdraw.Check(s.proof, given)); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return s.recheckWinners()
}

// judge wants every step to end well but those that a draw without public randomness has not.
func judge(r vdraw.Report) error {
	for _, step := range r.Steps {
		if step.Outcome != vdraw.OK && !(r.Trusted && step.Finding.Code == "signature.trusted") {
			return fmt.Errorf("step %d, %s: %s: %s", step.Number, step.Name.En, step.Outcome, step.Finding.En)
		}
	}
	if r.Late {
		return fmt.Errorf("the list was locked late")
	}
	return nil
}

// tickets are those of all players, as a list.
func (s *story) tickets() []byte {
	var all [][]byte
	for _, p := range s.players {
		all = append(all, p.receipt.Ticket[:])
	}
	slices.SortFunc(all, bytes.Compare)
	return bytes.Join(all, nil)
}

// recheckWinners wants exactly the tickets of the proof to be shown, in order, each with the prize of its place and its owner's
// name.
func (s *story) recheckWinners() error {
	var proof vdraw.Proof
	if err := json.Unmarshal(s.proof, &proof); err != nil {
		return err
	}
	if len(s.winners) != len(proof.Winners) || len(s.winners) != places {
		return fmt.Errorf("%d winners are shown, %d are in the proof", len(s.winners), len(proof.Winners))
	}
	owners := map[vdraw.Ticket]string{}
	for _, p := range s.players {
		owners[p.receipt.Ticket] = p.name
	}
	for i, w := range s.winners {
		ticket := proof.Winners[i].Ticket
		if want := (winner{i + 1, prizeOf(i), ticket, owners[ticket]}); w != want {
			return fmt.Errorf("place %d is %v instead of %v", i+1, w, want)
		}
	}
	return nil
}

// prizeOf is the prize of the place at index: the first prize takes the first winners, and so on.
func prizeOf(index int) string {
	for _, p := range prizes {
		if index < p.Quantity {
			return p.Name
		}
		index -= p.Quantity
	}
	return ""
}
