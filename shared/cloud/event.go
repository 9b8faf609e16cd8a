package cloud

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// event is an HTTP request as some cloud described it. Only an adapter fills it in.
type event struct {
	requestID string // the platform's, "" when it gives none
	clientIP  string // the platform's view, never what a client can set
	method    string
	host      string
	path      string
	encoded   bool // the path is percent-encoded
	query     string
	header    http.Header
	body      []byte
}

// httpDecoder reads an HTTP event and says how its answer is to be encoded, also when it cannot be read.
type httpDecoder func(payload []byte) (event, encoder, error)

// shape keeps of a decoding error the field and its type: the value may be anything a client sent.
func shape(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("cloud: the event's %s should not be of JSON type %s", wrong.Field, wrong.Value)
	}
	return errors.New("cloud: the event is no JSON")
}

func bodyBytes(body string, isBase64 bool) ([]byte, error) {
	if !isBase64 {
		return []byte(body), nil
	}
	plain, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return nil, errors.New("cloud: the event's body is not base64")
	}
	return plain, nil
}

// answer runs the request an event describes by h, which it wraps. What is no request (err says why, or a part of it is
// missing) is answered 400 malformed under the same wrapping.
func answer(ctx context.Context, h http.Handler, e event, err error) *response {
	if e.requestID != "" {
		ctx = withRequestID(ctx, e.requestID)
	}
	if err == nil && (e.method == "" || !strings.HasPrefix(e.path, "/")) {
		err = errNoEvent
	}
	if err != nil {
		e, h = e.refused(), refuse(err)
	}
	res := newResponse()
	Wrap(h).ServeHTTP(res, e.request(ctx))
	return res
}

// refused is what may be known of an event that is refused: the method, which says whether the answer has a body. The rest
// may be half read.
func (e event) refused() event { return event{method: e.method, path: "/"} }

// refuse answers what could not be decoded.
func refuse(cause error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, errMalformed.Because(cause))
	})
}

// request makes the request net/http would have made. The parts of the URL are set one by one: a path that was decoded
// before is never parsed again, so nothing in it can become a query or a host.
func (e event) request(ctx context.Context) *http.Request {
	u := url.URL{Path: e.path, RawQuery: e.query}
	if plain, err := url.PathUnescape(e.path); e.encoded && err == nil {
		u.Path, u.RawPath = plain, e.path
	}
	header := e.header
	if header == nil {
		header = http.Header{}
	}
	for _, name := range []string{"Host", "Transfer-Encoding"} {
		header.Del(name) // net/http keeps them out of the header, too
	}
	r := &http.Request{
		Method: e.method, URL: &u, RequestURI: u.RequestURI(), Host: e.host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: http.NoBody, ContentLength: int64(len(e.body)), RemoteAddr: remoteAddr(e.clientIP),
	}
	if len(e.body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(e.body))
	}
	return r.WithContext(ctx)
}

// remoteAddr has the form of net/http, host:port, with 0 for a port nobody knows; "" for what is not one address.
func remoteAddr(ip string) string {
	at, _ := netip.ParseAddrPort(ip)
	if addr, err := netip.ParseAddr(ip); err == nil {
		at = netip.AddrPortFrom(addr, 0)
	} else if !at.IsValid() {
		return ""
	}
	if at.Addr().Zone() != "" { // text of any kind
		return ""
	}
	return at.String()
}
