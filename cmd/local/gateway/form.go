package gateway

import (
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"time"
	"unicode/utf8"
)

// A Form is how a cloud puts HTTP into JSON.
type Form interface {
	// event is what the cloud sends to a function for a request.
	event(r *http.Request, body []byte, id string, now time.Time) ([]byte, error)
	// answer reads what the function returned.
	answer(returned []byte) (answer, error)
}

// An answer is what a function returned, as HTTP has it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// newAnswer refuses an answer without a statusCode. The real gateways make a 200 of it; here only a defect of ours could
// cause it.
func newAnswer(status int, text string, isBase64 bool) (answer, error) {
	if status < 200 || status > 599 {
		return answer{}, errors.New("the answer has no valid statusCode")
	}
	a := answer{status: status, header: http.Header{}, body: []byte(text)}
	if !isBase64 {
		return a, nil
	}
	body, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return answer{}, errors.New("the answer's body is not base64")
	}
	a.body = body
	return a, nil
}

var errShape = errors.New("the answer is not JSON of the expected shape")

// textOf gives a request's body as JSON can carry it.
func textOf(body []byte) (text string, isBase64 bool) {
	if utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
