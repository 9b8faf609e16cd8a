package contract

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// simulators is the part of a local cloud that is not the API.
const simulators = "/_sim/"

// Handler returns a handler that passes every request to h and fails t when the answer is not the documented one, or when
// a request that was accepted (2xx) is not. The answer reaches the client unchanged. A route outside the document must
// answer 404 route_not_found, or 405 method_not_allowed where only the method is wrong. t must outlive the requests.
func (d *Doc) Handler(t testing.TB, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Helper()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("contract: read the request: %v", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		seen := r.Clone(r.Context()) // h may change what it was given
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		res := rec.Result()
		x := exchange{req: seen, reqBody: body, status: res.StatusCode, header: res.Header, body: rec.Body.Bytes()}
		d.report(t, x)
		for name, values := range x.header {
			w.Header()[name] = values
		}
		w.WriteHeader(x.status)
		_, _ = w.Write(x.body) // a client that went away is not what the test is about
	})
}

// Client returns a client that does over the wire what Handler does in front of a handler, for the server at base
// ("http://127.0.0.1:8080"). Requests to other servers, and to the simulators under /_sim/, pass unchecked. It follows no
// redirects. t must outlive the requests.
func (d *Doc) Client(t testing.TB, base string) *http.Client {
	return &http.Client{
		Transport:     d.Transport(t, base, http.DefaultTransport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Transport is the http.RoundTripper of Client, on top of next.
func (d *Doc) Transport(t testing.TB, base string, next http.RoundTripper) http.RoundTripper {
	return &transport{doc: d, t: t, base: strings.TrimSuffix(base, "/"), next: next}
}

type transport struct {
	doc  *Doc
	t    testing.TB
	base string
	next http.RoundTripper
}

// RoundTrip is part of http.RoundTripper.
func (tr *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	tr.t.Helper()
	body, err := drain(r.Body)
	if err != nil {
		return nil, err
	}
	sent := r.Clone(r.Context())
	if r.Body != nil {
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	res, err := tr.next.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	answer, err := drain(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(answer))
	if seen, ok := tr.inside(r); ok {
		tr.doc.report(tr.t, exchange{req: seen, reqBody: body, status: res.StatusCode, header: res.Header, body: answer})
	}
	return res, nil
}

// inside returns the request as the server at base sees it, and whether it is one for the API.
func (tr *transport) inside(r *http.Request) (*http.Request, bool) {
	rest, ok := strings.CutPrefix(r.URL.Scheme+"://"+r.URL.Host+r.URL.EscapedPath(), tr.base)
	if !ok || rest != "" && rest[0] != '/' || strings.HasPrefix(rest, simulators) {
		return nil, false
	}
	seen := r.Clone(r.Context())
	u, err := r.URL.Parse(r.URL.Scheme + "://" + r.URL.Host + rest)
	if err != nil {
		return nil, false
	}
	u.RawQuery = r.URL.RawQuery
	seen.URL = u
	return seen, true
}

// drain reads and closes a body; none is empty.
func drain(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	return io.ReadAll(body)
}

func (d *Doc) report(t testing.TB, x exchange) {
	t.Helper()
	for _, p := range d.check(x) {
		t.Errorf("contract: %s", p)
	}
}
