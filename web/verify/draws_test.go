package verifypage_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/bls"

	"wxlottery/shared/vdraw"
)

// operator signs the lock records and receipts of the draws here.
var operator = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func operatorKey() string { return hex.EncodeToString(operator.Public().(ed25519.PublicKey)) }

// Recorded rounds of quicknet.
const (
	round      = 10_000_000
	laterRound = 16_777_215
)

// A draw is what the service has of an event.
type draw struct {
	event    event
	proof    vdraw.Proof
	tickets  []byte
	joinedAt uint64
}

type (
	prize struct {
		Name     string `json:"name"`
		Quantity int    `json:"quantity"`
	}
	fairness struct {
		Mode        uint8        `json:"mode"`
		Manifest    vdraw.Digest `json:"manifest"`
		RulesText   string       `json:"rules_text"`
		OperatorKey string       `json:"operator_key"`
		Lock        any          `json:"lock,omitempty"`
	}
	event struct {
		ID          string   `json:"id"`
		Status      string   `json:"status"`
		Title       string   `json:"title"`
		Description string   `json:"description"`
		DrawAt      string   `json:"draw_at"`
		LockAt      string   `json:"lock_at"`
		CreatedAt   string   `json:"created_at"`
		DrawnAt     string   `json:"drawn_at,omitempty"`
		Late        bool     `json:"late,omitempty"`
		Undrawn     int      `json:"undrawn,omitempty"`
		Prizes      []prize  `json:"prizes"`
		Fairness    fairness `json:"fairness"`
	}
)

// A recipe says what draw to make; the zero recipe is a punctual one of mode 1 with 300 participants.
type recipe struct {
	title     string
	tickets   int
	prizes    []prize
	trusted   bool
	late      bool
	undrawn   bool
	developed *developer // whose chain is used instead of quicknet
}

func (r recipe) defaults() recipe {
	if r.title == "" {
		r.title = "Spring tea tasting 春茶品鉴"
	}
	if r.tickets == 0 {
		r.tickets = 300
	}
	if r.prizes == nil {
		r.prizes = []prize{{"First flush, 100 g", 1}, {"Tasting cup", 3}, {"Postcard 明信片", 6}}
	}
	return r
}

// newDraw makes a whole draw as the service would.
func newDraw(t testing.TB, r recipe) *draw {
	t.Helper()
	r = r.defaults()
	d := &draw{tickets: list(r.tickets)}
	d.announce(t, r)
	d.lock(t, r)
	if r.undrawn {
		d.event.Status = "opening"
		if r.trusted {
			d.proof.Lock.Secret = nil
		}
		return d
	}
	d.draw(t, r)
	return d
}

// list is n tickets in ascending order.
func list(n int) []byte {
	b := make([]byte, 0, 16*n)
	for i := range n {
		sum := sha256.Sum256(binary.BigEndian.AppendUint32(nil, uint32(i)))
		b = binary.BigEndian.AppendUint32(b, uint32(i*(1<<31/n)))
		b = append(b, sum[:12]...)
	}
	return b
}

var secret = vdraw.Digest{7: 7}

func (d *draw) announce(t testing.TB, r recipe) {
	chain := vdraw.Quicknet()
	if r.developed != nil {
		chain = r.developed.chain()
	}
	m := vdraw.Manifest{EventID: vdraw.EventID{1, 2, 3, 250, 251, 252}, Seq: 1, Mode: vdraw.ModeBeacon, Chain: chain.Hash, Round: round}
	m.DrawTime = chain.RoundTime(round)
	if r.trusted {
		m.Mode, m.Chain, m.Round = vdraw.ModeTrusted, vdraw.Digest{}, 0
	}
	m.LockTime = m.DrawTime - 60
	e := &d.event
	*e = event{
		ID: base64.RawURLEncoding.EncodeToString(m.EventID[:]), Status: "opened", Title: r.title, Description: "One cup each.", Prizes: r.prizes,
		CreatedAt: instant(m.DrawTime - 86_400), LockAt: instant(m.LockTime), DrawAt: instant(m.DrawTime),
	}
	rules := e.Title + "\n" + e.Description + "\n"
	for _, p := range e.Prizes {
		m.Winners += uint32(p.Quantity)
		rules += fmt.Sprintf("%s × %d\n", p.Name, p.Quantity)
	}
	rules += e.DrawAt + "\nWithout randomness for seven days the event is void.\n"
	m.Rules, m.Commit = vdraw.RulesDigest(rules), vdraw.Commit(m.EventID, secret)
	d.joinedAt = m.LockTime - 100
	d.proof = vdraw.Proof{Spec: vdraw.Spec, Event: m, Manifest: m.Digest()}
	e.Fairness = fairness{Mode: m.Mode, Manifest: m.Digest(), RulesText: rules, OperatorKey: operatorKey()}
}

func instant(seconds uint64) string { return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339) }

func (d *draw) lock(t testing.TB, r recipe) {
	t.Helper()
	root, err := vdraw.RootOfList(d.tickets)
	if err != nil {
		t.Fatal(err)
	}
	l := vdraw.Lock{Count: uint64(len(d.tickets) / 16), Root: root, Secret: &secret}
	l.Digest = vdraw.LockDigest(d.proof.Manifest, l.Count, root)
	if r.late {
		l.LateRound, d.event.Late = laterRound, true
		l.Digest = vdraw.LateLockDigest(d.proof.Manifest, l.Count, root, laterRound)
	}
	sig := vdraw.OperatorSignature(vdraw.SignLock(operator, l.Digest))
	l.Sig = &sig
	d.proof.Lock = l
	d.event.Fairness.Lock = map[string]any{"count": l.Count, "root": root, "digest": l.Digest}
}

