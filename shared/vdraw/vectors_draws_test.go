package vdraw_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wxlottery/shared/vdraw"
)

type drawVector struct {
	Name, Comment string
	Inputs        drawInputs
	Expect        drawExpect
	Paths         []struct {
		Index  uint64
		Ticket vdraw.Ticket
		Path   []vdraw.Digest
	}
}

type drawInputs struct {
	EventID         hexBytes     `json:"event_id"`
	Seq             uint64       `json:"seq"`
	Prev            vdraw.Digest `json:"prev"`
	Mode            uint8        `json:"mode"`
	LockTime        uint64       `json:"lock_time"`
	DrawTime        uint64       `json:"draw_time"`
	Chain           vdraw.Digest `json:"chain"`
	Round           uint64       `json:"round"`
	LateRound       *uint64      `json:"late_round"`
	Winners         uint32       `json:"winners"`
	RulesText       string       `json:"rules_text"`
	Secret          vdraw.Digest `json:"secret"`
	TicketKey       hexBytes     `json:"ticket_key"`
	BeaconSignature hexBytes     `json:"beacon_signature"`
	Openids         []string     `json:"openids"`
	OpenidsRule     string       `json:"openids_rule"`
	OpenidsCount    int          `json:"openids_count"`
}

type drawExpect struct {
	Commit         vdraw.Digest   `json:"commit"`
	Rules          vdraw.Digest   `json:"rules"`
	ManifestBytes  hexBytes       `json:"manifest_bytes"`
	ManifestDigest vdraw.Digest   `json:"manifest_digest"`
	Count          uint64         `json:"count"`
	Root           vdraw.Digest   `json:"root"`
	TicketsBin     *vdraw.Digest  `json:"tickets_bin_sha256"`
	LockDigest     vdraw.Digest   `json:"lock_digest"`
	Beacon         vdraw.Digest   `json:"beacon"`
	Seed           vdraw.Digest   `json:"seed"`
	Picks          []uint64       `json:"picks"`
	Rejected       uint64         `json:"rejected"`
	WinningTickets []vdraw.Ticket `json:"winning_tickets"`
	TicketsSorted  []vdraw.Ticket `json:"tickets_sorted"`
}

func drawsSection(t *testing.T, raw json.RawMessage) {
	for _, v := range decode[[]drawVector](t, raw) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			checkDraw(t, v)
		})
	}
}

// checkDraw computes a whole draw from its inputs and compares it with what is expected, field by field.
func checkDraw(t *testing.T, v drawVector) {
	m := manifestOf(v.Inputs)
	tickets := ticketsOf(t, v.Inputs)
	list := listOf(t, tickets)
	bin := vdraw.Digest(sha256.Sum256(slices.Concat(ticketBytes(tickets)...)))
	beacon := beaconOf(v.Inputs)
	ld := lockDigestOf(v.Inputs, m.Digest(), list)
	seed := vdraw.Seed(ld, v.Inputs.Secret, beacon)
	picks, rejected := drawAll(seed, list.Count(), int(v.Inputs.Winners))
	manifestBytes := m.Bytes()

	got := drawExpect{
		Commit: m.Commit, Rules: m.Rules, ManifestBytes: manifestBytes[:], ManifestDigest: m.Digest(),
		Count: list.Count(), Root: list.Root(), TicketsBin: &bin, LockDigest: ld, Beacon: beacon, Seed: seed,
		Picks: picks, Rejected: rejected, WinningTickets: pickTickets(tickets, picks), TicketsSorted: tickets,
	}
	want := v.Expect // what a vector leaves out is not compared
	if want.ManifestBytes == nil {
		got.ManifestBytes = nil
	}
	if want.TicketsBin == nil {
		got.TicketsBin = nil
	}
	if want.TicketsSorted == nil {
		got.TicketsSorted = nil
	}
	diff(t, "draw", got, want)
	diff(t, "Picks", vdraw.Picks(seed, list.Count(), int(v.Inputs.Winners)), want.Picks)
	checkPaths(t, v, tickets, list)
}

func checkPaths(t *testing.T, v drawVector, tickets []vdraw.Ticket, list *vdraw.List) {
	for _, p := range v.Paths {
		diff(t, "ticket", tickets[p.Index], p.Ticket)
		diff(t, "path", vdraw.Path(tickets, p.Index), p.Path)
		diff(t, "paged path", pagedPath(tickets, list, p.Index), p.Path)
		if !vdraw.VerifyPath(v.Expect.Root, v.Expect.Count, p.Index, p.Ticket, p.Path) {
			t.Errorf("the path of index %d is refused", p.Index)
		}
	}
}

// manifestOf takes everything from the vector but the two hashes, which are computed.
func manifestOf(in drawInputs) vdraw.Manifest {
	id := [16]byte(in.EventID)
	return vdraw.Manifest{
		EventID: id, Seq: in.Seq, Prev: in.Prev, Mode: in.Mode, LockTime: in.LockTime, DrawTime: in.DrawTime,
		Chain: in.Chain, Round: in.Round, Winners: in.Winners,
		Commit: vdraw.Commit(id, in.Secret), Rules: vdraw.RulesDigest(in.RulesText),
	}
}

func ticketsOf(t testing.TB, in drawInputs) []vdraw.Ticket {
	t.Helper()
	openids := in.Openids
	if in.OpenidsRule != "" {
		rule := fmt.Sprintf(`openid_i = "openid-%%07d" (7 digits, zero padded) for i in 0..%d`, in.OpenidsCount-1)
		diff(t, "openids rule", in.OpenidsRule, rule)
		for i := range in.OpenidsCount {
			openids = append(openids, fmt.Sprintf("openid-%07d", i))
		}
	}
	tickets := make([]vdraw.Ticket, len(openids))
	for i, openid := range openids {
		tickets[i] = vdraw.NewTicket(in.TicketKey, [16]byte(in.EventID), openid)
	}
	slices.SortFunc(tickets, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })
	return tickets
}

func beaconOf(in drawInputs) vdraw.Digest {
	if in.Mode == vdraw.ModeTrusted {
		return vdraw.Digest{}
	}
	return sha256.Sum256(in.BeaconSignature)
}

func lockDigestOf(in drawInputs, md vdraw.Digest, list *vdraw.List) vdraw.Digest {
	if in.LateRound != nil {
		return vdraw.LateLockDigest(md, list.Count(), list.Root(), *in.LateRound)
	}
	return vdraw.LockDigest(md, list.Count(), list.Root())
}

func pickTickets(tickets []vdraw.Ticket, picks []uint64) []vdraw.Ticket {
	won := make([]vdraw.Ticket, len(picks))
	for i, p := range picks {
		won[i] = tickets[p]
	}
	return won
}

func drawNamed(t testing.TB, letter string) drawVector {
	t.Helper()
	for _, v := range decode[[]drawVector](t, readVectors(t)["draws"]) {
		if strings.HasPrefix(v.Name, letter+"-") {
			return v
		}
	}
	t.Fatalf("no draw %q in the vectors", letter)
	return drawVector{}
}
