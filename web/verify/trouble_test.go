package verifypage_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
)

// raw answers 200 with a text.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }
}

func eventually(t testing.TB, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !met(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never happened that %s", what)
		}
	}
}

func TestWhatTheServiceRefusesIsToldAsWhatItIs(t *testing.T) {
	p := staticTab(t)
	for name, c := range map[string]struct {
		event, proof, tickets http.HandlerFunc
		kind, en              string
	}{
		"unknown event":   {refuse(404, "event_not_found"), refuse(404, "event_not_found"), nil, "absent", "no event at this address"},
		"not locked":      {nil, refuse(409, "not_locked_yet"), nil, "unlocked", "Not locked yet"},
		"internal":        {nil, refuse(500, "internal"), nil, "unavailable", "500 (internal)"},
		"unavailable":     {refuse(503, "unavailable"), refuse(503, "unavailable"), nil, "unavailable", "says nothing about the draw"},
		"no event":        {refuse(500, "internal"), nil, nil, "open", "prize names and rules text are missing"},
		"broken event":    {raw("{"), nil, nil, "open", "can’t be read"},
		"no list":         {nil, nil, refuse(500, "internal"), "open", "The list could not be loaded"},
		"broken list":     {nil, nil, raw(`{"count":300,"from":0,"tickets":"%"}`), "open", "not what was asked for"},
		"empty page":      {nil, nil, raw(`{"count":300,"from":0,"tickets":""}`), "open", "not what was asked for"},
		"endless list":    {nil, nil, raw(`{"count":4000000000,"from":0,"tickets":""}`), "open", "too long for a browser"},
		"senseless count": {nil, nil, raw(`{"count":-1,"from":0,"tickets":""}`), "open", "not what was asked for"},
		"elsewhere": {nil, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, nil, "unavailable", "does not answer"},
	} {
		p.run(name, func(t *testing.T) {
			s := serve(t, newDraw(t, recipe{}))
			s.answers = map[string]http.HandlerFunc{"event": c.event, "proof": c.proof, "tickets": c.tickets}
			p.show(s.address(), c.kind)
			p.says("#verdict", c.en)
			p.isNoPlainYes()
		})
	}
}

func TestACanceledEventIsShownAsSuch(t *testing.T) {
	p := newTab(t)
	d := newDraw(t, recipe{undrawn: true})
	d.event.Status = "canceled"
	s := serve(t, d)
	p.verdict(s.verify()+"?lang=en", "canceled")
	s.answers["proof"] = refuse(409, "event_canceled")
	p.verdict(s.verify()+"?lang=zh", "canceled")
	p.says("#verdict", "活动已取消")
}

func TestBeforeTheLockThePageSaysWhatToKeep(t *testing.T) {
	p := newTab(t)
	d := newDraw(t, recipe{undrawn: true})
	d.event.Fairness.Lock = nil
	s := serve(t, d)
	s.answers["proof"] = refuse(409, "not_locked_yet")
	p.verdict(s.verify()+"?lang=en", "unlocked")
	p.says("#keep-list", d.proof.Manifest.String())
	p.says("#keep-list", operatorKey())
	p.says("#timeline", "List to be locked")
}

// hang answers nothing until the client goes away or the test ends.
func hang(t testing.TB) http.HandlerFunc {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}
}

func TestAListThatDoesNotComeCanBeLeftOut(t *testing.T) {
	p := newTab(t)
	s := serve(t, newDraw(t, recipe{}))
	s.answers["tickets"] = hang(t)
	p.open(s.verify() + "?lang=en")
	p.until(`document.querySelector('[data-code="draw.ok"]')`)
	p.says("#verdict", "Checking")
	p.until(`document.getElementById('stop').checkVisibility()`)
	p.click("#stop")
	p.is("open")
	p.says("#verdict .open", "you went on without it")
}

func TestAServiceThatHangsIsGivenUp(t *testing.T) {
	p := newTab(t)
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `AbortSignal.timeout = ((real) => (ms) => real.call(AbortSignal, ms / 100))(AbortSignal.timeout)`,
	})
	s := serve(t, newDraw(t, recipe{}))
	s.answers["tickets"] = hang(t)
	p.verdict(s.verify()+"?lang=en", "open")
	p.says("#verdict .open", "did not answer in time")
	s.answers["proof"] = hang(t)
	p.verdict(s.verify()+"?lang=zh", "unavailable")
	p.says("#verdict", "未及时应答")
}

func TestAnOldBrowserIsToldSo(t *testing.T) {
	p := newTab(t)
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `delete globalThis.DecompressionStream`})
	p.open(serve(t, newDraw(t, recipe{})).verify())
	p.until(`document.readyState === 'complete'`)
	p.says("#old", "too old")
	p.says("#old", "版本过旧")
	if p.visible("#page") {
		t.Error("the page is shown all the same")
	}
}

func TestACheckerThatCannotStartIsNoVerdict(t *testing.T) {
	p := newTab(t)
	command(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener('DOMContentLoaded', () => { document.getElementById('program').textContent = 'AAAA' }, { capture: true });`,
	})
	p.verdict(serve(t, newDraw(t, recipe{})).verify()+"?lang=en", "stopped")
	p.says("#verdict", "Nothing is known")
}