func (d *draw) draw(t testing.TB, r recipe) {
	t.Helper()
	p := &d.proof
	if !r.trusted {
		p.Beacon = &vdraw.Round{Round: p.DecidingRound()}
		p.Beacon.Signature = signatureOf(t, r.developed, p.Beacon.Round)
	}
	d.event.DrawnAt = instant(p.Event.DrawTime + 2)
	if r.late {
		d.event.DrawnAt = instant(vdraw.Quicknet().RoundTime(laterRound) + 1)
	}
	d.event.Undrawn = max(0, int(p.Event.Winners)-int(p.Lock.Count))
	d.reseed()
}

// resign makes everything that follows from the manifest fit it again.
func (d *draw) resign() {
	p := &d.proof
	p.Event.Commit = vdraw.Commit(p.Event.EventID, *p.Lock.Secret)
	p.Manifest = p.Event.Digest()
	p.Lock.Digest = vdraw.LockDigest(p.Manifest, p.Lock.Count, p.Lock.Root)
	*p.Lock.Sig = vdraw.OperatorSignature(vdraw.SignLock(operator, p.Lock.Digest))
	d.event.Fairness.Manifest, d.event.Fairness.Lock = p.Manifest, nil
	d.reseed()
}

// reseed takes seed and winners anew from what is there.
func (d *draw) reseed() {
	var beacon vdraw.Digest
	if d.proof.Beacon != nil {
		beacon = d.proof.Beacon.Signature.Beacon()
	}
	d.pick(vdraw.Seed(d.proof.Lock.Digest, *d.proof.Lock.Secret, beacon))
}

// pick draws the winners of a seed.
func (d *draw) pick(seed vdraw.Digest) {
	p := &d.proof
	p.Seed, p.Winners = &seed, []vdraw.Winner{}
	all := make([]vdraw.Ticket, len(d.tickets)/16)
	for i := range all {
		all[i] = vdraw.Ticket(d.tickets[16*i:])
	}
	for _, index := range vdraw.Picks(seed, p.Lock.Count, int(p.Event.Winners)) {
		w := vdraw.Winner{Index: index, Ticket: all[index]}
		if p.Event.Winners <= vdraw.MaxPaths {
			w.Path = vdraw.Path(all, index)
		}
		p.Winners = append(p.Winners, w)
	}
}

func (d *draw) proofText(t testing.TB) []byte { return encode(t, d.proof) }

func encode(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// loser is a ticket that was in the draw and won nothing.
func (d *draw) loser() vdraw.Ticket {
	won := map[vdraw.Ticket]bool{}
	for _, w := range d.proof.Winners {
		won[w.Ticket] = true
	}
	for at := 0; ; at += 16 {
		if ticket := vdraw.Ticket(d.tickets[at:]); !won[ticket] {
			return ticket
		}
	}
}

func (d *draw) receipt(ticket vdraw.Ticket) vdraw.Receipt {
	return vdraw.NewReceipt(operator, d.proof.Manifest, ticket, d.joinedAt)
}

// A developer runs a development chain.
type developer struct {
	key *bls.PrivateKey[bls.KeyG2SigG1]
}

func newDeveloper(t testing.TB) *developer {
	t.Helper()
	key, err := bls.KeyGen[bls.KeyG2SigG1](make([]byte, 32), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &developer{key}
}

func (d *developer) publicKey(t testing.TB) string {
	t.Helper()
	raw, err := d.key.PublicKey().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(raw)
}

func (d *developer) chain() vdraw.Chain {
	raw, err := d.key.PublicKey().MarshalBinary()
	if err != nil {
		panic(err)
	}
	return vdraw.DevelopmentChain([96]byte(raw))
}

// signatureOf is a round's signature, made by the developer or else recorded.
func signatureOf(t testing.TB, by *developer, round uint64) vdraw.Signature {
	t.Helper()
	if by != nil {
		message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
		return vdraw.Signature(bls.Sign(by.key, message[:]))
	}
	for _, b := range readVectors(t).BeaconsValid {
		if b.Round == round {
			s, err := vdraw.ParseSignature(b.Signature)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	t.Fatalf("round %d is not recorded", round)
	return vdraw.Signature{}
}

type vectors struct {
	BeaconsValid []struct {
		Round     uint64
		Signature string
	} `json:"beacons_valid"`
	Draws []struct {
		Name   string
		Inputs struct {
			RulesText string `json:"rules_text"`
		}
	}
	Receipt struct {
		PublicKey string `json:"public_key"`
		Ticket    vdraw.Ticket
		JoinedAt  uint64 `json:"joined_at"`
		Signature vdraw.OperatorSignature
	}
}

const testdata = "../../shared/vdraw/testdata/"

func readVectors(t testing.TB) (v vectors) {
	t.Helper()
	decode(t, readFile(t, testdata+"vectors.json"), &v)
	return v
}

func (v vectors) rulesOfExample(t testing.TB) string {
	t.Helper()
	for _, d := range v.Draws {
		if strings.HasPrefix(d.Name, "B-") {
			return d.Inputs.RulesText
		}
	}
	t.Fatal("the vectors have no draw B")
	return ""
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decode(t testing.TB, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}
