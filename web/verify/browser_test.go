package verifypage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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

// background outlives single tests, as what they share does.
var background = context.Background()

// patience is how long a condition may take on a busy machine.
const patience = 60 * time.Second

// chromium is the one that all tests open their tabs in; TestMain ends it.
var (
	chromium    = sync.OnceValues(startBrowser)
	stopBrowser = func() {}
)

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

func startBrowser() (ctx context.Context, err error) {
	ctx, stopBrowser, err = browser.Start()
	return ctx, err
}

// A tab is one opened page and what was seen of it.
type tab struct {
	testing.TB
	ctx context.Context

	mu       sync.Mutex
	requests []string
	errors   []string
}

// newTab opens an empty tab. It skips the test where there is no browser, except where CI runs: there it must be. At the end
// of the test the page must have logged no error.
func newTab(t testing.TB) *tab {
	t.Helper()
	browser.Need(t)
	parent, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(parent)
	p := &tab{TB: t, ctx: ctx}
	t.Cleanup(func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, text := range p.errors {
			t.Errorf("the page logged: %s", text)
		}
	})
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	p.size(1100, 900)
	return p
}

// hear takes down what the tab asks for and complains about. What the browser itself logs about refused requests is no
// complaint of the page.
func (p *tab) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		p.errors = append(p.errors, fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		p.errors = append(p.errors, fmt.Sprintf("console.%s", e.Type))
	case *cdplog.EventEntryAdded:
		if e.Entry.Source != cdplog.EntrySourceNetwork {
			p.errors = append(p.errors, e.Entry.Text)
		}
	}
}

// staticTab is a tab with the page from a static host, where no event is open yet.
func staticTab(t testing.TB) *tab {
	t.Helper()
	p := newTab(t)
	p.verdict(staticHost(t)+"?lang=en", "idle")
	return p
}

// do runs an action and returns its value; a failure ends the test.
func do[T any](p *tab, action chromedp.Action[T]) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		p.Fatal(err)
	}
	return v
}

// command sends a command of the browser's protocol.
func command[P, R any](p *tab, c cdp.Command[P, R], params P) {
	p.Helper()
	do(p, func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, c, params) })
}

func (p *tab) open(address string) { p.Helper(); do(p, chromedp.Navigate(address)) }

func (p *tab) size(width, height int64) { p.Helper(); do(p, chromedp.EmulateViewport(width, height)) }

// eval returns the value of a script, as JSON decodes it.
func eval[T any](p *tab, script string, args ...any) T {
	p.Helper()
	for i, arg := range args {
		text, err := json.Marshal(arg)
		if err != nil {
			p.Fatal(err)
		}
		args[i] = string(text)
	}
	return do(p, chromedp.Evaluate[T](fmt.Sprintf(script, args...)))
}

// until waits for a script to give true.
func (p *tab) until(script string, args ...any) {
	p.Helper()
	for end := time.Now().Add(patience); !eval[bool](p, "Boolean("+script+")", append([]any{}, args...)...); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.Fatalf("never true: %s; the page says %q", fmt.Sprintf(script, args...), p.text("main"))
		}
	}
}

// settled waits until nothing is being loaded or checked any more and returns the kind of the verdict.
func (p *tab) settled() string {
	p.Helper()
	p.until(`document.body.getAttribute('aria-busy') === 'false'`)
	return eval[string](p, `document.getElementById('verdict').dataset.kind`)
}

// verdict opens an address and holds the verdict to a kind.
func (p *tab) verdict(address, want string) {
	p.Helper()
	p.open(address)
	p.is(want)
}

// show opens an event's address in the page that is open already and holds the verdict to a kind. The checker is kept, which
// is much faster than a new tab.
func (p *tab) show(address, want string) {
	p.Helper()
	p.settled()
	p.enter("address", address)
	p.click("#address-form button")
	p.is(want)
}

// run is a subtest in the same tab.
func (p *tab) run(name string, test func(t *testing.T)) {
	whole := p.TB.(*testing.T)
	whole.Run(name, func(t *testing.T) {
		p.TB = t
		defer func() { p.TB = whole }()
		test(t)
	})
}

// is holds the verdict, as it stands once the page is at rest, to a kind.
func (p *tab) is(want string) {
	p.Helper()
	if got := p.settled(); got != want {
		p.Errorf("the verdict is %s, want %s: %s", got, want, p.text("#verdict"))
	}
}

// text returns what a reader sees of an element.
func (p *tab) text(selector string) string {
	p.Helper()
	return eval[string](p, `document.querySelector(%s).innerText`, selector)
}

// says holds an element's text to something it must contain.
func (p *tab) says(selector, want string) {
	p.Helper()
	if got := p.text(selector); !strings.Contains(got, want) {
		p.Errorf("%s says %q, want %q in it", selector, got, want)
	}
}

func (p *tab) visible(selector string) bool {
	p.Helper()
	return eval[bool](p, `document.querySelector(%s).checkVisibility()`, selector)
}

func (p *tab) click(selector string) {
	p.Helper()
	eval[bool](p, `(document.querySelector(%s).click(), true)`, selector)
}

// enter fills in a field as a reader who then leaves it.
func (p *tab) enter(id, value string) {
	p.Helper()
	eval[bool](p, `((e, v) => { e.value = v; return e.dispatchEvent(new Event('change', { bubbles: true })); })(document.getElementById(%s), %s)`, id, value)
}

func (p *tab) choose(id string, files ...string) {
	p.Helper()
	do(p, chromedp.SetUploadFiles(chromedp.ID(id), files))
}

// codes returns the finding of each step, from 1, with its outcome: "ok list.ok".
func (p *tab) codes() map[int]string {
	p.Helper()
	steps := eval[[]string](p, `[...document.querySelectorAll('.step')].map((e) => e.dataset.outcome + ' ' + e.dataset.code)`)
	codes := map[int]string{}
	for i, code := range steps {
		codes[i+1] = code
	}
	return codes
}

// failures are the numbers of the failed steps.
func (p *tab) failures() (failed []int) {
	p.Helper()
	return eval[[]int](p, `[...document.querySelectorAll('.step[data-outcome=failed]')].map((e) => Number(e.dataset.step))`)
}

// asked returns what the tab asked the network for so far.
func (p *tab) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.requests...)
}

// look is how a reader's device shows pages.
func (p *tab) look(scheme string) {
	p.Helper()
	command(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// timezone is where the reader is.
func (p *tab) timezone(name string) {
	p.Helper()
	command(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
}

// picture writes a screenshot of the whole page to the folder that LOTTERY_TEST_SCREENSHOTS names, if it names one.
func (p *tab) picture(name string) {
	p.Helper()
	folder := os.Getenv("LOTTERY_TEST_SCREENSHOTS")
	if folder == "" {
		return
	}
	image := do(p, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(folder, name+".png"), image, 0o644); err != nil {
		p.Fatal(err)
	}
}
