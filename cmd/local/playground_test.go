package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// enough is how long a first lottery may take, from the command being ready to the winners on the screen.
const enough = time.Minute

// TestAWholeLotteryByClicksOnThreePhones plays with the default flags: one organises, two join, and the first of them wants to be
// told. It does not run beside other tests, since the shortest lottery leaves six seconds to join.
func TestAWholeLotteryByClicksOnThreePhones(t *testing.T) {
	p := launch(t, t.TempDir(), "aws", "-addr", "127.0.0.1:0")
	began := time.Now()
	w := openPlayground(t, p)
	eval[bool](w, `(window.neverReloaded = true)`)
	w.pictures("1-start")
	w.logIn(1, 2, 3)
	w.draft(1, "16")
	w.pictures("2-form")
	w.taps(1, "create-submit", "share")
	w.state(1, "init")
	w.until(`document.querySelector('[data-phone="1"] [data-role=qrcode]').naturalWidth > 0`)
	w.joinTwo()
	w.pictures("3-joined")
	w.taps(2, "tab-chat")
	for phone := 1; phone <= 3; phone++ {
		w.state(phone, "opening")
	}
	w.until(`document.querySelector('[data-phone="1"] [data-role=lock-count]')?.textContent === '2'`)
	w.until(`document.querySelector('[data-phone="3"] [data-role=lock-digest]')?.title.length === 64`)
	w.pictures("4-locked")
	w.mustShowTheWinnerToAll()
	if took := time.Since(began); took > enough {
		t.Errorf("from ready to the winner on screen it took %v", took)
	} else {
		t.Logf("from ready to the winner on screen: %v", took.Round(time.Millisecond))
	}
	w.mustTellWhoWantedIt(p)
	w.mustClearTheBadge()
	w.mustLeadToTheCheck()
	is(w, true, `window.neverReloaded === true`)
	if documents := w.answers(func(r *request) bool { return r.kind == network.ResourceTypeDocument }); len(documents) != 1 {
		t.Errorf("the page was loaded %d times", len(documents))
	}
	w.mustBeClean()
}

func (w *tab) logIn(phones ...int) {
	w.Helper()
	for _, phone := range phones {
		w.taps(phone, "login")
		is(w, "in", `document.querySelector('[data-phone="%s"]').dataset.state`, phone)
	}
}

// joinTwo has the second and the third phone join what was shared, and only the second asks for the message.
func (w *tab) joinTwo() {
	w.Helper()
	for phone := 2; phone <= 3; phone++ {
		w.taps(phone, "open", []string{2: "join-notify", 3: "join"}[phone])
		is(w, "in", `document.querySelector(%s).dataset.mine`, on(phone, `[data-role=mine]`))
	}
	w.until(`document.querySelector('[data-phone="1"] [data-role=participants]').textContent === '2'`)
}

// mustShowTheWinnerToAll waits for the draw. One of two who joined has won, and each sees his own end.
func (w *tab) mustShowTheWinnerToAll() {
	w.Helper()
	const winners = `[...document.querySelectorAll('[data-phone] [data-role=winners] [data-ticket]')].map((e) => e.dataset.ticket)`
	w.until(winners + `.length === 3`)
	is(w, 1, `new Set(`+winners+`).size`)
	w.until(`[2, 3].map((n) => document.querySelector('[data-phone="' + n + '"] [data-role=mine]').dataset.mine).sort().join() === 'lost,won'`)
	is(w, true, winners+`.includes(document.querySelector('[data-mine=won] [data-role=ticket]').title)`)
	is(w, "Headphones", `document.querySelector('[data-mine=won] [data-role=prize]').textContent`)
	is(w, "owner", `document.querySelector('[data-phone="1"] [data-role=mine]').dataset.mine`)
}

