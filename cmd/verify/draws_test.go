package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/cloudflare/circl/sign/bls"

	"wxlottery/shared/vdraw"
)

const vdrawData = "../../shared/vdraw/testdata/"

// draw is a draw as it is published.
type draw struct {
	proof   vdraw.Proof
	tickets []byte
	rules   string
}

func (d draw) json() []byte { return must(json.Marshal(d.proof)) }

// undrawn is the draw as it was published between lock and draw.
func (d draw) undrawn() draw {
	d.proof.Beacon, d.proof.Seed, d.proof.Winners = nil, nil, nil
	return d
}

// signed has the operator's signature under the lock record.
func (d draw) signed() draw {
	sig := vdraw.OperatorSignature(vdraw.SignLock(operator, d.proof.Lock.Digest))
	d.proof.Lock.Sig = &sig
	return d
}

// operator is the operator of the published receipt, stranger somebody else.
var (
	operator = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{0x33}, 32))
	stranger = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{0x44}, 32))
)

// inputs are those of a draw in the published vectors.
type inputs struct {
	EventID      vdraw.EventID `json:"event_id"`
	Seq          uint64
	Prev         vdraw.Digest
	Mode         uint8
	LockTime     uint64 `json:"lock_time"`
	DrawTime     uint64 `json:"draw_time"`
	Chain        vdraw.Digest
	Round        uint64
	LateRound    uint64 `json:"late_round"`
	Winners      uint32
	RulesText    string `json:"rules_text"`
	Secret       vdraw.Digest
	TicketKey    string `json:"ticket_key"`
	Signature    string `json:"beacon_signature"`
	Openids      []string
	OpenidsCount int `json:"openids_count"`
}

// vector returns the inputs of the draw whose name starts with a letter.
func vector(letter string) inputs {
	var file struct {
		Draws []struct {
			Name   string
			Inputs inputs
		}
	}
	must(0, json.Unmarshal(must(os.ReadFile(vdrawData+"vectors.json")), &file))
	for _, d := range file.Draws {
		if strings.HasPrefix(d.Name, letter+"-") {
			return d.Inputs
		}
	}
	panic("there is no vector " + letter)
}

func (in inputs) manifest() vdraw.Manifest {
	return vdraw.Manifest{
		EventID: in.EventID, Seq: in.Seq, Prev: in.Prev, Mode: in.Mode, LockTime: in.LockTime, DrawTime: in.DrawTime,
		Chain: in.Chain, Round: in.Round, Winners: in.Winners,
		Commit: vdraw.Commit(in.EventID, in.Secret), Rules: vdraw.RulesDigest(in.RulesText),
	}
}

func (in inputs) tickets() []byte {
	openids := in.Openids
	for i := range in.OpenidsCount {
		openids = append(openids, fmt.Sprintf("openid-%07d", i))
	}
	var tickets []vdraw.Ticket
	for _, openid := range openids {
		tickets = append(tickets, vdraw.NewTicket(must(hex.DecodeString(in.TicketKey)), in.EventID, openid))
	}
	slices.SortFunc(tickets, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })
	var list []byte
	for _, t := range tickets {
		list = append(list, t[:]...)
	}
	return list
}

func (in inputs) sign(uint64) vdraw.Signature {
	return must(vdraw.ParseSignature(in.Signature))
}

func (in inputs) draw() draw {
	return hold(in.manifest(), in.tickets(), in.Secret, in.LateRound, in.sign).with(in.RulesText)
}

func (d draw) with(rules string) draw {
	d.rules = rules
	return d
}

