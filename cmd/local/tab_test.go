package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"wxlottery/internal/browser"
)

// patience is how long a condition may take on a busy machine. The verify page, built at its first visit, is the slowest.
const patience = 2 * time.Minute

// A tab is the playground in a browser of its own, and what was seen of it.
type tab struct {
	testing.TB
	ctx  context.Context
	host string

	mu       sync.Mutex
	requests map[network.RequestID]*request
	problems []string // what a page without mistakes does not cause
	refusals int      // that the test has provoked
}

// A request is one that the page sent. A redirect counts as the first of its two.
type request struct {
	method, url string
	kind        network.ResourceType
	status      int64
	begin, end  cdp.MonotonicTime // in seconds; end is 0 while it is on its way
}

// openPlayground opens the page of a running command, in English, and waits until it listens. At the end of the test it must
// have logged nothing, asked no other host, and been refused nothing but what refused has seen.
func openPlayground(t testing.TB, p *process) *tab {
	t.Helper()
	browser.Need(t)
	ctx, stop, err := browser.Start()
	t.Cleanup(stop)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	w := &tab{TB: t, ctx: ctx, host: address.Host, requests: map[network.RequestID]*request{}}
	if err := chromedp.Listen(ctx, w.hear); err != nil {
		t.Fatal(err)
	}
	w.size(1440, 900)
	w.do(chromedp.Navigate(p.url + "/?lang=en"))
	w.until(`document.body.dataset.ready === 'true' && document.querySelectorAll('[data-phone][data-state=out]').length === 3`)
	return w
}

// hear takes down what the page asks for and complains about. What the browser logs by itself about an answer is no complaint
// of the page; the answers are looked at themselves.
func (w *tab) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.sent(e)
	case *network.EventResponseReceived:
		if r := w.requests[e.RequestID]; r != nil {
			r.status = e.Response.Status
		}
	case *network.EventLoadingFinished:
		if r := w.requests[e.RequestID]; r != nil {
			r.end = e.Timestamp
		}
	case *network.EventLoadingFailed:
		w.problems = append(w.problems, fmt.Sprintf("%s: %+v", e.ErrorText, w.requests[e.RequestID]))
	case *runtime.EventExceptionThrown:
		w.problems = append(w.problems, fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		w.problems = append(w.problems, fmt.Sprintf("console.%s", e.Type))
	case *cdplog.EventEntryAdded:
		if e.Entry.Source != cdplog.EntrySourceNetwork {
			w.problems = append(w.problems, e.Entry.Text)
		}
	}
}

func (w *tab) sent(e *network.EventRequestWillBeSent) {
	w.requests[e.RequestID] = &request{method: e.Request.Method, url: e.Request.URL, kind: e.Type, begin: e.Timestamp}
	if to, err := url.Parse(e.Request.URL); err != nil || to.Host != w.host {
		w.problems = append(w.problems, "asked "+e.Request.URL)
	}
}

// answers returns the requests that are over and that match.
func (w *tab) answers(match func(*request) bool) (found []request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.requests {
		if r.status != 0 && match(r) {
			found = append(found, *r)
		}
	}
	return found
}

// forget leaves out of answers what was answered so far.
func (w *tab) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.requests)
}

func isRefusal(r *request) bool { return r.status >= 400 }

func isFetch(r *request) bool { return r.kind == network.ResourceTypeFetch }

// isPoll reports whether a request kept a phone up to date.
func isPoll(r *request) bool {
	return isFetch(r) && r.method == "GET" && !strings.HasSuffix(r.url, "/_sim/operator")
}

// mustBeClean holds the page to what openPlayground promises.
func (w *tab) mustBeClean() {
	w.Helper()
	if refusals := w.answers(isRefusal); len(refusals) != w.refusals {
		w.Errorf("%d refusals, want %d: %v", len(refusals), w.refusals, refusals)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.problems {
		w.Errorf("the page: %s", text)
	}
}

// do runs actions; a failure ends the test.
func (w *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.Fatal(err)
	}
}

// eval returns the value of a script. %s in it are arguments as JSON.
func eval[T any](w *tab, script string, args ...any) T {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](filled(script, args)))
	if err != nil {
		w.Fatalf("%s: %v", filled(script, args), err)
	}
	return v
}

func filled(script string, args []any) string {
	if len(args) == 0 {
		return script
	}
	texts := make([]any, len(args))
	for i, arg := range args {
		text, err := json.Marshal(arg)
		if err != nil {
			panic(err) // strings and numbers only
		}
		texts[i] = string(text)
	}
	return fmt.Sprintf(script, texts...)
}

// until waits for a script to give true.
func (w *tab) until(script string, args ...any) {
	w.Helper()
	w.wait(filled(script, args), func() bool { return eval[bool](w, "Boolean("+filled(script, args)+")") })
}

func (w *tab) wait(what string, come func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !come(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("never came: %s; the page says %q", what, eval[string](w, `document.body.innerText`))
		}
	}
}

