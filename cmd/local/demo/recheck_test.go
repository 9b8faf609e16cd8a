package demo

import (
	"encoding/base64"
	"fmt"
	"testing"

	"wxlottery/shared/vdraw"
)

// drawn is a story after an honest draw.
func drawn(t *testing.T) *story {
	t.Helper()
	s := &story{}
	id, secret := [16]byte{1}, [32]byte{2}
	for i := range players {
		ticket := vdraw.NewTicket([]byte("key"), id, fmt.Sprint(i))
		s.players = append(s.players, &player{name: fmt.Sprint("player ", i), ticket: ticket})
	}
	tickets := s.tickets()
	root, err := rootOf(tickets)
	if err != nil {
		t.Fatal(err)
	}
	e := &s.event
	e.ID, e.Participants = base64.RawURLEncoding.EncodeToString(id[:]), players
	e.Fairness.Manifest, e.Fairness.Commit = vdraw.Digest{3}, vdraw.Commit(id, secret)
	revealed := vdraw.Digest(secret)
	e.Fairness.Lock = &lockRecord{players, root, vdraw.LockDigest(e.Fairness.Manifest, players, root), &revealed}
	seed := vdraw.Seed(e.Fairness.Lock.Digest, secret, vdraw.Digest{})
	e.Fairness.Seed = &seed
	names := map[vdraw.Ticket]string{}
	for _, p := range s.players {
		names[p.ticket] = p.name
	}
	for i, pick := range vdraw.Picks(seed, players, places) {
		prize := []string{"a bicycle", "a tea set", "a tea set", "a book", "a book", "a book", "a book", "a book"}[i]
		s.winners = append(s.winners, winner{i + 1, prize, tickets[pick], names[tickets[pick]]})
	}
	return s
}

func TestRecheckAcceptsAnHonestDraw(t *testing.T) {
	t.Parallel()
	if err := drawn(t).recheck(); err != nil {
		t.Error(err)
	}
}

func TestRecheckRefusesEveryDeviation(t *testing.T) {
	t.Parallel()
	for what, forge := range map[string]func(*story){
		"no lock record":            func(s *story) { s.event.Fairness.Lock = nil },
		"no secret":                 func(s *story) { s.event.Fairness.Lock.Secret = nil },
		"no seed":                   func(s *story) { s.event.Fairness.Seed = nil },
		"id":                        func(s *story) { s.event.ID = "AAAA" },
		"other event":               func(s *story) { s.event.ID = "AAAAAAAAAAAAAAAAAAAAAA" },
		"count":                     func(s *story) { s.event.Fairness.Lock.Count++ },
		"participants":              func(s *story) { s.event.Participants-- },
		"root":                      func(s *story) { s.event.Fairness.Lock.Root[0]++ },
		"lock digest":               func(s *story) { s.event.Fairness.Lock.Digest[0]++ },
		"secret":                    func(s *story) { s.event.Fairness.Lock.Secret[0]++ },
		"commit":                    func(s *story) { s.event.Fairness.Commit[0]++ },
		"manifest":                  func(s *story) { s.event.Fairness.Manifest[0]++ },
		"seed":                      func(s *story) { s.event.Fairness.Seed[0]++ },
		"a player's ticket":         func(s *story) { s.players[7].ticket[0]++ },
		"two players, one ticket":   func(s *story) { s.players[7].ticket = s.players[8].ticket },
		"a winner missing":          func(s *story) { s.winners = s.winners[:7] },
		"two winners changed about": func(s *story) { s.winners[3], s.winners[4] = s.winners[4], s.winners[3] },
		"one winner twice":          func(s *story) { s.winners[4].Ticket = s.winners[3].Ticket },
		"a prize":                   func(s *story) { s.winners[1].Prize = "a bicycle" },
		"a name":                    func(s *story) { s.winners[0].Name = "somebody else" },
	} {
		s := drawn(t)
		forge(s)
		if s.recheck() == nil {
			t.Errorf("accepted: %s", what)
		}
	}
}
