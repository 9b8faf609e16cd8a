package verifypage

import (
	"bytes"
	"net/http"
	"time"
)

// Handler serves a page that Build made, whatever the path below its pattern is: mount it at "GET /verify/" and
// /verify/{id} opens the event {id} of the same host.
func Handler(page []byte) http.Handler {
	tag := `"` + hashOf(string(page)) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache") // asked for again each time, sent again only when it changed
		h.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(page))
	})
}
