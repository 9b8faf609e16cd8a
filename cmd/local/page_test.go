package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"wxlottery/internal/browser"
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
	browser.Need(t)
	tab, stop, err := browser.Start()
	t.Cleanup(stop)
	if err != nil {
		t.Fatal(err)
	}
	if kind := verdictAt(t, tab, address); kind != "rehearsal" {
		t.Errorf("the verdict is %q", kind)
	}
	// Whoever does not name the development chain is told that it is not the public source.
	if kind := verdictAt(t, tab, address+"?dev="); kind != "failed" {
		t.Errorf("without the chain's key the verdict is %q", kind)
	}
}

// verdictAt opens an address and waits for the verdict.
func verdictAt(t *testing.T, tab context.Context, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	return verdictIn(t, tab)
}

// verdictIn waits until a verify page checks nothing any more.
func verdictIn(t testing.TB, tab context.Context) string {
	t.Helper()
	const kind = `document.body && document.body.getAttribute('aria-busy') === 'false' && document.getElementById('verdict').dataset.kind || ''`
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
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