// hold holds a draw over a list, step by step as the specification has it.
func hold(m vdraw.Manifest, list []byte, secret vdraw.Digest, lateRound uint64, sign func(uint64) vdraw.Signature) draw {
	md, count, root := m.Digest(), uint64(len(list)/ticketSize), must(vdraw.RootOfList(list))
	p := vdraw.Proof{Spec: vdraw.Spec, Event: m, Manifest: md}
	p.Lock = vdraw.Lock{Count: count, Root: root, Digest: vdraw.LockDigest(md, count, root), Secret: &secret, LateRound: lateRound}
	if lateRound != 0 {
		p.Lock.Digest = vdraw.LateLockDigest(md, count, root, lateRound)
	}
	var beacon vdraw.Digest
	if m.Mode == vdraw.ModeBeacon {
		p.Beacon = &vdraw.Round{Round: p.DecidingRound(), Signature: sign(p.DecidingRound())}
		beacon = p.Beacon.Signature.Beacon()
	}
	seed := vdraw.Seed(p.Lock.Digest, secret, beacon)
	p.Seed, p.Winners = &seed, []vdraw.Winner{}
	for _, index := range vdraw.Picks(seed, count, int(m.Winners)) {
		p.Winners = append(p.Winners, vdraw.Winner{Index: index, Ticket: vdraw.Ticket(list[index*16:])})
	}
	return draw{proof: p, tickets: list}
}

// withPaths adds what a proof of few winners has.
func (d draw) withPaths() draw {
	for i, w := range d.proof.Winners {
		d.proof.Winners[i].Path = d.path(w.Index)
	}
	return d
}

func (d draw) path(index uint64) []vdraw.Digest {
	var tickets []vdraw.Ticket
	for t := range slices.Chunk(d.tickets, ticketSize) {
		tickets = append(tickets, vdraw.Ticket(t))
	}
	return vdraw.Path(tickets, index)
}

// developer holds the key of a development chain.
var developer = sync.OnceValue(func() *bls.PrivateKey[bls.KeyG2SigG1] {
	return must(bls.KeyGen[bls.KeyG2SigG1](bytes.Repeat([]byte{7}, 32), nil, nil))
})

func developmentKey() [96]byte { return [96]byte(must(developer().PublicKey().MarshalBinary())) }

func signRound(round uint64) vdraw.Signature {
	message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
	return vdraw.Signature(bls.Sign(developer(), message[:]))
}

// rehearse holds a draw of n tickets with the development chain, the same for the same arguments.
func rehearse(n int, winners uint32) draw {
	chain, secret := vdraw.DevelopmentChain(developmentKey()), vdraw.Digest{5}
	id := vector("B").EventID
	const rules = "Tea × 2\n"
	m := vdraw.Manifest{
		EventID: id, Seq: 1, Mode: vdraw.ModeBeacon, LockTime: 1_789_999_940, DrawTime: 1_790_000_000, Chain: chain.Hash,
		Round: chain.RoundAt(1_790_000_000), Winners: winners, Commit: vdraw.Commit(id, secret), Rules: vdraw.RulesDigest(rules),
	}
	return hold(m, ascending(n), secret, 0, signRound).with(rules)
}

// ascending returns a list of n tickets.
func ascending(n int) []byte {
	list := make([]byte, 0, n*ticketSize)
	for i := range uint32(n) {
		list = binary.BigEndian.AppendUint32(list, i*17)
		list = append(list, "the same end"...)
	}
	return list
}

// publications are the draws of the scripts: as they are, as files, and as what one types.
type publications struct {
	example, trusted, late, dev, long draw
	files                             map[string][]byte
	env                               map[string][]byte
}

