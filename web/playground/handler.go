// Package playground is a page that shows a lottery happen: phones of simulated users side by side, and below them what the
// operator sees. It is made for the local cloud, whose public API and /_sim/ are all that it calls. Plain files, no build step.
package playground

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"time"
)

// Assets is the path below which the page's files are served.
const Assets = "/_play/"

// policy lets the page load its own files and talk to its own host, and nothing else: no title or name can become a script,
// a style or a request.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed page
var sources embed.FS

// types are the media types by a file's end. They are not left to the machine's own table, which may say anything.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// Handler serves the page at / and its files below Assets. Everything else is 404, other methods than GET and HEAD 405.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", file("index.html"))
	names, err := fs.ReadDir(sources, "page")
	if err != nil {
		panic(err) // they are in the binary
	}
	for _, entry := range names {
		mux.Handle("GET "+Assets+entry.Name(), file(entry.Name()))
	}
	return mux
}

// file serves one file, which is asked for again at each visit and sent again only when it has changed.
func file(name string) http.Handler {
	content, err := sources.ReadFile("page/" + name)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", types[path.Ext(name)])
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}
