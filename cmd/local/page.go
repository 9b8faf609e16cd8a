package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync"

	"wxlottery/internal/checkout"
	verifypage "wxlottery/web/verify"
)

// A verifyPage is the page that checks a draw in the browser. It is built at its first visit, which takes a moment (the checker
// is compiled for the browser), so that starting stays quick.
type verifyPage struct {
	ctx    context.Context
	stderr io.Writer
	key    string // of the development chain, in hex

	mu    sync.Mutex
	built http.Handler
}

func newVerifyPage(ctx context.Context, key [96]byte, stderr io.Writer) *verifyPage {
	return &verifyPage{ctx: ctx, stderr: stderr, key: hex.EncodeToString(key[:])}
}

// ServeHTTP builds the page, once, and serves it. After a failure the next visit tries again. The page takes a development chain
// only from its address, where the reader sees it; a visitor who brings none, not even an empty one, is sent there.
func (p *verifyPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if query := r.URL.Query(); !query.Has("dev") {
		query.Set("dev", p.key)
		http.Redirect(w, r, r.URL.Path+"?"+query.Encode(), http.StatusFound)
		return
	}
	page, err := p.get()
	if err != nil {
		fmt.Fprintf(p.stderr, "the verify page: %v\n", err)
		http.Error(w, "the page could not be built; the log of the local cloud says why", http.StatusInternalServerError)
		return
	}
	page.ServeHTTP(w, r)
}

func (p *verifyPage) get() (http.Handler, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.built != nil {
		return p.built, nil
	}
	fmt.Fprintln(p.stderr, "building the verify page; the first time takes a minute")
	root, err := checkout.Root(p.ctx)
	if err != nil {
		return nil, err
	}
	page, err := verifypage.Build(p.ctx, root)
	if err != nil {
		return nil, err
	}
	p.built = verifypage.Handler(page)
	return p.built, nil
}