var published = sync.OnceValue(func() *publications {
	p := &publications{
		example: vector("B").draw().withPaths(), trusted: vector("A").draw().withPaths(), late: lateDraw(),
		dev: rehearse(1000, 3).withPaths(), long: rehearse(100_000, 300),
	}
	p.files = map[string][]byte{
		"proof.json":  must(os.ReadFile(vdrawData + "example.proof.json")),
		"tickets.bin": must(os.ReadFile(vdrawData + "example.tickets.bin")),
		"signed.json": p.example.signed().json(), "undrawn.json": p.example.undrawn().json(), "rules.txt": []byte(p.example.rules),
		"trusted.json": p.trusted.json(), "trusted.bin": p.trusted.tickets,
		"trusted-undrawn.json": hidden(p.trusted).json(),
		"late.json":            p.late.json(), "late.bin": p.late.tickets,
		"dev.json": p.dev.json(), "long.json": p.long.json(), "long.bin": p.long.tickets,
		"round.json": wrongRound().json(), "early-late.json": earlyLate().json(),
	}
	receipts(p)
	winner := p.example.proof.Winners[0].Ticket
	devKey := developmentKey()
	p.env = map[string][]byte{
		"KEY": operator.Public().(ed25519.PublicKey), "OTHERKEY": stranger.Public().(ed25519.PublicKey), "DEVKEY": devKey[:],
		"MD": p.example.proof.Manifest[:], "LD": p.example.proof.Lock.Digest[:], "OTHERDIGEST": make([]byte, 32),
		"WINNER": winner[:], "LOSER": p.example.tickets[:16],
	}
	return p
})

// lateDraw is that of the vector. The vector's fifth event has no digest of the fourth, which a proof may not be without.
func lateDraw() draw {
	in := vector("E")
	in.Prev = vector("D").manifest().Digest()
	return in.draw().withPaths()
}

// hidden is a draw of mode 0 between lock and draw: its secret is the result, so it is not out yet.
func hidden(d draw) draw {
	d = d.undrawn()
	d.proof.Lock.Secret = nil
	return d
}

// wrongRound is consistent in itself, but its operator chose a round that he had seen.
func wrongRound() draw {
	in := vector("B")
	m := in.manifest()
	m.DrawTime += 3
	return hold(m, in.tickets(), in.Secret, 0, in.sign).withPaths()
}

// earlyLate calls a lock late so that an earlier round decides.
func earlyLate() draw {
	in := vector("B")
	m := in.manifest()
	m.DrawTime += 3
	m.Round++
	return hold(m, in.tickets(), in.Secret, in.Round, in.sign).withPaths()
}

// receipts adds the receipts that scripts show.
func receipts(p *publications) {
	const joinedAt = 1786070000
	md, ticket := p.example.proof.Manifest, p.example.proof.Winners[0].Ticket
	loser := vdraw.Ticket(p.example.tickets)
	good := vdraw.NewReceipt(operator, md, ticket, joinedAt)
	forged := good
	forged.Signature[0] ^= 1
	for name, r := range map[string]vdraw.Receipt{
		"receipt.json":    good,
		"forged.json":     forged,
		"otherkey.json":   vdraw.NewReceipt(stranger, md, ticket, joinedAt),
		"absent.json":     vdraw.NewReceipt(operator, md, vdraw.Ticket{1}, joinedAt),
		"otherevent.json": vdraw.NewReceipt(operator, p.trusted.proof.Manifest, ticket, joinedAt),
		"toolate.json":    vdraw.NewReceipt(operator, md, ticket, p.example.proof.Event.LockTime),
		"loser.json":      vdraw.NewReceipt(operator, md, loser, joinedAt),
	} {
		p.files[name] = must(json.Marshal(r))
	}
	answer := func(ticket vdraw.Ticket, r vdraw.Receipt, more map[string]any) []byte {
		fields := map[string]any{"ticket": ticket, "receipt": r, "joined_at": "2026-08-07T02:33:20Z", "notify": true}
		for name, value := range more {
			fields[name] = value
		}
		return must(json.Marshal(fields))
	}
	mine := vdraw.NewReceipt(operator, md, loser, joinedAt)
	path := p.example.path(0)
	p.files["marked.json"] = append([]byte("\ufeff"), p.files["receipt.json"]...)
	p.files["answer.json"] = answer(loser, mine, map[string]any{"index": 0, "path": path})
	p.files["answer-early.json"] = answer(loser, mine, nil)
	p.files["answer-wrong-place.json"] = answer(loser, mine, map[string]any{"index": 1, "path": path})
	p.files["answer-no-path.json"] = answer(loser, mine, map[string]any{"index": 1})
	p.files["answer-other-ticket.json"] = answer(ticket, mine, nil)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
