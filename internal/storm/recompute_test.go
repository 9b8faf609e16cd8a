package storm_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// This file draws by the words of the specification and shares no code with package vdraw: what is computed here twice is
// computed by two programs.

type digest = [32]byte

// tagged is H(tag, m) of the specification.
func tagged(tag string, parts ...[]byte) digest {
	return sha256.Sum256(slices.Concat(append([][]byte{[]byte(tag), {0}}, parts...)...))
}

func number32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
func number64(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// rootOf is the tree of RFC 9162, as its definition has it.
func rootOf(tickets [][]byte) digest {
	n := len(tickets)
	switch n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, tickets[0]...))
	}
	k := 1
	for k*2 < n {
		k *= 2
	}
	left, right := rootOf(tickets[:k]), rootOf(tickets[k:])
	return sha256.Sum256(slices.Concat([]byte{1}, left[:], right[:]))
}

// inputs are what a draw follows from.
type inputs struct {
	manifest, secret []byte
	beacon           [32]byte // zero where there is none
	late             int      // the round of a lock that came too late; 0: it did not
	tickets          [][]byte // ascending
	prizes           int
}

// outputs are what follows.
type outputs struct {
	root, lock, seed digest
	winners          [][]byte // in order of place
}

func (in inputs) draw() (out outputs) {
	out.root = rootOf(in.tickets)
	out.lock = tagged("vdraw/1/lock", in.manifest, number64(len(in.tickets)), out.root[:])
	if in.late > 0 {
		out.lock = tagged("vdraw/1/lock-late", in.manifest, number64(len(in.tickets)), out.root[:], number64(in.late))
	}
	out.seed = tagged("vdraw/1/seed", out.lock[:], in.secret, in.beacon[:])
	deck := slices.Clone(in.tickets)
	for j := range min(in.prizes, len(deck)) {
		k := j + pick(out.seed, j, len(deck)-j)
		deck[j], deck[k] = deck[k], deck[j]
		out.winners = append(out.winners, deck[j])
	}
	return out
}

// pick is one of n, all alike: a number that would favour some is thrown away.
func pick(seed digest, j, n int) int {
	limit := uint64(1)<<32 - uint64(1)<<32%uint64(n)
	for a := 0; ; a++ {
		h := tagged("vdraw/1/pick", seed[:], number32(j), number32(a))
		if r := uint64(binary.BigEndian.Uint32(h[:4])); r < limit {
			return int(r % uint64(n))
		}
	}
}

// TestTheRecomputationAgreesWithThePublishedExample would show if both programs were wrong alike.
func TestTheRecomputationAgreesWithThePublishedExample(t *testing.T) {
	const folder = "../../shared/vdraw/testdata/"
	var proof struct {
		Event          struct{ Winners int }
		Manifest, Seed string
		Lock           struct{ Root, Digest, Secret string }
		Beacon         struct{ Signature string }
		Winners        []struct{ Ticket string }
	}
	text, err := os.ReadFile(folder + "example.proof.json")
	must(t, err)
	must(t, json.Unmarshal(text, &proof))
	list, err := os.ReadFile(folder + "example.tickets.bin")
	must(t, err)
	got := inputs{
		manifest: unhex(t, proof.Manifest), secret: unhex(t, proof.Lock.Secret), beacon: sha256.Sum256(unhex(t, proof.Beacon.Signature)),
		tickets: slices.Collect(slices.Chunk(list, 16)), prizes: proof.Event.Winners,
	}.draw()
	for name, pair := range map[string][2]string{
		"root": {hex.EncodeToString(got.root[:]), proof.Lock.Root},
		"lock": {hex.EncodeToString(got.lock[:]), proof.Lock.Digest},
		"seed": {hex.EncodeToString(got.seed[:]), proof.Seed},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %s, published %s", name, pair[0], pair[1])
		}
	}
	if len(got.winners) != len(proof.Winners) {
		t.Fatalf("%d winners, published %d", len(got.winners), len(proof.Winners))
	}
	for i, w := range proof.Winners {
		if hex.EncodeToString(got.winners[i]) != w.Ticket {
			t.Errorf("place %d: %x, published %s", i+1, got.winners[i], w.Ticket)
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}
