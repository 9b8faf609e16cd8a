package cloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// AnswerLimit is the largest answer in bytes, counted as both clouds count it: the JSON text that holds status, headers
// and body, with the body's base64 or escapes. They take 6 MB; this leaves room for what the platforms put around it and
// for either meaning of MB.
const AnswerLimit = 6_000_000

// response is an answer that is held back until it is whole. It is an http.ResponseWriter for one goroutine.
type response struct {
	header http.Header
	status int // 0 until WriteHeader or the first Write
	body   bytes.Buffer
}

func newResponse() *response { return &response{header: http.Header{}} }

// Header is part of http.ResponseWriter.
func (res *response) Header() http.Header { return res.header }

// WriteHeader is part of http.ResponseWriter: the first final status counts. An impossible status panics, as it does in
// net/http.
func (res *response) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("cloud: invalid status %d", status))
	}
	if res.status == 0 && status >= 200 {
		res.status = status
	}
}

// Write is part of http.ResponseWriter.
func (res *response) Write(b []byte) (int, error) {
	res.WriteHeader(http.StatusOK)
	return res.body.Write(b)
}

// code is the status of the whole answer; a handler that wrote nothing said 200.
func (res *response) code() int {
	if res.status == 0 {
		return http.StatusOK
	}
	return res.status
}

// plainText reports whether http.Error made the answer.
func (res *response) plainText() bool {
	return strings.HasPrefix(res.header.Get("Content-Type"), "text/plain")
}

// tooLarge reports whether the answer exceeds AnswerLimit. An escape makes six bytes of one at most, so that most answers
// need no counting.
func (res *response) tooLarge() bool {
	size := res.body.Len()
	for name, values := range res.header {
		for _, value := range values {
			size += len(name) + len(value) + len(`"":[""],`)
		}
	}
	if size < AnswerLimit/8 {
		return false
	}
	encoded, err := json.Marshal(encodeV1(res)) // the longest of the forms
	return err != nil || len(encoded) > AnswerLimit
}

// reset throws the answer away.
func (res *response) reset() { *res = response{header: http.Header{}} }

// clearBody throws body and status away and keeps the headers (Allow, of a 405).
func (res *response) clearBody() {
	res.status = 0
	res.body.Reset()
}

// writeTo sends the answer, with the headers every answer has. The length is the transport's business.
func (res *response) writeTo(w http.ResponseWriter, method, requestID string) {
	h := w.Header()
	maps.Copy(h, res.header)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	if h.Get("Content-Type") == "" && res.body.Len() > 0 {
		h.Set("Content-Type", http.DetectContentType(res.body.Bytes())) // browsers are told not to sniff
	}
	h.Del("Content-Length")
	h.Set("X-Request-Id", requestID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	w.WriteHeader(res.code())
	if hasBody(res.code(), method) {
		_, _ = w.Write(res.body.Bytes()) // a client that went away is nobody's error
	}
}

// hasBody reports whether an answer of this status to this method may carry a body.
func hasBody(status int, method string) bool {
	return method != http.MethodHead && status != http.StatusNoContent && status != http.StatusNotModified
}