// mustTellWhoWantedIt waits for the messages: one for the organiser, one for the second phone, none for the third.
func (w *tab) mustTellWhoWantedIt(p *process) {
	w.Helper()
	id := eval[string](w, `document.querySelector('[data-phone="1"]').dataset.event`)
	for _, phone := range []int{1, 2} {
		w.until(`document.querySelectorAll(%s).length === 1`, on(phone, `[data-role=message][data-event="`+id+`"]`))
	}
	w.until(`document.querySelector('[data-phone="1"] [data-role=told]').textContent.includes('1 of 1')`)
	w.showOff()
	w.pictures("5-drawn")
	var answer struct{ Sent []any }
	openid := eval[string](w, `JSON.parse(sessionStorage.getItem('playground-phones'))[2].openid`)
	p.call("GET", "/_sim/wechat/sent?openid="+openid, "", nil).is(200, "").into(&answer)
	if len(answer.Sent) != 0 {
		w.Errorf("whoever wanted no message got %v", answer.Sent)
	}
	is(w, 0, `document.querySelectorAll('[data-phone="3"] [data-role=message]').length`)
}

// showOff takes the picture of the README: what is seen without scrolling just after the draw.
func (w *tab) showOff() {
	w.Helper()
	if screenshots() == "" {
		return
	}
	w.look("light")
	w.size(1440, 900)
	w.until(`!document.querySelector('.confetti')`)
	eval[bool](w, `(document.activeElement.blur(), scrollTo(0, 0), true)`)
	w.write("playground.png", chromedp.CaptureScreenshot())
}

// mustClearTheBadge has the second phone, which was looking at the chat, open what its badge counts.
func (w *tab) mustClearTheBadge() {
	w.Helper()
	badge := on(2, `[data-role=unread]`)
	w.until(`((e) => e.checkVisibility() && e.innerText.startsWith('1'))(document.querySelector(%s))`, badge)
	w.taps(2, "tab-me")
	w.until(`document.querySelectorAll('[data-phone="2"] [data-role=inbox] .unread').length === 1`)
	w.click(on(2, `[data-role=inbox] [data-action=open]`))
	w.until(`!document.querySelector(%s).checkVisibility()`, badge)
	w.taps(2, "tab-me")
	w.until(`document.querySelectorAll('[data-phone="2"] [data-role=inbox] .unread').length === 0`)
}

// mustLeadToTheCheck follows the link to the verify page, which opens in a tab of its own.
func (w *tab) mustLeadToTheCheck() {
	w.Helper()
	opened := chromedp.WaitNewTarget(w.ctx, func(i *target.Info) bool { return strings.Contains(i.URL, "/verify/") })
	w.click(on(1, `[data-role=verify]`))
	var id target.ID
	select {
	case id = <-opened:
	case <-time.After(patience):
		w.Fatal("the link opens nothing")
	}
	ctx, cancel := chromedp.NewContext(w.ctx, chromedp.WithTargetID(id))
	defer cancel()
	if err := chromedp.Do(ctx); err != nil { // attaches; with a context of its own, it would close the tab
		w.Fatal(err)
	}
	if kind := verdictIn(w, ctx); kind != "rehearsal" { // all steps are ok, by a development chain
		w.Errorf("the verdict is %q", kind)
	}
	const strangers = `performance.getEntriesByType('resource').map((e) => e.name).filter((a) => new URL(a).host !== location.host).join()`
	if found, err := chromedp.Run(ctx, chromedp.Evaluate[string](strangers)); err != nil || found != "" {
		w.Errorf("the verify page asked %s, %v", found, err)
	}
}

// onEmbeddedServers is for tests of the page alone: the service behind it is the embedded one, with a server's variables or without,
// so that a second run beside the others shows nothing new.
func onEmbeddedServers(t *testing.T) {
	t.Helper()
	if os.Getenv("CI") != "" && os.Getenv("LOTTERY_TEST_EMBEDDED") == "" {
		t.Skip("runs with the tests on the embedded servers")
	}
}

func TestEachRefusedActionShowsItsError(t *testing.T) {
	onEmbeddedServers(t)
	t.Parallel()
	p := start(t, t.TempDir(), "aws", "-lock-lead", "6s", "-min-lead", "9s")
	w := openPlayground(t, p)
	w.mustRefuseWithoutALottery()
	w.mustRefuseBadLotteries()
	w.mustRefuseStrangersAndOwners()
	w.mustRefuseWhatIsCanceled()
	w.mustRefuseWhatIsTooLate()
	w.mustRefuseTheBlocked()
	w.mustBeClean()
	w.mustRefuseTheHeld()
	w.mustSayThatNobodyAnswers(p)
}

