// Package browser starts the Chromium that tests open pages in.
package browser

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// Need skips a test where there is no browser, except where CI runs: there it must be.
func Need(t testing.TB) {
	t.Helper()
	if path() != "" {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no browser: install chromium")
	}
	t.Skip("no browser: chromium, chromium-browser or google-chrome")
}

// path is where the browser is, "" if there is none.
func path() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Start starts a browser with one tab, whose context it returns; stop ends it and is never nil.
func Start() (tab context.Context, stop func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path()), chromedp.Flag("headless", "new"), chromedp.DisableGPU)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	tab, cancel := chromedp.NewContext(allocator)
	// The first action starts the browser; with a context of its own, it would end it.
	return tab, func() { cancel(); end() }, chromedp.Do(tab)
}
