package wechat

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"wxlottery/internal/testredis"
	"wxlottery/shared/session"
)

const testKey = "wechat:token:" + testAppID

// cacheAt opens the cache on the client of the functions.
func cacheAt(t *testing.T, addr string) (*RedisTokens, *redis.Client) {
	t.Helper()
	rdb := session.Open(session.RedisOptions{Addr: addr})
	t.Cleanup(func() { _ = rdb.Close() })
	return NewRedisTokens(rdb, testAppID), rdb
}

func mini(t *testing.T) (*miniredis.Miniredis, *RedisTokens, *redis.Client) {
	t.Helper()
	m := testredis.Mini(t)
	cache, rdb := cacheAt(t, m.Addr())
	return m, cache, rdb
}

func wantCached(t *testing.T, r *RedisTokens, want string) {
	t.Helper()
	if got, err := r.Get(t.Context()); got != want || err != nil {
		t.Errorf("cached %q, %v, want %q", got, err, want)
	}
}

func TestACachedTokenLivesAsLongAsItIsGood(t *testing.T) {
	t.Parallel()
	m, r, _ := mini(t)
	wantCached(t, r, "")
	if err := r.Put(t.Context(), "T1", time.Hour); err != nil {
		t.Fatal(err)
	}
	wantCached(t, r, "T1")
	if got := m.TTL(testKey); got != time.Hour {
		t.Errorf("it lives for %s in %s", got, m.Keys())
	}
	m.FastForward(time.Hour)
	wantCached(t, r, "")
}

func TestOnlyTheTokenThatFailedIsDropped(t *testing.T) {
	t.Parallel()
	_, r, _ := mini(t)
	drop := func(token string) {
		t.Helper()
		if err := r.Drop(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	drop("T1")
	if err := r.Put(t.Context(), "T2", time.Hour); err != nil {
		t.Fatal(err)
	}
	drop("T1")
	wantCached(t, r, "T2")
	drop("T2")
	wantCached(t, r, "")
}

// lateHook does something between the look at the cached token and its removal.
type lateHook struct{ late func() }

func (h lateHook) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (h lateHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (h lateHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.late()
		return next(ctx, cmds)
	}
}

func TestATokenPutAtTheLastMomentIsNotDropped(t *testing.T) {
	t.Parallel()
	m, r, rdb := mini(t)
	if err := r.Put(t.Context(), "T1", time.Hour); err != nil {
		t.Fatal(err)
	}
	hooked := false
	rdb.AddHook(lateHook{func() {
		hooked = true
		_ = m.Set(testKey, "T2")
	}})
	if err := r.Drop(t.Context(), "T1"); err != nil || !hooked {
		t.Errorf("drop: %v, hooked: %t", err, hooked)
	}
	wantCached(t, r, "T2")
}

func TestInstancesShareATokenThroughRedis(t *testing.T) {
	t.Parallel()
	m, r, _ := mini(t)
	other, _ := cacheAt(t, m.Addr())
	sim, c := tapped(t)
	one, two := another(t, c, r), another(t, c, other)
	send(t, one)
	send(t, two)
	wantCount(t, sim, "stable_token", 1)
	if got := m.TTL(testKey); got != tokenLife-tokenMargin {
		t.Errorf("it lives for %s", got)
	}
	sim.Revoke()
	send(t, one)
	fresh, _ := m.Get(testKey)
	send(t, two) // its drop of the old token must not take the new one away
	if now, _ := m.Get(testKey); now != fresh || now == "" {
		t.Error("the new token is not cached any more")
	}
	wantCount(t, sim, "subscribe_send", 6)
	send(t, another(t, c, r))
	wantCount(t, sim, "stable_token", 3) // one for each that was refused, none for the newcomer
}

func TestARedisThatIsDownCostsACallAndNothingElse(t *testing.T) {
	t.Parallel()
	m, r, _ := mini(t)
	m.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	hanging, _ := cacheAt(t, silent.Addr().String())
	for name, cache := range map[string]*RedisTokens{"down": r, "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, c := tapped(t)
			c = another(t, c, cache)
			begin := time.Now()
			send(t, c)
			sim.Revoke()
			send(t, c)
			if d := time.Since(begin); d > 3*time.Second {
				t.Errorf("took %s", d)
			}
			wantCount(t, sim, "stable_token", 2)
			wantCount(t, sim, "subscribe_send", 3)
		})
	}
}

func TestErrorsOfTheCacheLeakNothing(t *testing.T) {
	t.Parallel()
	m, r, _ := mini(t)
	down, _ := cacheAt(t, "127.0.0.1:1")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	m.SetError("ERR unknown command 'SET' '" + testKey + "' '" + leakToken + "'")
	for _, ctx := range []context.Context{t.Context(), gone} {
		for _, cache := range []*RedisTokens{r, down} {
			_, err := cache.Get(ctx)
			for _, err := range []error{err, cache.Put(ctx, leakToken, time.Hour), cache.Drop(ctx, leakToken)} {
				wantNoLeak(t, err, testKey)
				if err == nil || !strings.Contains(err.Error(), "the cached token") {
					t.Errorf("error %v", err)
				}
			}
		}
	}
}
