package cloud

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// AcceptsGzip reports whether the client takes answers in gzip.
func AcceptsGzip(r *http.Request) bool {
	for item := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, parameters, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") && !refused(parameters) {
			return true
		}
	}
	return false
}

// refused says whether the weight of a coding is zero: q=0, q=0.000.
func refused(parameters string) bool {
	weight, found := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameters), " ", ""), "q=")
	return found && strings.Trim(weight, "0.") == ""
}

// WriteGzipJSON is WriteJSON for an answer that would not fit otherwise; the client must take gzip. On both clouds a compressed
// body travels as base64, so that what fits gains nothing.
func WriteGzipJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Add("Vary", "Accept-Encoding")
	small := gzip.NewWriter(w)
	WriteJSON(compressed{w, small}, status, body)
	_ = small.Close() // the answer is held back in memory, which takes everything
}

// compressed passes what is written through the compressor.
type compressed struct {
	http.ResponseWriter
	small *gzip.Writer
}

func (c compressed) Write(b []byte) (int, error) { return c.small.Write(b) }
