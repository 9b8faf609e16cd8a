package verifypage_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/vdraw"
)

func TestMyTicketIsAnsweredInPlainWords(t *testing.T) {
	p := newTab(t)
	d := newDraw(t, recipe{})
	p.verdict(serve(t, d).verify()+"?lang=en", "open")
	for _, c := range []struct{ field, value, en, zh string }{
		{"ticket", d.proof.Winners[0].Ticket.String(), "Won, place 1", "中奖,第 1 名"},
		{"ticket", strings.ToUpper(d.loser().String()) + " ", "did not win", "未中奖"},
		{"ticket", strings.Repeat("0", 32), "Not in the list", "不在名单中"},
		{"ticket", "", "", ""},
		{"receipt", string(encode(t, d.receipt(d.loser()))), "did not win", "未中奖"},
		{"receipt", string(joinAnswer(t, d, d.proof.Winners[9].Ticket, true)), "Won, place 10", "中奖,第 10 名"},
	} {
		p.enter(c.field, c.value)
		p.settled()
		if c.value == "" {
			if p.visible("#mine-answer") {
				t.Error("there is an answer although nothing is asked")
			}
			continue
		}
		p.says("#mine-answer", c.en)
		p.click("#lang-zh")
		p.says("#mine-answer", c.zh)
		p.click("#lang-en")
	}
}

// joinAnswer is what GET /join/{id} says after the lock.
func joinAnswer(t testing.TB, d *draw, ticket vdraw.Ticket, honest bool) []byte {
	all := make([]vdraw.Ticket, len(d.tickets)/16)
	index := uint64(0)
	for i := range all {
		if all[i] = vdraw.Ticket(d.tickets[16*i:]); all[i] == ticket {
			index = uint64(i)
		}
	}
	path := vdraw.Path(all, index)
	if !honest {
		path[0][0] ^= 1
	}
	return encode(t, map[string]any{
		"ticket": ticket, "joined_at": instant(d.joinedAt), "notify": false, "receipt": d.receipt(ticket), "index": index, "path": path,
	})
}

// Without the list the path of the join's answer says where the ticket is.
func TestAPathStandsInForTheList(t *testing.T) {
	p := staticTab(t)
	for name, c := range map[string]struct {
		honest bool
		code   string
	}{"good": {true, "ok mine.lost"}, "bad": {false, "failed mine.path"}} {
		p.run(name, func(t *testing.T) {
			d := newDraw(t, recipe{})
			s := serve(t, d)
			s.answers["tickets"] = refuse(500, "internal")
			p.show(s.address(), "open")
			p.enter("receipt", string(joinAnswer(t, d, d.loser(), c.honest)))
			p.settled()
			if got := p.codes()[10]; got != c.code {
				t.Errorf("step 10 ended %s, want %s", got, c.code)
			}
		})
	}
}

// What can't be read is left out, and neither silently nor as a failure of the draw.
func TestWhatCannotBeReadIsNamed(t *testing.T) {
	p := newTab(t)
	s := serve(t, newDraw(t, recipe{}))
	p.verdict(s.verify()+"?lang=en", "open")
	for _, id := range []string{"ticket", "manifest", "lock", "key", "receipt"} {
		p.enter(id, `{"no`)
		p.is("open")
		p.says("#verdict .open", "it can’t be read, so it was left out")
		if !p.visible("#"+id+"-refused") || !eval[bool](p, `document.getElementById(%s).getAttribute('aria-invalid') === 'true'`, id) {
			t.Errorf("the field %s is not marked", id)
		}
		p.enter(id, "")
		p.settled()
		if p.visible("#" + id + "-refused") {
			t.Errorf("the field %s stays marked", id)
		}
	}
	eval[bool](p, `(location.hash = 'dev=ffff', true)`)
	p.until(`document.querySelector('#verdict .open')?.innerText.includes('Development chain’s key')`)
}

func TestALanguageIsTakenFromTheBrowserAndFromTheAddress(t *testing.T) {
	p := newTab(t)
	s := serve(t, newDraw(t, recipe{}))
	command(p, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: "test", AcceptLanguage: "zh-CN"})
	p.verdict(s.verify(), "open")
	p.says("#verdict", "没有一步未通过")
	if lang := eval[string](p, `document.documentElement.lang`); lang != "zh-CN" {
		t.Errorf("the page's language is %s", lang)
	}
	p.verdict(s.verify()+"?lang=en", "open")
	p.says("#verdict", "Nothing failed")
	for _, word := range eval[[]string](p, `[...document.querySelectorAll('[data-say]')].map((e) => e.innerText)`) {
		if strings.ContainsFunc(word, func(r rune) bool { return r >= 0x4e00 && r < 0xa000 }) {
			t.Errorf("the English page says %q", word)
		}
	}
	remembered := eval[[]int](p, `[localStorage.length, sessionStorage.length, document.cookie.length]`)
	if diff := cmp.Diff([]int{0, 0, 0}, remembered); diff != "" {
		t.Errorf("the page remembers something: %s", diff)
	}
}

func TestOnAStaticHostTheEventIsGivenInTheAddress(t *testing.T) {
	p := newTab(t)
	s := serve(t, newDraw(t, recipe{}))
	host := staticHost(t)
	for _, address := range []string{host + "?lang=en&event=" + s.address(), host + "#lang=en&event=" + s.address()} {
		p.verdict(address, "open")
	}
	p.verdict(host+"?lang=en&event=javascript:alert(1)", "idle")
	if !p.visible("#address-refused") {
		t.Error("a malformed address is not refused")
	}
	p.enter("address", s.address())
	p.click("#address-form button")
	p.until(`document.querySelector('[data-code="list.ok"]')`)
	p.is("open")
	for _, url := range p.asked() {
		if !strings.HasPrefix(url, s.address()) && !strings.HasPrefix(url, host) && !strings.HasPrefix(url, "blob:") && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asked for %s", url)
		}
	}
}

