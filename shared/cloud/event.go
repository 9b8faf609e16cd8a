package cloud

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// event is an HTTP request as some cloud described it. Only an adapter fills it in.
type event struct {
	requestID string // the platform's, "" when it gives none
	clientIP  string // the platform's view, never a header's
	method    string
	host      string
	path      string
	encoded   bool // the path is percent-encoded
	query     string
	header    http.Header
	body      []byte
}

// answer runs the request an event describes by h, which it wraps. What is no request (err says why, or a part of it is
// missing) is answered 400 malformed under the same wrapping.
func answer(ctx context.Context, h http.Handler, e event, err error) *response {
	ctx = withRequestID(ctx, e.requestID)
	if err == nil && (e.method == "" || !strings.HasPrefix(e.path, "/")) {
		err = errNoEvent
	}
	if err != nil {
		e, h = event{method: e.method, path: "/"}, refuse(err)
	}
	res := newResponse()
	Wrap(h).ServeHTTP(res, e.request(ctx))
	return res
}

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

// remoteAddr has the form of net/http, host:port, with the port nobody knows as 0; "" for what is no address.
func remoteAddr(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	return netip.AddrPortFrom(addr, 0).String()
}
