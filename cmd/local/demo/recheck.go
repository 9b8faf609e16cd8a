package demo

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"wxlottery/shared/vdraw"
)

// recheck computes the draw again from what the service published and from the tickets the players hold, and compares.
func (s *story) recheck() error {
	fair := s.event.Fairness
	if fair.Lock == nil || fair.Lock.Secret == nil || fair.Seed == nil {
		return errors.New("lock record, secret or seed is not published")
	}
	id, err := base64.RawURLEncoding.DecodeString(s.event.ID)
	if err != nil || len(id) != 16 {
		return errors.New("the event's id is not 16 bytes of base64url")
	}
	tickets := s.tickets()
	root, err := rootOf(tickets)
	if err != nil {
		return err
	}
	count := uint64(len(tickets))
	secret := [32]byte(*fair.Lock.Secret)
	lock := vdraw.LockDigest(fair.Manifest, count, root)
	seed := vdraw.Seed(lock, secret, vdraw.Digest{})
	for _, step := range []struct {
		what string
		ok   bool
	}{
		{"the number of tickets", fair.Lock.Count == count && s.event.Participants == len(tickets)},
		{"the root of the list", fair.Lock.Root == root},
		{"the commitment made at creation", vdraw.Commit([16]byte(id), secret) == fair.Commit},
		{"the lock's digest", fair.Lock.Digest == lock},
		{"the seed", *fair.Seed == seed},
	} {
		if !step.ok {
			return fmt.Errorf("%s is not what it has to be", step.what)
		}
	}
	return s.recheckWinners(tickets, vdraw.Picks(seed, count, places))
}

// tickets are those of all players in list order.
func (s *story) tickets() []vdraw.Ticket {
	var all []vdraw.Ticket
	for _, p := range s.players {
		all = append(all, p.ticket)
	}
	slices.SortFunc(all, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })
	return all
}

// rootOf fails for a ticket that two players hold.
func rootOf(tickets []vdraw.Ticket) (vdraw.Digest, error) {
	var list vdraw.List
	for _, t := range tickets {
		if err := list.Add(t); err != nil {
			return vdraw.Digest{}, err
		}
	}
	return list.Root(), nil
}

// recheckWinners wants exactly the picked tickets, in order, each with the prize of its place and its owner's name. Picks
// never repeat, so the winners are distinct, too.
func (s *story) recheckWinners(tickets []vdraw.Ticket, picks []uint64) error {
	if len(s.winners) != len(picks) || len(picks) != places {
		return fmt.Errorf("%d winners are published, %d drawn", len(s.winners), len(picks))
	}
	owners := map[vdraw.Ticket]string{}
	for _, p := range s.players {
		owners[p.ticket] = p.name
	}
	for i, w := range s.winners {
		ticket := tickets[picks[i]]
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