func TestHostileTextsStayTexts(t *testing.T) {
	p := newTab(t)
	hostile := `<img src=x onerror="document.body.id='broken'"><script>document.body.id='broken'</script>`
	d := newDraw(t, recipe{title: hostile, prizes: []prize{{hostile, 2}}})
	p.verdict(serve(t, d).verify()+"?lang=en", "open")
	for _, place := range []string{"#title", "#rules-text", "#winners-rows td"} {
		p.says(place, hostile)
	}
	if n := eval[int](p, `document.querySelectorAll('main img, main script').length`); n != 0 || eval[bool](p, `document.body.id === 'broken'`) {
		t.Errorf("a title became markup: %d elements", n)
	}
}

func TestAnEventOfStrangeShapeBreaksNothing(t *testing.T) {
	p := staticTab(t)
	for name, text := range map[string]string{
		"numbers": `{"id":1,"title":2,"prizes":3,"fairness":4,"lock_at":[],"created_at":{}}`,
		"empty":   `{}`,
		"nulls":   `{"id":null,"title":null,"prizes":[null,{"name":1}],"fairness":{"manifest":null,"lock":null,"rules_text":null}}`,
		"list":    `[1]`,
	} {
		p.run(name, func(t *testing.T) {
			s := serve(t, newDraw(t, recipe{}))
			s.answers["event"] = raw(text)
			p.show(s.address(), "contradicted")
		})
	}
}

func TestTheRecordIsSavedByteForByte(t *testing.T) {
	p := newTab(t)
	d := newDraw(t, recipe{})
	s := serve(t, d)
	s.proof = append([]byte(" \n"), d.proofText(t)...) // white space is kept, too
	folder := t.TempDir()
	command(p, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder})
	p.verdict(s.verify()+"?lang=en", "open")
	for name, want := range map[string][]byte{"proof.json": s.proof, "tickets.bin": d.tickets, "rules.txt": []byte(d.event.Fairness.RulesText)} {
		p.click(`#save-links a[download="` + name + `"]`)
		eventually(t, name+" is saved", func() bool {
			got, err := os.ReadFile(filepath.Join(folder, name))
			return err == nil && string(got) == string(want)
		})
	}
}

func TestThePageIsUsableWithoutAMouseOrColours(t *testing.T) {
	p := newTab(t)
	p.verdict(serve(t, newDraw(t, recipe{})).verify()+"?lang=en", "open")
	unlabelled := eval[json.RawMessage](p, `[...document.querySelectorAll('input, textarea, button, a, summary, progress')].filter((e) =>
		e.checkVisibility() && !e.labels?.length && !e.innerText.trim() && !e.ariaLabel).map((e) => e.outerHTML)`)
	if string(unlabelled) != "[]" {
		t.Errorf("without a label: %s", unlabelled)
	}
	if n := eval[int](p, `document.querySelectorAll('h1').length`); n != 1 {
		t.Errorf("%d headings of the first level", n)
	}
	wordless := eval[int](p, `[...document.querySelectorAll('.badge, .verdict-head, .moment')].filter((e) => !e.innerText.trim()).length`)
	if wordless != 0 {
		t.Errorf("%d signs have no word beside them", wordless)
	}
	if live := eval[string](p, `document.getElementById('verdict-text').ariaLive`); live != "polite" {
		t.Errorf("the verdict is announced %q", live)
	}
	hints := eval[int](p, `[...document.querySelectorAll('[aria-describedby]')].flatMap((e) => e.getAttribute('aria-describedby').split(' ')).filter((id) => !document.getElementById(id)).length`)
	if hints != 0 {
		t.Errorf("%d descriptions are of nothing", hints)
	}
}

// TestNothingStandsOutOfAPhone looks at the width of a small phone, in both languages and with long words.
func TestNothingStandsOutOfAPhone(t *testing.T) {
	p := newTab(t)
	d := newDraw(t, recipe{title: strings.Repeat("Teetassenverlosung", 5), prizes: []prize{{strings.Repeat("W", 40), 60}}})
	s := serve(t, d)
	p.size(360, 780)
	for _, lang := range []string{"en", "zh"} {
		p.verdict(s.verify()+"?lang="+lang, "open")
		eval[bool](p, `document.getElementById('source-details').open = true`)
		p.enter("receipt", string(encode(t, d.receipt(d.loser()))))
		p.settled()
		if width := eval[int](p, `document.documentElement.scrollWidth`); width > 360 {
			t.Errorf("the page in %s is %d wide", lang, width)
		}
	}
	p.look("dark")
	p.picture("phone-dark-zh")
}

func TestPicturesOfAGoodAndABadDraw(t *testing.T) {
	if os.Getenv("LOTTERY_TEST_SCREENSHOTS") == "" {
		t.Skip("LOTTERY_TEST_SCREENSHOTS names no folder")
	}
	p := newTab(t)
	good, bad := serve(t, newDraw(t, recipe{})), serve(t, newDraw(t, recipe{}))
	bad.draw.tickets[15] ^= 1
	for _, scheme := range []string{"light", "dark"} {
		p.look(scheme)
		p.size(1100, 900)
		p.verdict(good.verify()+"?lang=en", "open")
		p.picture("good-" + scheme)
		p.verdict(bad.verify()+"?lang=zh", "failed")
		p.picture("bad-" + scheme + "-zh")
		p.size(360, 780)
		p.picture("bad-phone-" + scheme + "-zh")
		p.verdict(good.verify()+"?lang=en", "open")
		p.picture("good-phone-" + scheme)
	}
}
