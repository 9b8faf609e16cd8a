package contract

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/vdraw"
)

// shown is an event as a client would read it.
type shown struct {
	ID           string    `json:"id"`
	LockAt       time.Time `json:"lock_at"`
	DrawAt       time.Time `json:"draw_at"`
	Title        string    `json:"title"`
	Description  string    `json:"description"`
	Participants uint64    `json:"participants"`
	Prizes       []struct {
		Name     string `json:"name"`
		Quantity uint32 `json:"quantity"`
		Value    int    `json:"value_cny"`
	} `json:"prizes"`
	Rules    shownRules `json:"rules"`
	Fairness struct {
		Mode        byte         `json:"mode"`
		Manifest    string       `json:"manifest"`
		Organiser   string       `json:"organiser"`
		Prev        string       `json:"prev"`
		Seq         uint64       `json:"seq"`
		Chain       string       `json:"chain"`
		Round       uint64       `json:"round"`
		Commit      string       `json:"commit"`
		RulesText   string       `json:"rules_text"`
		OperatorKey string       `json:"operator_key"`
		Lock        shownLock    `json:"lock"`
		Beacon      *shownBeacon `json:"beacon"`
		Seed        string       `json:"seed"`
	} `json:"fairness"`
	Me struct {
		Ticket   string    `json:"ticket"`
		JoinedAt time.Time `json:"joined_at"`
		Prize    string    `json:"prize"`
	} `json:"me"`
}

