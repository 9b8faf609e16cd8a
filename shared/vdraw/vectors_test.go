package vdraw_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/vdraw"
)

// hexBytes is a JSON string of hex digits.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// sections is every section of vectors.json that this package answers for.
var sections = map[string]func(*testing.T, json.RawMessage){
	"spec":           specSection,
	"generator":      func(*testing.T, json.RawMessage) {}, // says who computed the vectors
	"chain":          chainSection,
	"round_for_time": roundSection,
	"draws":          drawsSection,
	"picks":          picksSection,
	"merkle":         merkleSection,
	"receipt":        receiptSection,
	"beacons_valid":  validBeaconsSection, "beacons_invalid": invalidBeaconsSection,
}

func TestVectors(t *testing.T) {
	t.Parallel()
	file := readVectors(t)
	for name, check := range sections {
		raw, ok := file[name]
		if !ok {
			t.Errorf("the vectors have no section %q", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, raw)
		})
	}
}

func TestEverySectionOfTheVectorsIsHandled(t *testing.T) {
	t.Parallel()
	for name := range readVectors(t) {
		if sections[name] == nil {
			t.Errorf("no test handles section %q of the vectors", name)
		}
	}
}

func specSection(t *testing.T, raw json.RawMessage) {
	if got := decode[string](t, raw); got != "vdraw/1" {
		t.Errorf("the vectors are for %q", got)
	}
}

func chainSection(t *testing.T, raw json.RawMessage) {
	type chain struct {
		ChainHash   string `json:"chain_hash"`
		PublicKey   string `json:"public_key"`
		GenesisTime uint64 `json:"genesis_time"`
		Period      uint64 `json:"period"`
		Scheme      string `json:"scheme"`
	}
	pinned := chain{
		vdraw.QuicknetChainHash, vdraw.QuicknetPublicKey,
		vdraw.QuicknetGenesis, vdraw.QuicknetPeriod, vdraw.QuicknetScheme,
	}
	diff(t, "pinned chain", pinned, decode[chain](t, raw))
	diff(t, "chain of a manifest", vdraw.Quicknet().Hash.String(), pinned.ChainHash)
}

func roundSection(t *testing.T, raw json.RawMessage) {
	type row struct {
		DrawTime  uint64 `json:"draw_time"`
		Round     uint64 `json:"round"`
		RoundTime uint64 `json:"round_time"`
	}
	for _, want := range decode[[]row](t, raw) {
		got := row{want.DrawTime, vdraw.Quicknet().RoundAt(want.DrawTime), vdraw.Quicknet().RoundTime(want.Round)}
		diff(t, "round", got, want)
	}
}

func validBeaconsSection(t *testing.T, raw json.RawMessage) {
	type row struct {
		Round      uint64          `json:"round"`
		Signature  vdraw.Signature `json:"signature"`
		Randomness vdraw.Digest    `json:"randomness"`
	}
	for _, b := range decode[[]row](t, raw) {
		if err := vdraw.Quicknet().Verify(b.Round, b.Signature); err != nil {
			t.Errorf("round %d: %v", b.Round, err)
		}
		diff(t, "beacon", b.Signature.Beacon(), b.Randomness)
	}
}

func invalidBeaconsSection(t *testing.T, raw json.RawMessage) {
	type row struct {
		ID        string `json:"id"`
		Round     uint64 `json:"round,string"`
		Signature string `json:"signature"`
	}
	for _, b := range decode[[]row](t, raw) {
		s, err := vdraw.ParseSignature(b.Signature)
		if err == nil {
			err = vdraw.Quicknet().Verify(b.Round, s)
		}
		if err == nil {
			t.Errorf("%s is taken for the signature of round %d", b.ID, b.Round)
		}
	}
}

func picksSection(t *testing.T, raw json.RawMessage) {
	type row struct {
		Name     string        `json:"name"`
		Seed     vdraw.Digest  `json:"seed"`
		M        uint64        `json:"m"`
		N        int           `json:"n"`
		Picks    []uint64      `json:"picks"`
		Rejected uint64        `json:"rejected"`
		Hash     *vdraw.Digest `json:"picks_sha256_u32be"`
		First    []uint64      `json:"first"`
		Last     []uint64      `json:"last"`
	}
	for _, want := range decode[[]row](t, raw) {
		got := want
		picks, rejected := drawAll(want.Seed, want.M, want.N)
		diff(t, want.Name+": Picks and Draw", vdraw.Picks(want.Seed, want.M, want.N), picks)
		got.Rejected = rejected
		if want.Hash == nil {
			got.Picks = picks
		} else {
			hash := hashOfPicks(picks)
			got.Hash, got.First, got.Last = &hash, picks[:len(want.First)], picks[len(picks)-len(want.Last):]
		}
		diff(t, want.Name, got, want)
	}
}

func merkleSection(t *testing.T, raw json.RawMessage) {
	type row struct {
		Count uint64       `json:"count"`
		Root  vdraw.Digest `json:"root"`
	}
	section := decode[struct {
		Rule  string
		Roots []row
	}](t, raw)
	diff(t, "rule", section.Rule, "leaf data i = u32be(i) repeated 4 times (16 bytes)")
	for _, want := range section.Roots {
		list := listOf(t, countingTickets(int(want.Count)))
		diff(t, "root", row{list.Count(), list.Root()}, want)
	}
}

func receiptSection(t *testing.T, raw json.RawMessage) {
	v := decode[struct {
		Draw      string
		Seed      hexBytes
		PublicKey hexBytes `json:"public_key"`
		Ticket    vdraw.Ticket
		JoinedAt  uint64 `json:"joined_at"`
		Message   hexBytes
		Signature hexBytes
	}](t, raw)
	md := drawNamed(t, v.Draw).Expect.ManifestDigest
	key := ed25519.NewKeyFromSeed(v.Seed)
	diff(t, "public key", hexBytes(key.Public().(ed25519.PublicKey)), v.PublicKey)
	diff(t, "message", hexBytes(vdraw.ReceiptMessage(md, v.Ticket, v.JoinedAt)), v.Message)
	diff(t, "signature", hexBytes(vdraw.SignReceipt(key, md, v.Ticket, v.JoinedAt)), v.Signature)
	if !vdraw.VerifyReceipt(ed25519.PublicKey(v.PublicKey), md, v.Ticket, v.JoinedAt, v.Signature) {
		t.Error("the receipt is refused")
	}
}

// drawAll runs a Draw for n winners and returns them with the number of random numbers rejected.
func drawAll(seed vdraw.Digest, count uint64, n int) ([]uint64, uint64) {
	picks := []uint64{}
	d := vdraw.NewDraw(seed, count)
	for len(picks) < n {
		index, ok := d.Next()
		if !ok {
			break
		}
		picks = append(picks, index)
	}
	return picks, d.Rejected()
}

func hashOfPicks(picks []uint64) vdraw.Digest {
	var b []byte
	for _, p := range picks {
		b = binary.BigEndian.AppendUint32(b, uint32(p))
	}
	return sha256.Sum256(b)
}

func readVectors(t testing.TB) map[string]json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	return decode[map[string]json.RawMessage](t, raw)
}

// decode refuses unknown fields, so that a new field of the vectors is not passed over either.
func decode[T any](t testing.TB, raw []byte) T {
	t.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func diff(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
