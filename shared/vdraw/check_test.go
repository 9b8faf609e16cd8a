package vdraw_test

import (
	"crypto/ed25519"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wxlottery/shared/vdraw"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTheExampleHoldsWithoutAnythingGiven(t *testing.T) {
	t.Parallel()
	r := vdraw.Check(readFile(t, "example.proof.json"), vdraw.Given{})
	diff(t, "outcomes", outcomes(r), "ooooooooon")
	diff(t, "not checked", codes(r), []string{
		"promise.no_rules", "promise.no_manifest", "lock.no_key", "lock.time", "list.unseen", "mine.none",
	})
	diff(t, "exit", r.Exit(), 0)
}

func TestEveryDrawOfTheVectorsHolds(t *testing.T) {
	t.Parallel()
	for letter, want := range map[string]struct {
		outcomes string
		open     []string
		exit     int
	}{
		"A": {"oooonooooo", []string{"signature.trusted"}, 3},
		"B": {"oooooooooo", []string{}, 0},
		"D": {"oooooooooo", []string{}, 0},
		"E": {"oooooooooo", []string{"lock.late"}, 3},
	} {
		r := publishedOf(t, drawNamed(t, letter)).check(t)
		diff(t, letter, outcomes(r), want.outcomes)
		diff(t, letter, codes(r), want.open)
		diff(t, letter, r.Exit(), want.exit)
		diff(t, letter+" late", r.Late, letter == "E")
		diff(t, letter+" trusted", r.Trusted, letter == "A")
		diff(t, letter+" due", r.Due, dueOf[letter])
	}
}

// dueOf is when the deciding rounds of the vectors' draws are due: genesis + 3 s × (round − 1), of the later one in E-late.
var dueOf = map[string]uint64{"A": 0, "B": 1786070388, "D": 1692806364, "E": 1692843369}

func TestBeforeTheDrawWhatIsThereIsChecked(t *testing.T) {
	t.Parallel()
	for letter, want := range map[string]string{"A": "oonononnoo", "B": "oooononnoo"} {
		d := publishedOf(t, drawNamed(t, letter)).undrawn()
		diff(t, letter, outcomes(d.check(t)), want)
		d.given.Tickets = d.given.Tickets[16:]
		diff(t, letter+" with another list", failure(d.check(t)), "list.length")
		d.given.Tickets, d.given.Receipt = nil, nil
		r := d.check(t)
		diff(t, letter+" without a list", r.Steps[8].Finding.Code, "list.missing")
		diff(t, letter+" drawn", r.Drawn, false)
	}
}

// Each of these is one thing wrong, with everything else as consistent as its author could make it.
func TestEachDeviationHasItsFinding(t *testing.T) {
	t.Parallel()
	digest := vdraw.Digest{1}
	for _, tt := range []struct {
		want string
		do   func(*published)
	}{
		{"promise.fields", func(d *published) { d.proof.Event.DrawTime++ }},
		{"promise.fields", func(d *published) {
			d.proof.Event.Winners++
			d.proof.Winners = append(d.proof.Winners, d.proof.Winners[0])
		}},
		{"promise.manifest", func(d *published) { d.given.Manifest = &digest }},
		{"promise.receipt", func(d *published) { d.given.Manifest, d.given.Receipt.Manifest = nil, digest }},
		{"promise.rules", func(d *published) { d.given.Rules = new(string) }},
		{"secret.failed", func(d *published) { d.proof.Lock.Secret = &digest }},
		{"rounds.chain", func(d *published) { d.rename(func(m *vdraw.Manifest) { m.Chain = digest }) }},
		{"rounds.round", func(d *published) { d.rename(func(m *vdraw.Manifest) { m.Round++ }) }},
		{"rounds.round", func(d *published) { d.rename(func(m *vdraw.Manifest) { m.DrawTime += 3 }) }},
		{"rounds.late_round", func(d *published) { d.proof.Lock.LateRound = d.proof.Event.Round }},
		{"signature.round", func(d *published) { d.proof.Beacon.Round++ }},
		{"signature.failed", func(d *published) { d.proof.Beacon.Signature[47]++ }},
		{"lock.fields", func(d *published) { d.proof.Lock.Digest = digest }},
		{"lock.fields", func(d *published) { d.proof.Lock.Root = digest }},
		{"lock.fields", func(d *published) { d.proof.Lock.Count++ }},
		{"lock.digest", func(d *published) { d.given.Lock = &digest }},
		{"lock.signature", func(d *published) { d.proof.Lock.Sig[0]++ }},
		{"seed.failed", func(d *published) { d.proof.Seed = &digest }},
		{"draw.failed", func(d *published) {
			d.proof.Winners[0], d.proof.Winners[1] = d.proof.Winners[1], d.proof.Winners[0]
		}},
		{"draw.failed", func(d *published) { d.proof.Winners[0].Index++ }},
		{"list.path", func(d *published) { d.proof.Winners[3].Ticket[0]++ }},
		{"list.path", func(d *published) { d.proof.Winners[3].Path[2][0]++ }},
		{"list.length", func(d *published) { d.given.Tickets = d.given.Tickets[1:] }},
		{"list.order", func(d *published) { copy(d.given.Tickets, d.given.Tickets[16:32]) }},
		{"list.root", func(d *published) { d.given.Tickets[15]++ }},
		{"list.winner", func(d *published) {
			d.pathless()
			d.proof.Winners[3].Ticket[0]++
		}},
		{"mine.two", func(d *published) { d.given.Ticket = &vdraw.Ticket{1} }},
		{"mine.joined_at", func(d *published) { d.given.Receipt.JoinedAt = d.proof.Event.LockTime }},
		{"mine.key", func(d *published) { d.given.Receipt.Key = digest }},
		{"mine.signature", func(d *published) { d.given.Receipt.Signature[0]++ }},
		{"mine.missing", func(d *published) { d.given.Receipt, d.given.Ticket = nil, &vdraw.Ticket{1} }},
		{"mine.path", func(d *published) {
			d.given.Tickets, d.given.Place = nil, &vdraw.Place{Index: 1, Path: vdraw.Path([]vdraw.Ticket{{1}, {2}}, 1)}
		}},
	} {
		d := publishedOf(t, drawNamed(t, "B"))
		tt.do(&d)
		r := d.check(t)
		diff(t, "finding", failure(r), tt.want)
		diff(t, tt.want+" exit", r.Exit(), 1)
	}
}

