package verifypage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/vdraw"
)

func TestAGoodDrawFailsNowhereAndSaysWhatIsOpen(t *testing.T) {
	p := newTab(t)
	s := serve(t, newDraw(t, recipe{}))
	p.verdict(s.verify()+"?lang=en", "open")
	p.says("#verdict", "Nothing failed; not everything was checked")
	p.says("#verdict .open", "Time of lock not proven")
	p.says("#verdict .open", "No ticket was given")
	p.says("#title", "Spring tea tasting")
	p.says("#rules-text", "First flush, 100 g × 1")
	p.says("#winners-rows", "Tasting cup")
	want := map[int]string{
		1: "ok format.ok", 2: "ok promise.consistent", 3: "ok secret.ok", 4: "ok rounds.ok", 5: "ok signature.ok", 6: "ok lock.consistent",
		7: "ok seed.ok", 8: "ok draw.ok", 9: "ok list.ok", 10: "not checked mine.none",
	}
	if diff := cmp.Diff(want, p.codes()); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyWhenNothingIsOpenThereIsAPlainYes(t *testing.T) {
	p := newTab(t)
	d := newDraw(t, recipe{})
	s := serve(t, d)
	p.verdict(s.verify()+"?lang=en", "open")
	for _, field := range [][2]string{ // the receipt last: signed, it stands for the manifest's digest as well
		{"manifest", d.proof.Manifest.String()},
		{"lock", d.proof.Lock.Digest.String()},
		{"key", operatorKey()},
		{"receipt", string(encode(t, d.receipt(d.proof.Winners[2].Ticket)))},
	} {
		p.is("open")
		p.enter(field[0], field[1])
	}
	p.is("complete")
	p.says("#verdict", "Everything was checked and nothing failed")
	p.says("#mine-answer", "Won, place 3")
	p.says("#winners-rows tr.mine", "yours")
	p.picture("complete-light")
}

func TestTheVerdictNamesWhatKindOfDrawItIs(t *testing.T) {
	p := staticTab(t)
	for name, c := range map[string]struct {
		recipe
		kind, en, zh string
	}{
		"operator-trusted":           {recipe{trusted: true}, "trusted", "operator has to be trusted", "须信任平台"},
		"late":                       {recipe{late: true}, "late", "locked late", "锁定得晚"},
		"not drawn":                  {recipe{undrawn: true}, "undrawn", "not known to anybody yet", "尚未开奖"},
		"not drawn, trusted":         {recipe{undrawn: true, trusted: true}, "undrawn", "Only the operator can know", "只有平台可能知道"},
		"development chain, unnamed": {recipe{developed: newDeveloper(t)}, "failed", "Failed: step 4", "第 4 步"},
		"more prizes than people":    {recipe{tickets: 4}, "open", "6 prizes were not drawn", "6 份奖品未抽出"},
	} {
		p.run(name, func(t *testing.T) {
			p.show(serve(t, newDraw(t, c.recipe)).address(), c.kind)
			p.says("#verdict", c.en)
			p.click("#lang-zh")
			p.says("#verdict", c.zh)
			p.click("#lang-en")
			if p.visible("#rehearsal") {
				t.Error("the banner of a development chain is shown")
			}
			p.isNoPlainYes()
		})
	}
}

func (p *tab) isNoPlainYes() {
	p.Helper()
	if eval[bool](p, `document.getElementById('verdict').classList.contains('good')`) {
		p.Error("the verdict looks like a plain yes")
	}
}

func TestADevelopmentChainProvesNothingAndSaysSo(t *testing.T) {
	p := newTab(t)
	dev := newDeveloper(t)
	p.verdict(serve(t, newDraw(t, recipe{developed: dev})).verify()+"?lang=en#dev="+dev.publicKey(t), "rehearsal")
	p.says("#verdict", "proves nothing")
	p.says("#rehearsal", "Development chain")
	p.isNoPlainYes()
	p.click("#lang-zh")
	p.says("#verdict", "不能证明任何事")
	p.says("#rehearsal", "开发链")
}

func TestEachStepCanFail(t *testing.T) {
	seen := map[int]bool{}
	p := staticTab(t)
	for name, c := range stepFailures(t) {
		p.run(name, func(t *testing.T) {
			d := newDraw(t, recipe{})
			s := serve(t, d)
			if c.spoil != nil {
				c.spoil(t, s)
			}
			if c.field == "" {
				p.show(s.address(), "failed")
			} else {
				p.show(s.address(), "open")
				p.enter(c.field, c.value(t, d))
				p.is("failed")
			}
			if diff := cmp.Diff(c.steps, p.failures()); diff != "" {
				t.Errorf("failed steps: %s\n%v", diff, p.codes())
			}
			if c.code != "" && p.codes()[c.steps[0]] != "failed "+c.code {
				t.Errorf("step %d ended %s, want %s", c.steps[0], p.codes()[c.steps[0]], c.code)
			}
			p.says("#verdict h2", fmt.Sprintf("Failed: step %d,", c.steps[0]))
			seen[c.steps[0]] = true
			p.click("#lang-zh")
			p.says("#verdict h2", "未通过")
			p.click("#lang-en")
		})
	}
	for step := 1; step <= 10; step++ {
		if !seen[step] {
			t.Errorf("no draw fails at step %d first", step)
		}
	}
}

// A stepFailure is a draw, or what the reader brings along, gone wrong.
type stepFailure struct {
	steps []int  // that fail
	code  string // of the first
	spoil func(testing.TB, *service)
	field string // that the reader fills in
	value func(testing.TB, *draw) string
}

func spoilt(change func(*draw)) func(testing.TB, *service) {
	return func(_ testing.TB, s *service) { change(s.draw) }
}

func other(testing.TB, *draw) string { return strings.Repeat("ab", 32) }

func stepFailures(t testing.TB) map[string]stepFailure {
	forged := signatureOf(t, nil, laterRound)
	dev := newDeveloper(t)
	return map[string]stepFailure{
		"form": {steps: []int{1}, code: "format.failed", spoil: func(t testing.TB, s *service) {
			s.proof = []byte(strings.Replace(string(s.draw.proofText(t)), `"spec"`, `"Spec"`, 1))
		}},
		"no JSON":        {steps: []int{1}, code: "format.failed", spoil: func(_ testing.TB, s *service) { s.proof = []byte("<html>") }},
		"other manifest": {steps: []int{2}, code: "promise.manifest", field: "manifest", value: other},
		"other rules": {steps: []int{2}, code: "promise.rules", spoil: spoilt(func(d *draw) {
			d.event.Fairness.RulesText = strings.Replace(d.event.Fairness.RulesText, "void", "drawn again", 1)
		})},
		"changed times": {steps: []int{2}, code: "promise.fields", spoil: spoilt(func(d *draw) { d.proof.Event.LockTime-- })},
		"wrong secret": {steps: []int{3}, code: "secret.failed", spoil: spoilt(func(d *draw) {
			d.proof.Lock.Secret = &vdraw.Digest{9: 9}
			d.reseed()
		})},
		"other chain": {steps: []int{4}, code: "rounds.chain", spoil: func(t testing.TB, s *service) {
			d := newDraw(t, recipe{developed: dev})
			s.draw.proof, s.draw.event = d.proof, d.event
		}},
		"forged beacon": {steps: []int{5}, code: "signature.failed", spoil: spoilt(func(d *draw) {
			d.proof.Beacon.Signature = forged
			d.reseed()
		})},
		"other lock":  {steps: []int{6}, code: "lock.digest", field: "lock", value: other},
		"other key":   {steps: []int{6}, code: "lock.signature", field: "key", value: other},
		"chosen seed": {steps: []int{7}, code: "seed.failed", spoil: spoilt(func(d *draw) { d.pick(vdraw.Digest{5: 5}) })},
		"winners swapped": {steps: []int{8}, code: "draw.failed", spoil: spoilt(func(d *draw) {
			w := d.proof.Winners
			w[0], w[1] = w[1], w[0]
		})},
		"list edited": {steps: []int{9}, code: "list.root", spoil: spoilt(func(d *draw) { d.tickets[15] ^= 1 })},
		"list stuffed": {steps: []int{9}, code: "list.length", spoil: spoilt(func(d *draw) {
			d.tickets = append(d.tickets, []byte(strings.Repeat("\xff", 16))...)
		})},
		"winner's ticket exchanged": {steps: []int{9}, code: "list.path", spoil: spoilt(func(d *draw) { d.proof.Winners[4].Ticket[0] ^= 1 })},
		"ticket not in the list": {steps: []int{10}, code: "mine.missing", field: "ticket", value: func(testing.TB, *draw) string {
			return strings.Repeat("0", 32)
		}},
		"receipt not in the list": {steps: []int{10}, code: "mine.missing", field: "receipt", value: func(t testing.TB, d *draw) string {
			return string(encode(t, d.receipt(vdraw.Ticket{1, 1, 1})))
		}},
	}
}

// A proof that holds may still be of another event than the one that is shown.
func TestAProofOfSomethingElseIsNoProof(t *testing.T) {
	p := staticTab(t)
	for name, c := range map[string]struct {
		spoil func(*draw)
		want  string
	}{
		"event":  {func(d *draw) { d.proof.Event.EventID[0] ^= 1; d.resign() }, "another event"},
		"digest": {func(d *draw) { d.event.Fairness.Manifest[0] ^= 1 }, "manifest digest"},
		"lock":   {func(d *draw) { d.event.Fairness.Lock = map[string]string{"digest": "00"} }, "lock digest"},
		"times":  {func(d *draw) { d.event.LockAt = instant(d.proof.Event.LockTime + 1) }, "times"},
		"prizes": {func(d *draw) { d.event.Prizes[0].Name = "A car" }, "rules text"},
	} {
		p.run(name, func(t *testing.T) {
			d := newDraw(t, recipe{prizes: []prize{{"A cup", 2}}})
			c.spoil(d)
			s := serve(t, d)
			p.show(s.address(), "contradicted")
			p.says("#verdict .wrong", c.want)
		})
	}
}

func TestTheTimeLineTellsWhatHappened(t *testing.T) {
	p := newTab(t)
	d := newDraw(t, recipe{late: true})
	p.timezone("Asia/Shanghai")
	p.verdict(serve(t, d).verify()+"?lang=en", "late")
	want := map[string]string{"announced": "good", "joining": "good", "lock": "unsure", "round": "good", "draw": "good"}
	got := eval[map[string]string](p, `Object.fromEntries([...document.querySelectorAll('.moment')].map((e) => [e.dataset.moment, e.dataset.tone]))`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Round 10,000,000 is due at 1722803364: 4 August 2024, 20:29:24 UTC; joining ends a minute before.
	p.says(`[data-moment=joining]`, "2024-08-04 20:28:24 UTC")
	p.says(`[data-moment=joining]`, "Aug 5, 2024, 4:28:24")
	p.says(`[data-moment=lock]`, "300 tickets")
	p.says(`[data-moment=lock]`, "late")
	p.says(`[data-moment=round]`, "16777215")
	p.says(`[data-moment=round]`, "Genuine")
	p.says(`[data-moment=draw]`, "late")
	p.picture("late-light")
	p.look("dark")
	p.click("#lang-zh")
	p.picture("late-dark-zh")
}

func TestThePublishedExampleIsCheckedFromFiles(t *testing.T) {
	p := newTab(t)
	folder := t.TempDir()
	write(t, filepath.Join(folder, "verify.html"), builtPage(t))
	write(t, filepath.Join(folder, "rules.txt"), []byte(readVectors(t).rulesOfExample(t)))
	p.verdict("file://"+filepath.Join(folder, "verify.html")+"#lang=en", "idle")
	p.choose("proof-file", absolute(t, testdata+"example.proof.json"))
	p.until(`document.querySelector('[data-code="list.paths"]')`)
	p.is("open")
	p.says("#verdict .open", "The list as a whole: it was not given")
	p.choose("tickets-file", absolute(t, testdata+"example.tickets.bin"))
	p.until(`document.querySelector('[data-code="list.ok"]')`)
	p.choose("rules-file", filepath.Join(folder, "rules.txt"))
	p.until(`!document.querySelector('#verdict').innerText.includes('rules text')`)
	write(t, filepath.Join(folder, "receipt.json"), exampleReceipt(t))
	p.choose("receipt-file", filepath.Join(folder, "receipt.json"))
	p.until(`document.querySelector('[data-code="mine.won"]')`)
	p.says("#mine-answer", "Won, place 1")
	for _, url := range p.asked() {
		if !strings.HasPrefix(url, "file://"+folder) && !strings.HasPrefix(url, "blob:") && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asked for %s", url)
		}
	}
}

func exampleReceipt(t testing.TB) []byte {
	v := readVectors(t).Receipt
	var p vdraw.Proof
	decode(t, readFile(t, testdata+"example.proof.json"), &p)
	key, err := vdraw.ParseDigest(v.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, vdraw.Receipt{Manifest: p.Manifest, Ticket: v.Ticket, JoinedAt: v.JoinedAt, Signature: v.Signature, Key: key})
}

func write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func absolute(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilesOfABrokenDrawFail(t *testing.T) {
	p := newTab(t)
	folder := t.TempDir()
	d := newDraw(t, recipe{})
	d.proof.Winners[0], d.proof.Winners[1] = d.proof.Winners[1], d.proof.Winners[0]
	write(t, filepath.Join(folder, "verify.html"), builtPage(t))
	write(t, filepath.Join(folder, "proof.json"), d.proofText(t))
	write(t, filepath.Join(folder, "tickets.bin"), d.tickets)
	p.verdict("file://"+filepath.Join(folder, "verify.html")+"#lang=en", "idle")
	p.choose("tickets-file", filepath.Join(folder, "tickets.bin")) // in any order
	p.choose("proof-file", filepath.Join(folder, "proof.json"))
	p.until(`document.querySelector('[data-code="list.ok"]')`)
	p.is("failed")
	p.says("#winners-note", "do not rely on this table")
}