// mustRefuseWithoutALottery leaves the first and the second phone logged in.
func (w *tab) mustRefuseWithoutALottery() {
	w.Helper()
	w.tap(1, "create")
	w.refused(1, "create-submit", "401 login_required")
	w.logIn(1, 2)
	w.taps(2, "tab-me")
	w.enter(2, "name", "")
	w.refused(2, "rename", "400 invalid_name")
	for _, action := range []string{"join", "join-notify", "leave", "share", "cancel"} {
		w.tap(2, action)
		if got := w.code(2); got != "nothing_open" {
			w.Errorf("%s without a lottery: %q", action, got)
		}
	}
}

func (w *tab) mustRefuseBadLotteries() {
	w.Helper()
	w.draft(1, "5")
	w.refused(1, "create-submit", "400 invalid_draw_at")
	w.draft(1, "60")
	w.enter(1, "quantity1", "0")
	w.refused(1, "create-submit", "400 invalid_prizes")
	w.enter(1, "quantity1", "1")
	w.enter(1, "title", "")
	w.refused(1, "create-submit", "400 invalid_title")
	w.enter(1, "title", "A RISKY title")
	w.refused(1, "create-submit", "422 text_rejected")
}

// mustRefuseStrangersAndOwners leaves the second phone with a ticket, and all phones logged in, with the same lottery open.
func (w *tab) mustRefuseStrangersAndOwners() {
	w.Helper()
	w.enter(1, "title", "Tea")
	w.taps(1, "create-submit", "share")
	w.refused(1, "join", "403 own_event")
	w.refused(1, "join-notify", "403 own_event")
	w.taps(2, "tab-chat", "open")
	w.refused(2, "cancel", "403 not_owner")
	w.taps(2, "join")
	w.taps(3, "open")
	for _, action := range []string{"join", "join-notify", "leave", "cancel"} {
		w.refused(3, action, "401 login_required")
	}
	w.logIn(3)
}

func (w *tab) mustRefuseWhatIsCanceled() {
	w.Helper()
	w.taps(1, "cancel")
	w.refused(3, "join", "409 event_canceled")
	w.refused(3, "join-notify", "409 event_canceled")
	w.refused(2, "leave", "409 event_canceled")
}

// mustRefuseWhatIsTooLate has the second phone join a lottery, and the third come late.
func (w *tab) mustRefuseWhatIsTooLate() {
	w.Helper()
	w.draft(1, "16")
	w.taps(1, "create-submit", "share")
	id := eval[string](w, `document.querySelector('[data-phone="1"]').dataset.event`)
	for _, phone := range []int{2, 3} {
		w.taps(phone, "tab-chat", `open"][data-id="`+id)
	}
	w.taps(2, "join")
	for _, c := range [][2]string{{"opening", "409 event_locked"}, {"opened", "409 event_opened"}} {
		for phone := 1; phone <= 3; phone++ {
			w.state(phone, c[0])
		}
		w.refused(3, "join", c[1])
		w.refused(2, "leave", c[1])
		w.refused(1, "cancel", c[1])
	}
}

// mustRefuseTheHeld shares a lottery whose title WeChat wants to look at first. It comes last, since whoever has opened it goes
// on asking whether it has come out.
func (w *tab) mustRefuseTheHeld() {
	w.Helper()
	w.draft(1, "60")
	w.enter(1, "title", "Up for REVIEW")
	w.taps(1, "create-submit", "share", "tab-lottery")
	id := eval[string](w, `document.querySelector('[data-phone="1"]').dataset.event`)
	is(w, false, `Boolean(document.querySelector('[data-phone="1"] [data-role=qrcode]'))`)
	w.taps(2, "tab-chat")
	w.refused(2, `open"][data-id="`+id, "404 event_not_found")
}

