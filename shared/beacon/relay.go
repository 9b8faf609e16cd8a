package beacon

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"wxlottery/shared/vdraw"
)

const (
	answerLimit = 4 << 10
	headerLimit = 16 << 10

	// idleLife is for several rounds in one run. What lies idle longer may have died while the platform had the process
	// frozen, and a request on such a connection would wait for its whole timeout.
	idleLife = 10 * time.Second
)

// newHTTP makes a client that keeps no cookies and follows no redirects. An idle connection that turns out to be closed is
// replaced by net/http itself, since the requests are GETs.
func newHTTP(timeout time.Duration) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: timeout}).DialContext,
			TLSHandshakeTimeout:    timeout,
			ResponseHeaderTimeout:  timeout,
			IdleConnTimeout:        idleLife,
			MaxIdleConns:           16,
			MaxIdleConnsPerHost:    2,
			MaxResponseHeaderBytes: headerLimit,
			DisableCompression:     true, // an answer is some 300 bytes
			ForceAttemptHTTP2:      true, // which a dialer of one's own would turn off
		},
	}
}

// ask gets a round from one relay and checks it. The error is a kind of failure and nothing else: it wraps nothing but
// ErrNotYet, so that the timeout of a request is not taken for the end of a caller's context.
func (c *Client) ask(ctx context.Context, relay *url.URL, round uint64) (vdraw.Signature, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	status, body, err := c.get(ctx, relay.JoinPath(c.chain.Hash.String(), "public", strconv.FormatUint(round, 10)))
	if err != nil {
		return vdraw.Signature{}, kindOf(err, c.options.Timeout)
	}
	signature, err := read(status, body, round)
	if err != nil {
		return vdraw.Signature{}, err
	}
	if c.chain.Verify(round, signature) != nil {
		return vdraw.Signature{}, errSignature
	}
	return signature, nil
}

// get returns the status and up to answerLimit+1 bytes of the body. The body is read whatever the status, since only then
// can the connection be used again.
func (c *Client) get(ctx context.Context, address *url.URL) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Cache-Control", "no-cache") // a cache may hold that the round is not out
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }() // what was read is all that matters
	body, err = io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	return resp.StatusCode, body, err
}

// The ways in which an answer is none.
var (
	errLarge     = fmt.Errorf("an answer over %d bytes", answerLimit)
	errGarbage   = errors.New("an answer that is not a round")
	errRound     = errors.New("another round")
	errSignature = errors.New("a wrong signature")
)

// read returns the signature that an answer gives for the round, not yet checked. The answer's randomness is ignored: it
// follows from the signature. Errors quote nothing of the answer.
func read(status int, body []byte, round uint64) (vdraw.Signature, error) {
	var answer struct {
		Round     uint64           `json:"round"`
		Signature *vdraw.Signature `json:"signature"`
	}
	switch {
	case status == http.StatusNotFound || status == http.StatusTooEarly:
		return vdraw.Signature{}, ErrNotYet
	case status != http.StatusOK:
		return vdraw.Signature{}, fmt.Errorf("HTTP status %d", status)
	case len(body) > answerLimit:
		return vdraw.Signature{}, errLarge
	case json.Unmarshal(body, &answer) != nil || answer.Signature == nil:
		return vdraw.Signature{}, errGarbage
	case answer.Round != round:
		return vdraw.Signature{}, errRound
	}
	return *answer.Signature, nil
}

// kindOf keeps of a transport error what kind it is. Its text may hold addresses, a proxy's among them, and what the relay
// has sent.
func kindOf(err error, timeout time.Duration) error {
	var (
		network net.Error
		name    *net.DNSError
		number  syscall.Errno
		cert    *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Errorf("no answer within %s", timeout)
	case errors.As(err, &name):
		return errors.New("the host's name is not known")
	case errors.As(err, &cert):
		return errors.New("a certificate that is not trusted")
	case errors.As(err, &number):
		return errors.New(number.Error()) // for example connection refused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed")
	}
	return errors.New("no usable connection")
}