type shownRules struct {
	Organiser struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"organiser"`
	Conditions string    `json:"conditions"`
	ClaimTerms string    `json:"claim_terms"`
	Method     string    `json:"method"`
	Odds       shownOdds `json:"odds"`
	Notes      []string  `json:"notes"`
}

type shownOdds struct {
	Winners uint64 `json:"winners"`
	Of      uint64 `json:"of"`
}

type shownLock struct {
	Count  uint64 `json:"count"`
	Root   string `json:"root"`
	Digest string `json:"digest"`
	Sig    string `json:"sig"`
	Secret string `json:"secret"`
}

type shownBeacon struct {
	Round     uint64 `json:"round"`
	Signature string `json:"signature"`
}

// joined is the answer to a participant.
type joined struct {
	Ticket  string `json:"ticket"`
	Receipt struct {
		Manifest  string `json:"manifest"`
		Ticket    string `json:"ticket"`
		JoinedAt  int64  `json:"joined_at"`
		Signature string `json:"signature"`
		Key       string `json:"key"`
	} `json:"receipt"`
	JoinedAt time.Time `json:"joined_at"`
	Notify   bool      `json:"notify"`
	Index    uint64    `json:"index"`
	Path     []string  `json:"path"`
}

// onPage reads the nth example answer of a call on the page.
func onPage[T any](t *testing.T, route string, n int) (v T) {
	t.Helper()
	for _, c := range Load(t).calls {
		if c.pattern() != route {
			continue
		}
		if err := json.Unmarshal(marshal(t, pageExamples(t, c)[n].value), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	t.Fatalf("there is no %s", route)
	return v
}

// frozenList is the list of the page's example: tickets of 32 hex digits.
func frozenList(t *testing.T) (list []string) {
	t.Helper()
	page := onPage[struct{ Tickets []byte }](t, "GET /events/{id}/tickets", 0)
	for ticket := range slices.Chunk(page.Tickets, 16) {
		list = append(list, hex.EncodeToString(ticket))
	}
	return list
}

func hash(tag string, parts ...[]byte) []byte {
	return sum(append([][]byte{append([]byte(tag), 0)}, parts...)...)
}

func sum(parts ...[]byte) []byte {
	h := sha256.New()
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

// TestTheExampleDrawsCanBeRecomputedAsThePageSays follows the page's formulas, and nothing else of this module, over the
// page's own example of mode 1 and the document's of mode 0.
func TestTheExampleDrawsCanBeRecomputedAsThePageSays(t *testing.T) {
	t.Parallel()
	drawn := onPage[shown](t, "GET /events/{id}", 0)
	checkDrawn(t, drawn)
	checkWinners(t, drawn)
	var trusted shown
	if err := json.Unmarshal([]byte(example(t, "TrustedEvent", "{", "{")), &trusted); err != nil {
		t.Fatal(err)
	}
	checkDrawn(t, trusted)
	if drawn.Fairness.Mode != 1 || trusted.Fairness.Mode != 0 {
		t.Error("the examples are not of both modes")
	}
}

func (e shown) winners() (n uint32) {
	for _, p := range e.Prizes {
		n += p.Quantity
	}
	return n
}

func checkDrawn(t *testing.T, e shown) {
	t.Helper()
	f := e.Fairness
	id, err := base64.RawURLEncoding.DecodeString(e.ID)
	if err != nil {
		t.Fatal(err)
	}
	chain, beacon := make([]byte, 32), make([]byte, 32)
	if f.Mode == 1 {
		chain, beacon = unhex(t, f.Chain), sum(unhex(t, f.Beacon.Signature))
		if round := uint64(e.DrawAt.Unix()-1692803367+2)/3 + 1; f.Round != round || f.Beacon.Round != round {
			t.Errorf("round %d, beacon of %d, the formula gives %d", f.Round, f.Beacon.Round, round)
		}
	}
	secret := unhex(t, f.Lock.Secret)
	commit := hash("vdraw/1/commit", id, secret)
	manifest := hash("vdraw/1/manifest", id, u64(f.Seq), unhex(t, f.Prev), []byte{f.Mode}, u64(uint64(e.LockAt.Unix())),
		u64(uint64(e.DrawAt.Unix())), chain, u64(f.Round), u32(e.winners()), commit, sum([]byte(f.RulesText)))
	digest := hash("vdraw/1/lock", manifest, u64(f.Lock.Count), unhex(t, f.Lock.Root))
	seed := hash("vdraw/1/seed", digest, secret, beacon)
	for name, c := range map[string]struct {
		published string
		computed  []byte
	}{
		"commit": {f.Commit, commit}, "manifest": {f.Manifest, manifest}, "lock.digest": {f.Lock.Digest, digest}, "seed": {f.Seed, seed},
	} {
		if computed := hex.EncodeToString(c.computed); c.published != computed {
			t.Errorf("mode %d: %s is published as %s, the formula gives %s", f.Mode, name, c.published, computed)
		}
	}
	message := append([]byte("vdraw/1/locked\x00"), digest...)
	if !ed25519.Verify(unhex(t, f.OperatorKey), message, unhex(t, f.Lock.Sig)) {
		t.Error("lock.sig is not the operator's signature")
	}
}

// checkWinners compares the winners of the page with the positions that follow from the seed in the page's list.
func checkWinners(t *testing.T, e shown) {
	t.Helper()
	list := frozenList(t)
	answer := onPage[struct{ Winners []struct{ Ticket string } }](t, "GET /events/{id}/winners", 0)
	picked := picks(unhex(t, e.Fairness.Seed), uint32(e.Fairness.Lock.Count), e.winners())
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

// TestTheExampleListLeadsToTheRootAsThePageSays does the same for the tree, and for the paths of the proof and of GET /join.
func TestTheExampleListLeadsToTheRootAsThePageSays(t *testing.T) {
	t.Parallel()
	list, root := frozenList(t), onPage[shown](t, "GET /events/{id}", 0).Fairness.Lock.Root
	if !slices.IsSorted(list) {
		t.Error("the list is not in ascending order")
	}
	var level [][]byte
	for _, ticket := range list {
		level = append(level, sum([]byte{0}, unhex(t, ticket)))
	}
	for len(level) > 1 {
		var above [][]byte
		for pair := range slices.Chunk(level, 2) {
			if len(pair) == 2 {
				pair[0] = sum([]byte{1}, pair[0], pair[1])
			}
			above = append(above, pair[0])
		}
		level = above
	}
	if got := hex.EncodeToString(level[0]); got != root {
		t.Errorf("the list's root is %s, published is %s", got, root)
	}
	mine := onPage[joined](t, "GET /join/{id}", 0)
	places := []joined{mine}
	places = append(places, onPage[struct{ Winners []joined }](t, "GET /events/{id}/proof", 0).Winners...)
	for _, p := range places {
		if got := climbed(t, p, uint64(len(list)-1)); got != root || list[p.Index] != p.Ticket {
			t.Errorf("the path of %s at %d leads to %s", p.Ticket, p.Index, got)
		}
	}
}

// climbed is where a path leads to.
func climbed(t *testing.T, p joined, last uint64) string {
	t.Helper()
	h, path, i := sum([]byte{0}, unhex(t, p.Ticket)), p.Path, p.Index
	for ; last > 0; i, last = i/2, last/2 {
		switch {
		case i%2 == 1:
			h, path = sum([]byte{1}, unhex(t, path[0]), h), path[1:]
		case i < last:
			h, path = sum([]byte{1}, h, unhex(t, path[0])), path[1:]
		}
	}
	if len(path) > 0 {
		t.Errorf("the path of %s is too long", p.Ticket)
	}
	return hex.EncodeToString(h)
}

func TestTheExampleReceiptIsSignedAsThePageSays(t *testing.T) {
	t.Parallel()
	e, r := onPage[shown](t, "GET /events/{id}", 0), onPage[joined](t, "POST /join/{id}", 0).Receipt
	message := slices.Concat([]byte("vdraw/1/receipt\x00"), unhex(t, r.Manifest), unhex(t, r.Ticket), u64(uint64(r.JoinedAt)))
	if !ed25519.Verify(unhex(t, e.Fairness.OperatorKey), message, unhex(t, r.Signature)) {
		t.Error("the receipt is not signed by the operator")
	}
}

// TestTheExampleDrawPassesACheckInFull gives the checker everything that the page tells a client to keep. The signature of
// the round is the one step that the tests above leave out.
func TestTheExampleDrawPassesACheckInFull(t *testing.T) {
	t.Parallel()
	e, mine := onPage[shown](t, "GET /events/{id}", 0), onPage[json.RawMessage](t, "GET /join/{id}", 0)
	var answer struct {
		Receipt vdraw.Receipt `json:"receipt"`
		vdraw.Place
	}
	if err := json.Unmarshal(mine, &answer); err != nil {
		t.Fatal(err)
	}
	manifest, lock := vdraw.Digest(unhex(t, e.Fairness.Manifest)), vdraw.Digest(unhex(t, e.Fairness.Lock.Digest))
	given := vdraw.Given{
		Manifest: &manifest, Lock: &lock, Key: unhex(t, e.Fairness.OperatorKey), Rules: &e.Fairness.RulesText,
		Tickets: unhex(t, strings.Join(frozenList(t), "")), Receipt: &answer.Receipt, Place: &answer.Place,
	}
	proof := onPage[json.RawMessage](t, "GET /events/{id}/proof", 0)
	r := vdraw.Check(proof, given)
	for _, s := range r.Steps {
		if s.Outcome != vdraw.OK {
			t.Errorf("step %d %s: %s %s", s.Number, s.Name.En, s.Outcome, s.Finding.En)
		}
	}
	if len(r.NotChecked) > 0 || r.Exit() != 0 || r.Rehearsal || !r.Drawn || r.MyPlace != 3 {
		t.Errorf("%+v", r)
	}
	given.Tickets = nil // and without the list, by the paths alone
	if r := vdraw.Check(proof, given); r.Failed() || len(r.NotChecked) != 1 || r.NotChecked[0].Code != "list.unseen" {
		t.Errorf("without the list: %+v", r)
	}
}

// TestTheExamplesOfThePageAreOneStory compares the answers of different calls about one event.
func TestTheExamplesOfThePageAreOneStory(t *testing.T) {
	t.Parallel()
	made, e := onPage[shown](t, "POST /events", 0), onPage[shown](t, "GET /events/{id}", 0)
	canceled := onPage[shown](t, "POST /events/{id}/cancel", 0)
	first, mine := onPage[joined](t, "POST /join/{id}", 0), onPage[joined](t, "GET /join/{id}", 0)
	chain := onPage[struct {
		Organiser string
		Events    []struct {
			Seq           uint64
			Manifest, End string
		}
	}](t, "GET /events", 1)
	proof := onPage[struct {
		Event struct {
			ID, Prev, Chain, Commit, Rules string
			Seq, Round                     uint64
			Mode                           byte
			LockTime                       int64 `json:"lock_time"`
			DrawTime                       int64 `json:"draw_time"`
			Winners                        uint32
		}
		Manifest, Seed string
		Lock           shownLock
		Beacon         *shownBeacon
	}](t, "GET /events/{id}/proof", 0)
	winners := onPage[struct {
		Winners []struct{ Prize, Ticket string }
	}](t, "GET /events/{id}/winners", 0).Winners
	page := onPage[struct{ Count, From uint64 }](t, "GET /events/{id}/tickets", 0)
	taken := onPage[struct{ Round uint64 }](t, "POST /events/{id}/beacon", 0)

	f, p := e.Fairness, proof.Event
	id, _ := base64.RawURLEncoding.DecodeString(e.ID)
	promised := f
	promised.Lock, promised.Beacon, promised.Seed = shownLock{}, nil, ""
	ruled := e.Rules
	ruled.Odds = made.Rules.Odds
	for what, diff := range map[string]string{
		"created and drawn":       cmp.Diff(made.Fairness, promised) + cmp.Diff(made.ID, e.ID) + cmp.Diff(made.Prizes, e.Prizes) + cmp.Diff(made.Rules, ruled),
		"proof and event":         cmp.Diff(proof.Lock, f.Lock) + cmp.Diff(proof.Beacon, f.Beacon) + cmp.Diff(proof.Seed, f.Seed) + cmp.Diff(proof.Manifest, f.Manifest),
		"the proof's event":       cmp.Diff([]string{p.ID, p.Prev, p.Chain, p.Commit}, []string{hex.EncodeToString(id), f.Prev, f.Chain, f.Commit}),
		"the proof's numbers":     cmp.Diff([]uint64{p.Seq, p.Round, uint64(p.Mode), uint64(p.Winners)}, []uint64{f.Seq, f.Round, uint64(f.Mode), uint64(e.winners())}),
		"the proof's times":       cmp.Diff([]int64{p.LockTime, p.DrawTime}, []int64{e.LockAt.Unix(), e.DrawAt.Unix()}),
		"the proof's rules":       cmp.Diff(p.Rules, hex.EncodeToString(sum([]byte(f.RulesText)))),
		"how many":                cmp.Diff([]uint64{page.Count, page.From, e.Participants}, []uint64{f.Lock.Count, 0, f.Lock.Count}),
		"the round brought":       cmp.Diff(taken.Round, f.Round),
		"joining and looking":     cmp.Diff(first.Receipt, mine.Receipt) + cmp.Diff(first.Ticket, mine.Ticket) + cmp.Diff(first.JoinedAt, mine.JoinedAt),
		"the receipt":             cmp.Diff([]string{mine.Receipt.Manifest, mine.Receipt.Ticket, mine.Receipt.Key}, []string{f.Manifest, mine.Ticket, f.OperatorKey}),
		"when I joined":           cmp.Diff([]int64{mine.Receipt.JoinedAt, mine.JoinedAt.Unix()}, []int64{e.Me.JoinedAt.Unix(), e.Me.JoinedAt.Unix()}),
		"what I won":              cmp.Diff([]string{e.Me.Ticket, e.Me.Prize}, []string{mine.Ticket, winners[2].Prize}) + cmp.Diff(winners[2].Ticket, mine.Ticket),
		"whose events":            cmp.Diff([]string{chain.Organiser, chain.Organiser}, []string{f.Organiser, canceled.Fairness.Organiser}),
		"who holds them":          cmp.Diff(canceled.Rules.Organiser, e.Rules.Organiser),
		"the event in its chain":  cmp.Diff([]string{chain.Events[0].Manifest, chain.Events[0].End}, []string{f.Manifest, "drawn"}),
		"the event before":        cmp.Diff([]string{chain.Events[1].Manifest, chain.Events[1].End}, []string{canceled.Fairness.Manifest, "canceled"}),
		"the links of the chain":  cmp.Diff([]string{f.Prev, canceled.Fairness.Prev}, []string{canceled.Fairness.Manifest, strings.Repeat("0", 64)}),
		"the places in the chain": cmp.Diff([]uint64{chain.Events[0].Seq, chain.Events[1].Seq}, []uint64{f.Seq, canceled.Fairness.Seq}),
		"when it would be void":   cmp.Diff(true, strings.HasSuffix(f.RulesText, "If the public randomness or the secret of the draw cannot be had within seven days of the draw time, the event is void and nobody wins.\n")),
	} {
		if diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

// TestTheRulesOfTheExamplesAreTheirPromise compares what is shown with the text that was hashed, and the odds with the numbers.
func TestTheRulesOfTheExamplesAreTheirPromise(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"NewEvent", "WaitingEvent", "DrawnEvent", "TrustedEvent", "CanceledEvent"} {
		var e shown
		if err := json.Unmarshal([]byte(example(t, name, "{", "{")), &e); err != nil {
			t.Fatal(err)
		}
		promise := e.Title + "\n" + e.Description + "\n"
		for _, p := range e.Prizes {
			promise += fmt.Sprintf("%s × %d\n", p.Name, p.Quantity)
		}
		promise += e.DrawAt.UTC().Format(time.RFC3339) + "\n"
		if r := e.Rules; !strings.HasPrefix(e.Fairness.RulesText, promise) || r.Organiser.Kind != "private" || r.Conditions+r.ClaimTerms != "" {
			t.Errorf("%s: %+v, promised was %q", name, r, e.Fairness.RulesText)
		}
		if want := (shownOdds{min(uint64(e.winners()), e.Participants), e.Participants}); e.Rules.Odds != want {
			t.Errorf("%s: odds %+v, the numbers give %+v", name, e.Rules.Odds, want)
		}
	}
}

// TestTheCommandsOfThePageNameTheExample: what is typed in is what the answers are about.
func TestTheCommandsOfThePageNameTheExample(t *testing.T) {
	t.Parallel()
	f := onPage[shown](t, "GET /events/{id}", 0).Fairness
	for _, text := range []string{
		"-key " + f.OperatorKey, "-lock " + f.Lock.Digest, "/events?owner=" + f.Organiser, "https://api.drand.sh/" + f.Chain + "/public/",
	} {
		if !strings.Contains(page(t), text) {
			t.Errorf("no command of api.md has %s", text)
		}
	}
}
