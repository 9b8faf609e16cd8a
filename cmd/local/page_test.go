package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTheVerifyPageChecksADrawOfTheLocalCloud opens the page of a drawn lottery in a real browser. Its first visit builds it.
func TestTheVerifyPageChecksADrawOfTheLocalCloud(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "aws")
	e := p.create(p.logIn("owner"))
	p.call("POST", "/join/"+e.ID, p.logIn("ann"), nil).is(201, "")
	p.mustOpen(e)
	address := p.url + "/verify/" + e.ID
	res := p.call("GET", "/verify/"+e.ID, "", nil).is(200, "")
	if !strings.Contains(string(res.body), "<!doctype html>") && !strings.Contains(string(res.body), "<!DOCTYPE html>") {
		t.Errorf("%.200s", res.body)
	}
	tab := newTab(t)
	if kind := verdictAt(t, tab, address); kind != "rehearsal" {
		t.Errorf("the verdict is %q", kind)
	}
	// Whoever does not name the development chain is told that it is not the public source.
	if kind := verdictAt(t, tab, address+"?dev="); kind != "failed" {
		t.Errorf("without the chain's key the verdict is %q", kind)
	}
}

// newTab opens a tab of a browser that is there for this test only.
func newTab(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("no browser: install chromium")
		}
		t.Skip("no browser: chromium, chromium-browser or google-chrome")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { cancel(); stop() })
	if err := chromedp.Do(ctx); err != nil { // starts it; with a context of its own, the first action would end it
		t.Fatal(err)
	}
	return ctx
}

// verdictAt opens an address and waits until nothing is being checked any more.
func verdictAt(t *testing.T, tab context.Context, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab, 2*time.Minute)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	const kind = `document.body && document.body.getAttribute('aria-busy') === 'false' && document.getElementById('verdict').dataset.kind || ''`
	for {
		found, err := chromedp.Run(ctx, chromedp.Evaluate[string](kind))
		if err != nil {
			t.Fatal(err)
		}
		if found != "" {
			return found
		}
		time.Sleep(50 * time.Millisecond)
	}
}