// rename changes the event and everything that names it, as an operator could who was never seen before.
func (d *published) rename(change func(*vdraw.Manifest)) {
	change(&d.proof.Event)
	d.proof.Manifest = d.proof.Event.Digest()
	d.given.Manifest, d.given.Lock, d.given.Receipt = nil, nil, nil
}

func (d *published) pathless() {
	for i := range d.proof.Winners {
		d.proof.Winners[i].Path = nil
	}
}

func TestWhatCannotBeCheckedIsSaid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		step int
		want string
		do   func(*published)
	}{
		{10, "mine.none", func(d *published) { d.given.Receipt = nil }},
		{10, "mine.no_list", func(d *published) { d.given.Tickets = nil }},
		{9, "list.needed", func(d *published) { d.pathless(); d.given.Tickets = nil }},
		{10, "mine.other_list", func(d *published) { d.given.Tickets[15]++ }},
		{5, "signature.chain", func(d *published) { d.rename(func(m *vdraw.Manifest) { m.Chain[0]++ }) }},
	} {
		d := publishedOf(t, drawNamed(t, "B"))
		tt.do(&d)
		r := d.check(t)
		step := r.Steps[tt.step-1]
		if step.Outcome != vdraw.NotChecked || step.Finding.Code != tt.want || !slices.Contains(codes(r), tt.want) {
			t.Errorf("step %d is %s (%s), want %s; not checked: %v", tt.step, step.Outcome, step.Finding.Code, tt.want, codes(r))
		}
	}
}

func TestWhatAStepLeavesOpenIsSaid(t *testing.T) {
	t.Parallel()
	for want, do := range map[string]func(*published){
		"promise.no_rules":    func(d *published) { d.given.Rules = nil },
		"promise.no_manifest": func(d *published) { d.given.Manifest, d.given.Receipt = nil, nil },
		"lock.time":           func(d *published) { d.given.Lock = nil },
		"lock.no_key":         func(d *published) { d.given.Key = nil },
		"lock.no_signature":   func(d *published) { d.proof.Lock.Sig = nil },
		"list.unseen":         func(d *published) { d.given.Tickets = nil },
		"mine.no_key":         func(d *published) { d.given.Key = nil },
	} {
		d := publishedOf(t, drawNamed(t, "B"))
		do(&d)
		if r := d.check(t); r.Failed() || !slices.Contains(codes(r), want) {
			t.Errorf("%s is not among %v (%s)", want, codes(r), failure(r))
		}
	}
}

// A receipt is as good as the digest it names, but only if the operator signed it.
func TestOnlyASignedReceiptStandsForTheDigest(t *testing.T) {
	t.Parallel()
	d := publishedOf(t, drawNamed(t, "B"))
	d.given.Manifest = nil
	if r := d.check(t); slices.Contains(codes(r), "promise.no_manifest") {
		t.Error("a signed receipt does not count")
	}
	d.given.Key = nil
	if r := d.check(t); !slices.Contains(codes(r), "promise.no_manifest") {
		t.Error("a receipt counts that nobody can say is signed")
	}
}

