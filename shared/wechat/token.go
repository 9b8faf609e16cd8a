package wechat

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"wxlottery/shared/secret"
)

const (
	tokenLife   = 2 * time.Hour // the longest that WeChat documents
	tokenMargin = time.Minute   // how long before its end a token is given up
	tokenLimit  = 1024          // bytes; WeChat asks for room for 512
)

// TokenCache keeps the app's access token for all instances. It is only a cache: an error of it costs one more call of
// stable_token and is never an error of the caller's.
type TokenCache interface {
	Get(ctx context.Context) (token string, err error) // "" where there is none
	Put(ctx context.Context, token string, life time.Duration) error
	Drop(ctx context.Context, token string) error // only if it is still this one
}

// noCache is a TokenCache that is always empty.
type noCache struct{}

func (noCache) Get(context.Context) (string, error)              { return "", nil }
func (noCache) Put(context.Context, string, time.Duration) error { return nil }
func (noCache) Drop(context.Context, string) error               { return nil }

// keeper has the access token: in memory, else in the cache, else from WeChat. WeChat gives the same token to all who ask
// for a stable one, so instances need no lock between them.
type keeper struct {
	ask     func(context.Context) (token string, life time.Duration, err error)
	cache   TokenCache
	now     func() time.Time
	flights singleflight.Group

	mu    sync.Mutex
	token secret.Text
	end   time.Time
	stale bool // a token was refused and none has come from WeChat since
}

func newKeeper(ask func(context.Context) (string, time.Duration, error), cache TokenCache) *keeper {
	if cache == nil {
		cache = noCache{}
	}
	return &keeper{ask: ask, cache: cache, now: wallClock}
}

// wallClock has no monotonic part, which may stand still while a function is frozen.
func wallClock() time.Time { return time.Now().Round(0) }

const flight = "token" // the only thing that is fetched

// get returns a token. Concurrent callers share one fetch, which goes on for the others when one of them leaves.
func (k *keeper) get(ctx context.Context) (string, error) {
	if t, _ := k.held(); t != "" {
		return t, nil
	}
	landed := k.flights.DoChan(flight, func() (any, error) { return k.renew(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("wechat: stable_token: %w", ctx.Err())
	case r := <-landed:
		t, _ := r.Val.(string)
		return t, r.Err
	}
}

// held is the token in memory; "" if there is none or it is at its end.
func (k *keeper) held() (token string, stale bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now().Before(k.end) {
		token = k.token.Reveal()
	}
	return token, k.stale
}

// renew fetches a token. After a refusal the cache is not asked: what another instance left there may have been refused as
// well, and the caller has only one more try.
func (k *keeper) renew(ctx context.Context) (string, error) {
	t, stale := k.held()
	if t != "" {
		return t, nil // of a fetch that ended a moment ago
	}
	if !stale {
		if t, err := k.cache.Get(ctx); err == nil && isToken(t) {
			k.holdCached(t)
			return t, nil
		}
	}
	begin := k.now()
	t, life, err := k.ask(ctx)
	if err != nil {
		return "", err
	}
	k.hold(t, begin.Add(life))
	_ = k.cache.Put(ctx, t, life) // only a cache
	return t, nil
}

func (k *keeper) hold(token string, end time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.token, k.end, k.stale = secret.New(token), end, false
}

// holdCached keeps a token whose end is not known: when the cache forgets it, it has tokenMargin left. If one was refused
// since the cache was asked, this may be it.
func (k *keeper) holdCached(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.stale {
		k.token, k.end = secret.New(token), k.now().Add(tokenMargin)
	}
}

// drop forgets a token that WeChat refused. Of many callers with the same one, the first tells the cache.
func (k *keeper) drop(ctx context.Context, token string) {
	if k.forget(token) {
		_ = k.cache.Drop(ctx, token) // only a cache
	}
}

// forget also lets go of a fetch under way, which may come back with this token from the cache.
func (k *keeper) forget(token string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token.Reveal() != token {
		return false
	}
	k.flights.Forget(flight)
	k.token, k.stale = secret.Text{}, true
	return true
}

func isToken(s string) bool {
	strange := func(r rune) bool { return r <= ' ' || r > '~' }
	return s != "" && len(s) <= tokenLimit && !strings.ContainsFunc(s, strange)
}

// stableToken asks WeChat for the access token and how long it may be used.
func (c *Client) stableToken(ctx context.Context) (token string, life time.Duration, err error) {
	var out struct {
		Token   string `json:"access_token"`
		Seconds number `json:"expires_in"`
	}
	err = c.do(ctx, call{
		api:  "stable_token",
		path: "/cgi-bin/stable_token",
		busy: true,
		body: encode(map[string]any{
			"grant_type":    "client_credential",
			"appid":         c.appID,
			"secret":        c.secret.Reveal(),
			"force_refresh": false,
		}),
	}, &out)
	if err == nil && !isToken(out.Token) {
		err = incomplete("stable_token", "token")
	}
	return out.Token, usableFor(int(out.Seconds)), err
}

// usableFor turns expires_in into a time that makes sense whatever WeChat says: a token is always good for what it was
// fetched for, and never for longer than WeChat documents.
func usableFor(seconds int) time.Duration {
	seconds = min(max(seconds, 0), int(tokenLife/time.Second))
	return max(time.Duration(seconds)*time.Second-tokenMargin, time.Second)
}

// authed makes a call that needs the access token, and once more with a fresh one when WeChat refuses the token.
func (c *Client) authed(ctx context.Context, k call, out any) error {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return err
	}
	k.query = url.Values{"access_token": {token}}
	if err = c.do(ctx, k, out); !curable(err) {
		return err
	}
	c.tokens.drop(ctx, token)
	if token, err = c.tokens.get(ctx); err != nil {
		return err
	}
	k.query = url.Values{"access_token": {token}}
	return c.do(ctx, k, out)
}

// curable reports whether WeChat refused the token in a way that a fresh one may cure.
func curable(err error) bool {
	switch CodeOf(err) {
	case codeBadToken, codeForeignToken, codeExpiredToken:
		return true
	}
	return false
}
