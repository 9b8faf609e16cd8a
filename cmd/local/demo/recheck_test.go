package demo

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"

	"wxlottery/shared/vdraw"
)

// drawn is a story after an honest draw of mode 0.
func drawn(t *testing.T) *story {
	t.Helper()
	s := &story{}
	operator := ed25519.NewKeyFromSeed(make([]byte, 32))
	secret := vdraw.Digest{2}
	m := vdraw.Manifest{
		EventID: vdraw.EventID{1}, Seq: 1, LockTime: 1790000000, DrawTime: 1790000060, Winners: places,
		Commit: vdraw.Commit([16]byte{1}, secret), Rules: vdraw.RulesDigest("the rules"),
	}
	md := m.Digest()
	for i := range players {
		ticket := vdraw.NewTicket([]byte("key"), m.EventID, fmt.Sprint(i))
		s.players = append(s.players, &player{name: fmt.Sprint("player ", i), receipt: vdraw.NewReceipt(operator, md, ticket, 1789999000)})
	}
	f := &s.promised.Fairness
	f.Manifest, f.RulesText, f.OperatorKey = md, "the rules", vdraw.Digest(operator.Public().(ed25519.PublicKey))
	tickets := s.tickets()
	root, err := vdraw.RootOfList(tickets)
	if err != nil {
		t.Fatal(err)
	}
	s.locked = vdraw.LockDigest(md, players, root)
	sig := vdraw.OperatorSignature(vdraw.SignLock(operator, s.locked))
	seed := vdraw.Seed(s.locked, secret, vdraw.Digest{})
	p := vdraw.Proof{
		Spec: vdraw.Spec, Event: m, Manifest: md, Seed: &seed,
		Lock: vdraw.Lock{Count: players, Root: root, Digest: s.locked, Sig: &sig, Secret: &secret},
	}
	names := map[vdraw.Ticket]string{}
	for _, p := range s.players {
		names[p.receipt.Ticket] = p.name
	}
	for i, pick := range vdraw.Picks(seed, players, places) {
		ticket := vdraw.Ticket(tickets[pick*16:])
		prize := []string{"a bicycle", "a tea set", "a tea set", "a book", "a book", "a book", "a book", "a book"}[i]
		p.Winners = append(p.Winners, vdraw.Winner{Index: pick, Ticket: ticket})
		s.winners = append(s.winners, winner{i + 1, prize, ticket, names[ticket]})
	}
	s.write(t, p)
	return s
}

func (s *story) write(t *testing.T, p vdraw.Proof) {
	t.Helper()
	var err error
	if s.proof, err = json.Marshal(p); err != nil {
		t.Fatal(err)
	}
}

func TestRecheckAcceptsAnHonestDraw(t *testing.T) {
	t.Parallel()
	if err := drawn(t).recheck(); err != nil {
		t.Error(err)
	}
}

// What a proof may have wrong in itself is the checker's to find; here is what only the players' memory shows.
func TestRecheckRefusesEveryDeviation(t *testing.T) {
	t.Parallel()
	for what, forge := range map[string]func(*story){
		"no proof":                  func(s *story) { s.proof = []byte("{}") },
		"another promise":           func(s *story) { s.promised.Fairness.Manifest[0]++ },
		"other rules":               func(s *story) { s.promised.Fairness.RulesText += "!" },
		"another lock":              func(s *story) { s.locked[0]++ },
		"another operator":          func(s *story) { s.promised.Fairness.OperatorKey[0]++ },
		"a player's ticket":         func(s *story) { s.players[7].receipt.Ticket[0]++ },
		"a player's receipt":        func(s *story) { s.players[7].receipt.Signature[0]++ },
		"two players, one ticket":   func(s *story) { s.players[7].receipt = s.players[8].receipt },
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