// is holds a script to a value.
func is[T comparable](w *tab, want T, script string, args ...any) {
	w.Helper()
	if got := eval[T](w, script, args...); got != want {
		w.Errorf("%s is %v, want %v", filled(script, args), got, want)
	}
}

// click clicks as a mouse does. What the page draws anew just then is looked for again.
func (w *tab) click(selector string) {
	w.Helper()
	var err error
	for range 3 {
		ctx, cancel := context.WithTimeout(w.ctx, patience)
		err = chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		cancel()
		if err == nil {
			return
		}
	}
	w.Fatalf("clicking %s: %v", selector, err)
}

// on is the selector of something in a phone.
func on(phone int, selector string) string {
	return fmt.Sprintf(`[data-phone="%d"] %s`, phone, selector)
}

// tap clicks an action of a phone and waits until it is done.
func (w *tab) tap(phone int, action string) {
	w.Helper()
	w.click(on(phone, `[data-action="`+action+`"]`))
	w.until(`document.querySelector('[data-phone="%s"]').dataset.busy === ''`, phone)
}

// taps clicks several actions that are to be taken. Turning to another tab leaves a refusal in view.
func (w *tab) taps(phone int, actions ...string) {
	w.Helper()
	for _, action := range actions {
		w.tap(phone, action)
		if code := w.code(phone); code != "" && !strings.HasPrefix(action, "tab-") {
			w.Fatalf("%s on phone %d: %s", action, phone, code)
		}
	}
}

// code is what a phone shows of a refusal, "" if it shows none.
func (w *tab) code(phone int) string {
	w.Helper()
	const code = `((e) => e.checkVisibility() ? e.querySelector('[data-role=error-code]')?.innerText ?? e.dataset.code : '')(document.querySelector(%s))`
	return eval[string](w, code, on(phone, `[data-role=error]`))
}

// refused clicks an action that is to be refused, by the service with a status and a code: one more answer says so, and the phone
// shows it.
func (w *tab) refused(phone int, action, want string) {
	w.Helper()
	w.refusals++
	w.tap(phone, action)
	w.wait("an answer that refuses "+action, func() bool { return len(w.answers(isRefusal)) >= w.refusals })
	if got := w.code(phone); got != want {
		w.Errorf("%s on phone %d: %q, want %q", action, phone, got, want)
	}
}

// enter replaces what a field holds, by keys.
func (w *tab) enter(phone int, name, text string) {
	w.Helper()
	w.click(on(phone, `input[name="`+name+`"]`))
	w.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("\b"), chromedp.KeyEvent(text))
	is(w, text, `document.querySelector(%s).value`, on(phone, `input[name="`+name+`"]`))
}

// draft opens the form of a phone, for a lottery with one prize, and chooses how far ahead the draw is.
func (w *tab) draft(phone int, seconds string) {
	w.Helper()
	w.tap(phone, "create")
	w.enter(phone, "prize2", "")
	w.click(on(phone, `input[name=seconds][value="`+seconds+`"]`))
}

// state waits until a phone's lottery has got into a state.
func (w *tab) state(phone int, state string) {
	w.Helper()
	w.until(`document.querySelector('[data-phone="%s"]').dataset.eventState === %s`, phone, state)
}

func (w *tab) size(width, height int64) { w.Helper(); w.do(chromedp.EmulateViewport(width, height)) }

// look is how a reader's device shows pages: light or dark.
func (w *tab) look(scheme string) {
	w.Helper()
	w.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// screenshots is the folder that pictures go to, "" if none are wanted. The one called playground.png is that of the README.
func screenshots() string { return os.Getenv("LOTTERY_SCREENSHOTS") }

// pictures writes the whole page as three screens show it.
func (w *tab) pictures(stage string) {
	w.Helper()
	if screenshots() == "" {
		return
	}
	for _, s := range []struct {
		name, scheme string
		width        int64
	}{{"1440-dark", "dark", 1440}, {"390", "light", 390}, {"1440-light", "light", 1440}} {
		w.look(s.scheme)
		w.size(s.width, 900)
		w.write(stage+"-"+s.name+".png", chromedp.FullScreenshot(100))
	}
}

// write takes a picture.
func (w *tab) write(name string, picture chromedp.Action[[]byte]) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	image, err := chromedp.Run(ctx, picture)
	if err == nil {
		err = os.WriteFile(filepath.Join(screenshots(), name), image, 0o644)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// p95 is the time in milliseconds that 95 of 100 requests do not exceed, as the browser sees it: from asking to the answer's end.
func p95(requests []request) float64 {
	var times []float64
	for _, r := range requests {
		if r.end != 0 {
			times = append(times, 1000*(r.end-r.begin).Float64())
		}
	}
	if len(times) == 0 {
		return math.NaN()
	}
	slices.Sort(times)
	return percentile(times, 95)
}