func (w *tab) mustRefuseTheBlocked() {
	w.Helper()
	w.taps(3, "tab-me", "flag")
	w.refused(3, "login", "403 user_blocked")
}

func (w *tab) mustSayThatNobodyAnswers(p *process) {
	w.Helper()
	p.kill()
	w.tap(1, "login")
	if got := w.code(1); got != "no_answer" {
		w.Errorf("without a service: %q", got)
	}
	is(w, true, `document.getElementById('offline').checkVisibility()`)
}

// TestThePagesRequestsAreQuickWhileFiftyJoin logs how quick; BenchmarkPlaygroundRequests measures the same.
func TestThePagesRequestsAreQuickWhileFiftyJoin(t *testing.T) {
	onEmbeddedServers(t)
	t.Parallel()
	w := openPlayground(t, start(t, t.TempDir(), "aws"))
	w.prepareForACrowd()
	w.bringCrowd()
	w.until(`[1, 2, 3].every((n) => document.querySelector('[data-phone="' + n + '"] [data-role=participants]').textContent === '50')`)
	all := w.answers(isFetch)
	t.Logf("p95 of %d requests: %.1f ms; of those that keep the phones up to date: %.1f ms", len(all), p95(all), p95(w.answers(isPoll)))
	w.mustBeClean()
}

func BenchmarkPlaygroundRequests(b *testing.B) {
	w := openPlayground(b, start(b, b.TempDir(), "aws"))
	w.prepareForACrowd()
	w.forget()
	for b.Loop() {
		w.bringCrowd()
	}
	b.ReportMetric(p95(w.answers(isFetch)), "p95_ms")
	w.mustBeClean()
}

// prepareForACrowd has three phones look at a lottery that can be joined for a while.
func (w *tab) prepareForACrowd() {
	w.Helper()
	w.logIn(1, 2, 3)
	w.draft(1, "60")
	w.taps(1, "create-submit", "share")
	w.taps(2, "open")
	w.taps(3, "open")
}

// bringCrowd has fifty more users join what the phones look at.
func (w *tab) bringCrowd() {
	w.Helper()
	w.click(`#crowd`)
	w.until(`document.querySelector('#crowd-box').dataset.state === 'done'`)
	is(w, "Of 50 users, 50 joined.", `document.querySelector('#crowd-text').textContent`)
}

// TestThePlaygroundAtPhoneWidth looks at the page as on a small phone, before and after a lottery that plays by itself.
func TestThePlaygroundAtPhoneWidth(t *testing.T) {
	onEmbeddedServers(t)
	t.Parallel()
	w := openPlayground(t, start(t, t.TempDir(), "aws"))
	w.size(360, 740)
	w.mustFit("at the start")
	w.mustCloseTheFormByEscape()
	w.mustShowItsFocus()
	w.mustFollowTheDevicesLook()
	w.mustSpeak("en", chinese)
	w.click(`#language`)
	w.click(`#play`)
	w.until(`document.querySelectorAll('#steps [data-state=done]').length === 6`)
	w.until(`document.querySelector('[data-phone="3"] [data-role=message]')`)
	w.mustSpeak("zh-CN", english)
	w.click(`#language`)
	w.mustSpeak("en", neither) // what users have written stays Chinese
	w.mustBeClean()
}

// mustFit holds the page to the width of the screen; phones lie side by side, in a row that scrolls by itself.
func (w *tab) mustFit(when string) {
	w.Helper()
	const wide = `[document.documentElement, ...document.querySelectorAll('.screen, .says, .actions, .tabs, .operator section')]
		.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.className || e.localName)`
	if found := eval[[]string](w, wide); len(found) > 0 {
		w.Errorf("%s, wider than there is room: %v", when, found)
	}
	is(w, 360, `document.documentElement.scrollWidth`)
}

// mustCloseTheFormByEscape leaves the form of the first phone closed.
func (w *tab) mustCloseTheFormByEscape() {
	w.Helper()
	w.tap(1, "create")
	is(w, true, `document.activeElement.closest('[data-role=form]').checkVisibility()`)
	w.mustFit("with the form")
	w.do(chromedp.KeyEvent(kb.Escape))
	is(w, false, `document.querySelector('[data-phone="1"] [data-role=form]').checkVisibility()`)
	is(w, "create", `document.activeElement.dataset.action`)
}

