// Package beacon fetches rounds of public randomness from drand's relays. Its one idea: a relay cannot lie, it can only be
// silent. Every answer is checked with the chain's key before anybody sees it, so it does not matter who gave it, and all
// that a bad relay can cost is time: several are asked at once, and the first answer that is true wins.
//
// The package logs nothing, and its errors name hosts and kinds of failure, never what a relay has sent.
package beacon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"wxlottery/shared/vdraw"
)

const (
	defaultTimeout = 2 * time.Second
	defaultHedge   = 300 * time.Millisecond
	defaultAtOnce  = 2
)

var (
	// ErrNotYet says that no relay has the round, and that one or more of them said it is not out.
	ErrNotYet = errors.New("not out yet")
	// ErrUnavailable says that no relay gave the round, and that none said it is not out.
	ErrUnavailable = errors.New("no relay gave it")
)

// Relays returns the public relays of quicknet, the ones to ask first at the front.
func Relays() []string {
	return []string{
		"https://api.drand.sh",
		"https://drand.cloudflare.com",
		"https://api2.drand.sh",
		"https://api3.drand.sh",
		"https://api.drand.secureweb3.com:6875",
	}
}

// Options are how relays are asked. The zero value is what a function wants.
type Options struct {
	Timeout time.Duration // of one request, from dialling to the last byte; 0: 2 s
	Hedge   time.Duration // how long nothing has to happen until one relay more is asked; 0: 300 ms
	AtOnce  int           // how many relays are asked at the start; 0: two, or all if there are fewer
}

// Client asks the relays of one chain. It is safe for concurrent use; a function makes one and keeps it.
type Client struct {
	chain   vdraw.Chain
	http    *http.Client
	options Options
	known   memory
	flights singleflight.Group

	mu     sync.Mutex
	relays []*url.URL // the one that won last at the front
}

// New makes a client; it asks nobody. A relay is http(s)://host[:port][/prefix], the address below which
// /{chainhash}/public/{round} is served. Error: no relay, a relay of another form, or a negative option.
func New(chain vdraw.Chain, relays []string, o Options) (*Client, error) {
	if len(relays) == 0 {
		return nil, errors.New("beacon: there is no relay to ask")
	}
	if o.Timeout < 0 || o.Hedge < 0 || o.AtOnce < 0 {
		return nil, errors.New("beacon: options must not be negative")
	}
	o = Options{cmp.Or(o.Timeout, defaultTimeout), cmp.Or(o.Hedge, defaultHedge), cmp.Or(o.AtOnce, defaultAtOnce)}
	c := &Client{chain: chain, http: newHTTP(o.Timeout), options: o}
	for i, text := range relays {
		relay, err := url.Parse(text)
		if err != nil || !plain(relay) { // the address may hold a password, so it is not quoted
			return nil, fmt.Errorf("beacon: relay %d of %d is not http(s)://host[:port][/prefix] and nothing more", i+1, len(relays))
		}
		c.relays = append(c.relays, relay)
	}
	return c, nil
}

// plain reports whether u is an address that paths can be appended to.
func plain(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

// Round returns the signature of a round, checked with the chain's key. A round that was had before is not fetched again;
// callers who want the same round at the same time share one fetch. Without an answer it gives up after the timeout of the
// relay asked last: by default 2 s, and 0.3 s more for every relay above two.
//
// Errors: ErrNotYet and ErrUnavailable, after either of which it can be asked for again; when ctx ends first, ctx.Err() and
// neither of them, at once. Round 0 does not exist, which is an error of no kind.
func (c *Client) Round(ctx context.Context, round uint64) (vdraw.Signature, error) {
	if round == 0 {
		return vdraw.Signature{}, errors.New("beacon: round 0 does not exist")
	}
	if signature, ok := c.known.get(round); ok {
		return signature, nil
	}
	signature, err := c.shared(ctx, round)
	if err != nil {
		return vdraw.Signature{}, fmt.Errorf("beacon: round %d: %w", round, err)
	}
	return signature, nil
}

// shared fetches a round together with whoever else wants it. The fetch is nobody's own: it goes on, within its timeouts,
// when the caller who began it leaves.
func (c *Client) shared(ctx context.Context, round uint64) (vdraw.Signature, error) {
	if err := ctx.Err(); err != nil {
		return vdraw.Signature{}, err
	}
	done := c.flights.DoChan(strconv.FormatUint(round, 10), func() (any, error) {
		return c.fetch(context.WithoutCancel(ctx), round)
	})
	select {
	case <-ctx.Done():
		return vdraw.Signature{}, ctx.Err()
	case r := <-done:
		if r.Err != nil {
			return vdraw.Signature{}, r.Err
		}
		return r.Val.(vdraw.Signature), nil
	}
}

// fetch holds a race and remembers who won it and what, unless a fetch that has just ended did so.
func (c *Client) fetch(ctx context.Context, round uint64) (vdraw.Signature, error) {
	if signature, ok := c.known.get(round); ok {
		return signature, nil
	}
	won, err := c.race(ctx, round)
	if err != nil {
		return vdraw.Signature{}, err
	}
	c.known.put(round, won.signature)
	c.promote(won.relay)
	return won.signature, nil
}

// ranking returns the relays in the order in which to ask them.
func (c *Client) ranking() []*url.URL {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.relays)
}

// promote moves a relay to the front, so that one that is slow or gone is not waited for in every race.
func (c *Client) promote(relay *url.URL) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.relays, relay)
	c.relays = slices.Insert(slices.Delete(c.relays, i, i+1), 0, relay)
}
