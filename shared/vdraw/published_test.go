package vdraw_test

import (
	"os"
	"slices"
	"testing"

	"wxlottery/shared/vdraw"
)

// publishedDraw is what a stranger has after a draw, apart from the list.
type publishedDraw struct {
	Spec  string
	Event struct {
		ID       hexBytes
		Seq      uint64
		Prev     vdraw.Digest
		Mode     uint8
		LockTime uint64 `json:"lock_time"`
		DrawTime uint64 `json:"draw_time"`
		Chain    vdraw.Digest
		Round    uint64
		Winners  uint32
		Commit   vdraw.Digest
		Rules    vdraw.Digest
	}
	Manifest vdraw.Digest
	Lock     struct {
		Count  uint64
		Root   vdraw.Digest
		Digest vdraw.Digest
		Secret vdraw.Digest
	}
	Beacon struct {
		Round     uint64
		Signature hexBytes
	}
	Seed    vdraw.Digest
	Winners []struct {
		Index  uint64
		Ticket vdraw.Ticket
		Path   []vdraw.Digest
	}
}

// The example was written by another implementation; everything in it but the beacon's signature is recomputed here.
func TestPublishedDrawCanBeRecomputed(t *testing.T) {
	t.Parallel()
	p := readExample(t)
	tickets := readExampleTickets(t)
	e := p.Event
	m := vdraw.Manifest{
		EventID: [16]byte(e.ID), Seq: e.Seq, Prev: e.Prev, Mode: e.Mode, LockTime: e.LockTime, DrawTime: e.DrawTime,
		Chain: vdraw.Quicknet().Hash, Round: vdraw.Quicknet().RoundAt(e.DrawTime), Winners: e.Winners,
		Commit: vdraw.Commit([16]byte(e.ID), p.Lock.Secret), Rules: e.Rules,
	}
	diff(t, "manifest", m.Digest(), p.Manifest)
	list := listOf(t, tickets)
	diff(t, "count", list.Count(), p.Lock.Count)
	diff(t, "root", list.Root(), p.Lock.Root)
	ld := vdraw.LockDigest(m.Digest(), list.Count(), list.Root())
	diff(t, "lock", ld, p.Lock.Digest)
	seed := vdraw.Seed(ld, p.Lock.Secret, beaconOf(drawInputs{Mode: e.Mode, BeaconSignature: p.Beacon.Signature}))
	diff(t, "seed", seed, p.Seed)
	for i, index := range vdraw.Picks(seed, list.Count(), int(e.Winners)) {
		w := p.Winners[i]
		diff(t, "index", index, w.Index)
		diff(t, "ticket", tickets[index], w.Ticket)
		diff(t, "path", pagedPath(tickets, list, index), w.Path)
	}
}

func readExample(t testing.TB) publishedDraw {
	t.Helper()
	raw, err := os.ReadFile("testdata/example.proof.json")
	if err != nil {
		t.Fatal(err)
	}
	return decode[publishedDraw](t, raw)
}

func readExampleTickets(t testing.TB) []vdraw.Ticket {
	t.Helper()
	raw, err := os.ReadFile("testdata/example.tickets.bin")
	if err != nil {
		t.Fatal(err)
	}
	var tickets []vdraw.Ticket
	for chunk := range slices.Chunk(raw, len(vdraw.Ticket{})) {
		tickets = append(tickets, vdraw.Ticket(chunk))
	}
	return tickets
}