func TestATicketIsFoundInEveryWay(t *testing.T) {
	t.Parallel()
	v := drawNamed(t, "B")
	tickets := ticketsOf(t, v.Inputs)
	winner := v.Expect.Picks[2]
	for name, tt := range map[string]struct {
		index uint64
		want  string
		place int
		do    func(*vdraw.Given)
	}{
		"winner in the list":   {winner, "mine.won", 3, func(*vdraw.Given) {}},
		"winner in the proof":  {winner, "mine.won", 3, func(g *vdraw.Given) { g.Tickets = nil }},
		"loser in the list":    {0, "mine.lost", 0, func(*vdraw.Given) {}},
		"last in the list":     {999, "mine.lost", 0, func(*vdraw.Given) {}},
		"loser by his path":    {0, "mine.lost", 0, func(g *vdraw.Given) { g.Tickets, g.Place = nil, &vdraw.Place{Path: vdraw.Path(tickets, 0)} }},
		"loser without either": {0, "mine.no_list", 0, func(g *vdraw.Given) { g.Tickets = nil }},
	} {
		d := publishedOf(t, v)
		d.given.Receipt, d.given.Ticket = nil, &tickets[tt.index]
		tt.do(&d.given)
		r := d.check(t)
		diff(t, name, r.Steps[9].Finding.Code, tt.want)
		diff(t, name+": place", r.MyPlace, tt.place)
	}
}

func TestADevelopmentChainIsTakenOnlyWhenGiven(t *testing.T) {
	t.Parallel()
	v := drawNamed(t, "B")
	chain := vdraw.DevelopmentChain(vdraw.Quicknet().PublicKey)
	v.Inputs.Chain, v.Inputs.Round = chain.Hash, chain.RoundAt(v.Inputs.DrawTime)
	d := publishedOf(t, v)
	diff(t, "not given", failure(d.check(t)), "rounds.chain")
	d.given.Chains = []vdraw.Chain{chain}
	r := d.check(t)
	diff(t, "its round", r.Steps[3].Outcome, vdraw.OK)
	diff(t, "a signature of another round", failure(r), "signature.failed")
	diff(t, "rehearsal", r.Rehearsal, true)
	if !slices.Contains(codes(r), "rounds.development") {
		t.Error("it is not said that the chain proves nothing")
	}
}

// Whoever may add chains may not replace the one that is pinned.
func TestAGivenChainNeverReplacesThePinnedOne(t *testing.T) {
	t.Parallel()
	d := publishedOf(t, drawNamed(t, "B"))
	other := vdraw.Quicknet()
	other.PublicKey[5]++
	d.given.Chains = []vdraw.Chain{other}
	if r := d.check(t); r.Failed() || r.Rehearsal {
		t.Errorf("%s, rehearsal %v", failure(r), r.Rehearsal)
	}
	d.rename(func(m *vdraw.Manifest) { m.Chain = vdraw.Digest{1} })
	d.given.Chains = []vdraw.Chain{{Hash: vdraw.Digest{1}}} // without a period it is none
	diff(t, "a chain without a period", failure(d.check(t)), "rounds.chain")
}

func TestAPlaceThatIsGivenMustBeRightAlsoBesideTheList(t *testing.T) {
	t.Parallel()
	d := publishedOf(t, drawNamed(t, "B"))
	tickets := ticketsOf(t, drawNamed(t, "B").Inputs)
	d.given.Place = &vdraw.Place{Index: 0, Path: vdraw.Path(tickets, 0)}
	diff(t, "the right one", failure(d.check(t)), "")
	d.given.Place.Index = 1
	diff(t, "another index", failure(d.check(t)), "mine.path")
}

func TestAWrongKeyIsNoPanic(t *testing.T) {
	t.Parallel()
	d := publishedOf(t, drawNamed(t, "B"))
	d.given.Key = ed25519.PublicKey{1}
	diff(t, "failure", failure(d.check(t)), "lock.signature")
}

func TestEverySentenceIsThereInBothLanguages(t *testing.T) {
	t.Parallel()
	r := vdraw.Check([]byte("no proof"), vdraw.Given{})
	for code, s := range vdraw.Sentences {
		for _, text := range []string{s.En, s.Zh} {
			if text == "" || strings.Count(s.En, "%") != strings.Count(s.Zh, "%") {
				t.Errorf("%s: %+v", code, s)
			}
		}
	}
	for _, s := range r.Steps {
		if s.Name.En == "" || s.Name.Zh == "" || s.Finding.En == "" {
			t.Errorf("%+v", s)
		}
	}
	diff(t, "outcomes", outcomes(r), "fnnnnnnnnn")
}

func TestCheckNeverPanics(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "null", "[]", "{}", "{", `"x"`, "1", `{"spec":null}`, strings.Repeat("[", 10000)} {
		if r := vdraw.Check([]byte(text), vdraw.Given{}); !r.Failed() || len(r.Steps) != 10 {
			t.Errorf("%.20q: %+v", text, r)
		}
	}
}

func TestAProofIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"A", "B", "D", "E"} {
		for _, d := range []published{publishedOf(t, drawNamed(t, letter)), publishedOf(t, drawNamed(t, letter)).undrawn()} {
			p, err := vdraw.ParseProof(d.json(t))
			if err != nil || !reflect.DeepEqual(*p, d.proof) {
				t.Errorf("%s: %v %+v", letter, err, p)
			}
		}
	}
}