// mustShowItsFocus goes through the page by Tab, with the form of the first phone and the last panel of the second open. A group
// of radio buttons is one stop; the one that is chosen has its label drawn beside it.
func (w *tab) mustShowItsFocus() {
	w.Helper()
	w.tap(1, "create")
	w.tap(2, "tab-me")
	reachable := eval[int](w, `(window.stops = new Set(),
		window.toReach = [...document.querySelectorAll('a[href], button, select, input, summary')].filter((e) => e.checkVisibility() && (e.type !== 'radio' || e.checked)),
		toReach.length)`)
	const stop = `((e) => {
		if (e === document.body) return ''; // past the last
		if (stops.has(e)) return 'again';
		stops.add(e);
		const s = getComputedStyle(e.type === 'radio' ? e.nextElementSibling : e);
		const seen = (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none';
		return seen ? '' : e.outerHTML;
	})(document.activeElement)`
	for range 2 * reachable {
		w.do(chromedp.KeyEvent(kb.Tab))
		found := eval[string](w, stop)
		if found == "again" {
			break
		}
		if found != "" {
			w.Errorf("no focus is seen on %s", found)
		}
	}
	if found := eval[[]string](w, `toReach.filter((e) => !stops.has(e)).map((e) => e.outerHTML)`); len(found) > 0 || reachable < 30 {
		w.Errorf("of %d, Tab does not reach %v", reachable, found)
	}
	w.tap(1, "close")
}

func (w *tab) mustFollowTheDevicesLook() {
	w.Helper()
	const brightness = `Math.max(...getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).slice(0, 3).map(Number))`
	w.look("dark")
	if got := eval[float64](w, brightness); got > 60 {
		w.Errorf("in the dark the ground has a brightness of %v of 255", got)
	}
	w.look("light")
	if got := eval[float64](w, brightness); got < 200 {
		w.Errorf("in the light the ground has a brightness of %v of 255", got)
	}
}

// mustSpeak holds the page, in all panels of all phones, to a language, where foreign is what another would look like.
func (w *tab) mustSpeak(language string, foreign *regexp.Regexp) {
	w.Helper()
	is(w, language, `document.documentElement.lang`)
	for _, action := range []string{"create", "tab-me", "tab-chat", "tab-lottery"} {
		for phone := 1; phone <= 3; phone++ {
			w.tap(phone, action)
			if action == "create" && phone > 1 {
				w.tap(phone, "close")
			}
		}
		w.mustFit(action + " in " + language)
		for _, text := range eval[[]string](w, texts) {
			if keyLike.MatchString(text) || foreign.MatchString(text) {
				w.Errorf("%s: %q after %s", language, text, action)
			}
		}
	}
	w.tap(1, "close")
}

// texts is what can be read or heard on the page, without what is code and what users have written.
const texts = `(() => {
	const foreign = 'code, .unseen[data-role=news], [data-role=name], [data-role=title], [data-function] h4, [data-panel=chat] h4, #language';
	const all = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (e.checkVisibility() && !e.closest(foreign)) all.push(walk.currentNode.data.trim());
	}
	for (const e of document.querySelectorAll('[aria-label], [alt], [placeholder]')) {
		if (e.checkVisibility() && !e.closest(foreign)) all.push(...['aria-label', 'alt', 'placeholder'].map((a) => e.getAttribute(a) ?? ''));
	}
	return all.filter(Boolean);
})()`

// What looks like a key of a table, or like a sentence that was not filled in; and what is English, Chinese or neither.
var (
	keyLike = regexp.MustCompile(`^[a-z]+([A-Z][a-z]+|[._][a-z]+)+$|\{\d\}|\b(undefined|null|NaN)\b|\[object`)
	english = regexp.MustCompile(`[A-Za-z]{3,}`)
	chinese = regexp.MustCompile(`\p{Han}`)
	neither = regexp.MustCompile(`$.`)
)
