package lottery

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"wxlottery/shared/vdraw"
)

func TestWhatIsOptionalIsTrimmedAndHeldToItsLimits(t *testing.T) {
	change := func(f func(*Draft)) Draft {
		d := good
		d.Prizes = append([]Prize(nil), good.Prizes...)
		f(&d)
		return d
	}
	texts := map[string]func(d *Draft) *string{
		"conditions":  func(d *Draft) *string { return &d.Conditions },
		"claim_terms": func(d *Draft) *string { return &d.ClaimTerms },
	}
	for field, of := range texts {
		for _, c := range []struct{ text, want, code string }{
			{"", "", ""},
			{" \u3000七日内领取 🎁\n", "七日内领取 🎁", ""},
			{strings.Repeat("😀", 300), strings.Repeat("😀", 300), ""},
			{"  " + strings.Repeat("x", 300) + "  ", strings.Repeat("x", 300), ""},
			{strings.Repeat("x", 301), "", "invalid_" + field},
			{"  ", "", "invalid_" + field},
			{"\u200b", "", "invalid_" + field},
			{"a\nb", "", "invalid_" + field},
			{"a\u202eb", "", "invalid_" + field},
			{"a\xffb", "", "invalid_" + field},
		} {
			got, err := change(func(d *Draft) { *of(d) = c.text }).Check()
			if code(err) != c.code || *of(&got) != c.want {
				t.Errorf("%s %q: %q, %v, want %q", field, c.text, *of(&got), err, c.code)
			}
			if err != nil && !strings.Contains(err.Error(), "300") {
				t.Errorf("%s: the limit is not named: %v", field, err)
			}
		}
	}
	for value, want := range map[int]string{
		-1: "invalid_prizes", 0: "", 1: "", MaxValue: "", MaxValue + 1: "invalid_prizes",
	} {
		got, err := change(func(d *Draft) { d.Prizes[1].Value = value }).Check()
		if code(err) != want || want == "" && got.Prizes[1].Value != value {
			t.Errorf("a value of %d: %+v, %v", value, got.Prizes, err)
		}
		if err != nil && !strings.Contains(err.Error(), "prizes[1].value_cny") {
			t.Errorf("the value is not named: %v", err)
		}
	}
	d := change(func(d *Draft) { d.Organiser, d.Notify = Business, true })
	got, err := d.Check()
	if diff := cmp.Diff(d, got); err != nil || diff != "" {
		t.Errorf("%v (-draft +checked):\n%s", err, diff)
	}
	// Words are another check's affair, which comes after those of other fields.
	if _, err := change(func(d *Draft) { d.Title = "彩票" }).Check(); err != nil {
		t.Error(err)
	}
}

