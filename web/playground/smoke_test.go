package playground_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"wxlottery/internal/browser"
	"wxlottery/web/playground"
)

// TestThePageStartsAndShowsARefusal opens the page in a real browser, with a service behind it that refuses everything.
func TestThePageStartsAndShowsARefusal(t *testing.T) {
	browser.Need(t)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", playground.Handler())
	mux.Handle("GET "+playground.Assets, playground.Handler())
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"error":{"code":"unavailable","message":"not today","request_id":"A"}}`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	tab, stop, err := browser.Start()
	t.Cleanup(stop)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	thrown := make(chan string, 100)
	if err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			thrown <- fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Navigate(server.URL+"/?lang=en")); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.body.dataset.ready === 'true' && document.querySelectorAll('[data-phone][data-state=out]').length === 3`)
	until(t, ctx, `(document.querySelector('[data-phone="1"] [data-action=login]').click(), true)`)
	until(t, ctx, `document.querySelector('[data-phone="1"] [data-role=error][data-code=unavailable]')?.checkVisibility()`)
	until(t, ctx, `(document.getElementById('language').click(), document.documentElement.lang === 'zh-CN')`)
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('[data-phone="1"] [data-role=error]').innerText`))
	if err != nil || !strings.Contains(said, "503 unavailable") || !strings.Contains(said, "服务暂时不可用") {
		t.Errorf("the phone says %q, %v", said, err)
	}
	for len(thrown) > 0 {
		t.Errorf("the page threw %s", <-thrown)
	}
}

// until waits for a script to give true.
func until(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	for ; ; time.Sleep(20 * time.Millisecond) {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+script+")"))
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		if ok {
			return
		}
	}
}
