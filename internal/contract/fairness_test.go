package contract

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"testing"
	"time"
)

// drawn is the example of a drawn event in api.md, as a client would read it.
type drawn struct {
	ID     string    `json:"id"`
	LockAt time.Time `json:"lock_at"`
	DrawAt time.Time `json:"draw_at"`
	Prizes []struct {
		Quantity uint32 `json:"quantity"`
	} `json:"prizes"`
	Fairness struct {
		Mode        byte   `json:"mode"`
		Manifest    string `json:"manifest"`
		Prev        string `json:"prev"`
		Seq         uint64 `json:"seq"`
		Commit      string `json:"commit"`
		RulesText   string `json:"rules_text"`
		OperatorKey string `json:"operator_key"`
		Lock        struct {
			Count  uint64 `json:"count"`
			Root   string `json:"root"`
			Digest string `json:"digest"`
			Sig    string `json:"sig"`
			Secret string `json:"secret"`
		} `json:"lock"`
		Seed string `json:"seed"`
	} `json:"fairness"`
}

func hash(tag string, parts ...[]byte) []byte {
	h := sha256.New()
	h.Write(append([]byte(tag), 0))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func u64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
func u32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// TestTheExampleDrawCanBeRecomputedAsThePageSays follows the page's formulas, and nothing else of this module, over the
// page's own example.
func TestTheExampleDrawCanBeRecomputedAsThePageSays(t *testing.T) {
	t.Parallel()
	m := regexp.MustCompile("(?s)\n```json 200\n(.*?)\n```\n").FindStringSubmatch(section(t, "GET /events/{id}"))
	if m == nil {
		t.Fatal("no example")
	}
	var e drawn
	if err := json.Unmarshal([]byte(m[1]), &e); err != nil {
		t.Fatal(err)
	}
	f := e.Fairness
	id, err := base64.RawURLEncoding.DecodeString(e.ID)
	if err != nil {
		t.Fatal(err)
	}
	var winners uint32
	for _, p := range e.Prizes {
		winners += p.Quantity
	}
	zero, secret := make([]byte, 32), unhex(t, f.Lock.Secret)
	rules := sha256.Sum256([]byte(f.RulesText))
	commit := hash("vdraw/1/commit", id, secret)
	manifest := hash("vdraw/1/manifest", id, u64(f.Seq), unhex(t, f.Prev), []byte{f.Mode}, u64(uint64(e.LockAt.Unix())),
		u64(uint64(e.DrawAt.Unix())), zero, u64(0), u32(winners), commit, rules[:])
	digest := hash("vdraw/1/lock", manifest, u64(f.Lock.Count), unhex(t, f.Lock.Root))
	seed := hash("vdraw/1/seed", digest, secret, zero)
	for name, c := range map[string]struct{ published, computed string }{
		"commit":      {f.Commit, hex.EncodeToString(commit)},
		"manifest":    {f.Manifest, hex.EncodeToString(manifest)},
		"lock.digest": {f.Lock.Digest, hex.EncodeToString(digest)},
		"seed":        {f.Seed, hex.EncodeToString(seed)},
	} {
		if c.published != c.computed {
			t.Errorf("%s is published as %s, the formula gives %s", name, c.published, c.computed)
		}
	}
	message := append([]byte("vdraw/1/locked\x00"), digest...)
	if !ed25519.Verify(unhex(t, f.OperatorKey), message, unhex(t, f.Lock.Sig)) {
		t.Error("lock.sig is not the operator's signature")
	}
	checkWinners(t, seed, uint32(f.Lock.Count), winners)
}

// checkWinners compares the winners of the page with the positions that follow from the seed in the list they came from.
func checkWinners(t *testing.T, seed []byte, count, winners uint32) {
	t.Helper()
	list := []string{
		"0d1bdc85bc75281dd5aba698354ff49d", "1439a801706ce244c1b15a2d3e6a8bca", "636e466ffc773c98f5fe76ce25dd6215",
		"af28c77b3e1c6b858e2e6f08e04f6b0b", "fd8808f7596e977f149e32648769f5a9",
	}
	m := regexp.MustCompile("(?s)\n```json 200\n(.*?)\n```\n").FindStringSubmatch(section(t, "GET /events/{id}/winners"))
	if m == nil {
		t.Fatal("no example")
	}
	var answer struct {
		Winners []struct {
			Ticket string `json:"ticket"`
		} `json:"winners"`
	}
	if err := json.Unmarshal([]byte(m[1]), &answer); err != nil {
		t.Fatal(err)
	}
	picked := picks(seed, count, winners)
	if len(picked) != len(answer.Winners) {
		t.Fatalf("%d winners published, %d drawn", len(answer.Winners), len(picked))
	}
	for j, position := range picked {
		if answer.Winners[j].Ticket != list[position] {
			t.Errorf("place %d is published as %s, the seed gives %s", j+1, answer.Winners[j].Ticket, list[position])
		}
	}
}

func picks(seed []byte, count, winners uint32) []uint32 {
	a := map[uint32]uint32{}
	at := func(i uint32) uint32 {
		if v, ok := a[i]; ok {
			return v
		}
		return i
	}
	var positions []uint32
	for j := range min(winners, count) {
		n := uint64(count - j)
		lim := uint64(1)<<32 - (uint64(1)<<32)%n
		r := lim
		for try := uint32(0); r >= lim; try++ {
			r = uint64(binary.BigEndian.Uint32(hash("vdraw/1/pick", seed, u32(j), u32(try))))
		}
		k := j + uint32(r%n)
		positions = append(positions, at(k))
		a[k] = at(j)
	}
	return positions
}