// from is a draft as the version before had them. Its digest and the rules and manifests of its events are what that
// version, commit f030b32, made of it.
func from(t *testing.T) Draft {
	t.Helper()
	d, err := Draft{
		Title: `第一次 "抽奖" 🎁`, Description: `九龙壶 & 茶杯\n, see 规则`, DrawAt: time.Date(2026, 12, 24, 10, 0, 0, 0, time.UTC),
		Prizes: []Prize{{Name: "茶壶", Quantity: 1}, {Name: `Cup "M"`, Quantity: 20}},
	}.Check()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func eventOf(t *testing.T, d Draft, chain *vdraw.Chain) *Event {
	t.Helper()
	at := Terms{LockLead: time.Minute, MinLead: 2 * time.Minute, Chain: chain}
	e, err := d.Event(EventID{1}, Place{Owner: UserID{1}, Seq: 1}, d.DrawAt.Add(-time.Hour), at, keyring(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestADraftFromBeforeHasTheDigestAndTheRulesItHad(t *testing.T) {
	d, quicknet := from(t), vdraw.Quicknet()
	if digest := d.Digest(); hex.EncodeToString(digest[:]) != "9a6a8bbfac5767ac208ad1814e8f79a0a67252ecc947ca855e357cdf38e8a57d" {
		t.Errorf("digest %x", digest)
	}
	const rules = "第一次 \"抽奖\" 🎁\n九龙壶 & 茶杯\\n, see 规则\n茶壶 × 1\nCup \"M\" × 20\n2026-12-24T10:00:00Z\n"
	for _, c := range []struct {
		chain           *vdraw.Chain
		rules, manifest string
	}{
		{
			nil, rules + "若开奖时间后七日内仍无法产生抽奖密钥,本活动作废,无人中奖。 " +
				"If the secret of the draw cannot be produced within seven days of the draw time, the event is void and nobody wins.\n",
			"aadaad37e195971923d94fecac1e4db340624c0a8b33566712885dd742c6441e",
		},
		{
			&quicknet, rules + "若开奖时间后七日内仍无法取得公共随机数或抽奖密钥,本活动作废,无人中奖。 " +
				"If the public randomness or the secret of the draw cannot be had within seven days of the draw time, the event is void and nobody wins.\n",
			"4a3ca1aa245ba0945db528855f7b194db7fa186006e43a869475fd4b4e74408b",
		},
	} {
		e := eventOf(t, d, c.chain)
		if diff := cmp.Diff(c.rules, e.RulesText); diff != "" {
			t.Errorf("mode %d (-before +now):\n%s", e.Mode, diff)
		}
		if e.Manifest.String() != c.manifest {
			t.Errorf("mode %d: manifest %s", e.Mode, e.Manifest)
		}
	}
}

// additions change one thing each of a draft from before.
var additions = map[string]func(*Draft){
	"organiser":            func(d *Draft) { d.Organiser = Business },
	"conditions":           func(d *Draft) { d.Conditions = "从北京来" },
	"other conditions":     func(d *Draft) { d.Conditions = "从上海来" },
	"claim terms":          func(d *Draft) { d.ClaimTerms = "从北京来" },
	"value":                func(d *Draft) { d.Prizes[0].Value = 5 },
	"another value":        func(d *Draft) { d.Prizes[0].Value = 6 },
	"value of the next":    func(d *Draft) { d.Prizes[1].Value = 5 },
	"notify":               func(d *Draft) { d.Notify = true },
	"a line of conditions": func(d *Draft) { d.Conditions = "x\"\nnotify\n" }, // no check lets it pass; the digest would
}

func TestEachAdditionMakesAnotherRequest(t *testing.T) {
	seen := map[[32]byte]string{from(t).Digest(): "nothing"}
	for what, add := range additions {
		d := from(t)
		add(&d)
		if other, ok := seen[d.Digest()]; ok {
			t.Errorf("%s and %s are one request", what, other)
		}
		seen[d.Digest()] = what
	}
	both, other := from(t), from(t)
	both.Conditions, both.ClaimTerms = "a", "b"
	other.Conditions, other.ClaimTerms = "b", "a"
	if both.Digest() == other.Digest() {
		t.Error("conditions and claim terms may be exchanged")
	}
}

func TestEachAdditionIsPromisedButTheOrganisersWishForAMessage(t *testing.T) {
	plain := eventOf(t, from(t), nil)
	for what, add := range additions {
		d := from(t)
		add(&d)
		e := eventOf(t, d, nil)
		changed := e.RulesText != plain.RulesText && e.Manifest != plain.Manifest
		if changed == (what == "notify") {
			t.Errorf("%s: the promise has changed: %v", what, changed)
		}
	}
	d := from(t)
	d.Organiser, d.Conditions, d.ClaimTerms = Business, "从北京来", "七日内"
	d.Prizes[0].Value = MaxValue
	e := eventOf(t, d, nil)
	want := "第一次 \"抽奖\" 🎁\n九龙壶 & 茶杯\\n, see 规则\n茶壶 × 1 (CNY 100000000)\nCup \"M\" × 20\n商家活动 held by a business\n" +
		"参与条件 conditions: 从北京来\n领奖方式 claiming: 七日内\n2026-12-24T10:00:00Z\n"
	if diff := cmp.Diff(want, e.RulesText[:min(len(want), len(e.RulesText))]); diff != "" {
		t.Error(diff)
	}
	got := Draft{e.Title, e.Description, e.DrawAt, e.Prizes, e.Organiser, e.Conditions, e.ClaimTerms, e.NotifyOwner}
	if diff := cmp.Diff(d, got); diff != "" {
		t.Errorf("the event is not what was asked for (-draft +event):\n%s", diff)
	}
}

// longest is a draft with every text at its limit in characters of four bytes, and the most digits that quantities may have in all.
func longest(t *testing.T) Draft {
	t.Helper()
	text := func(n int) string { return strings.Repeat("𠮷", n) }
	d := Draft{
		Title: text(MaxTitle), Description: text(MaxDescription), DrawAt: now.Add(time.Hour), Organiser: Business,
		Conditions: text(MaxTerms), ClaimTerms: text(MaxTerms), Notify: true,
	}
	for range MaxPrizes {
		d.Prizes = append(d.Prizes, Prize{Name: text(MaxPrizeName), Quantity: MaxWinners / MaxPrizes, Value: MaxValue})
	}
	d, err := d.Check()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheLongestDraftFitsWhereItGoes(t *testing.T) {
	const column, wechat = 8192, 2500 // bytes of events.rules_text; characters that WeChat checks at once
	d, quicknet := longest(t), vdraw.Quicknet()
	for _, chain := range []*vdraw.Chain{nil, &quicknet} {
		if n := len(eventOf(t, d, chain).RulesText); n > column {
			t.Errorf("%d bytes of rules", n)
		}
	}
	n := utf8.RuneCountInString(d.Content())
	if n > wechat || n != 1573 {
		t.Errorf("%d characters of content, and its comment says 1,573", n)
	}
	// Fewer winners of other prizes cannot make a longer text: 100,000 has a digit more, once.
	d.Prizes = d.Prizes[:1]
	d.Prizes[0].Quantity = MaxWinners
	if n := len(eventOf(t, d, nil).RulesText); n > column {
		t.Errorf("%d bytes of rules", n)
	}
}

func TestTheContentIsEverythingThatOthersRead(t *testing.T) {
	d := Draft{
		Title: "标题", Description: "说明", Conditions: "条件", ClaimTerms: "领奖", DrawAt: now.Add(time.Hour), Organiser: Business, Notify: true,
		Prizes: []Prize{{Name: "茶壶", Quantity: 1, Value: 77}, {Name: "茶杯", Quantity: 4}},
	}
	const want = "标题\n说明\n条件\n领奖\n茶壶\n茶杯"
	if got := d.Content(); got != want {
		t.Errorf("%q", got)
	}
	if got := eventOf(t, d, nil).Content(); got != want {
		t.Errorf("of the event: %q", got)
	}
	d.Description, d.Conditions, d.ClaimTerms = "", "", ""
	if got := d.Content(); got != "标题\n茶壶\n茶杯" {
		t.Errorf("%q", got)
	}
}

func TestOnlyABusinessIsBoundToFiftyThousandYuan(t *testing.T) {
	for _, c := range []struct {
		organiser Organiser
		values    []int
		over      bool
	}{
		{Business, []int{0, 0}, false},
		{Business, []int{50_000, 50_000}, false}, // each prize by itself
		{Business, []int{50_001, 0}, true},
		{Business, []int{0, 0, MaxValue}, true},
		{Business, nil, false},
		{Private, []int{50_001, MaxValue}, false},
	} {
		e := Event{Organiser: c.organiser}
		for _, v := range c.values {
			e.Prizes = append(e.Prizes, Prize{Name: "x", Quantity: 100, Value: v})
		}
		if e.OverValue() != c.over {
			t.Errorf("%s, %v: %v", c.organiser, c.values, e.OverValue())
		}
	}
}

func TestOrganisersHaveTwoNames(t *testing.T) {
	for _, o := range []Organiser{Private, Business} {
		if got, ok := ParseOrganiser(o.String()); got != o || !ok {
			t.Errorf("%s: %v, %v", o, got, ok)
		}
	}
	if Private.String() != "private" || Business.String() != "business" || Private != 0 || Business != 1 {
		t.Error("names or numbers have changed that others keep")
	}
	for _, name := range []string{"", "Private", "BUSINESS", "business ", " private", "company", "商家", "0", "1", "business\x00"} {
		if got, ok := ParseOrganiser(name); ok || got != Private {
			t.Errorf("%q is %v, %v", name, got, ok)
		}
	}
	if got := fmt.Sprint(Business); got != "business" {
		t.Errorf("%s", got)
	}
}
