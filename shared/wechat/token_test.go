package wechat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wxlottery/internal/wechatsim"
	"wxlottery/shared/secret"
)

// count is how often a method was called.
func count(sim *wechatsim.Sim, api string) (n int) {
	for _, c := range sim.Log() {
		if c.API == api {
			n++
		}
	}
	return n
}

func wantCount(t *testing.T, sim *wechatsim.Sim, api string, want int) {
	t.Helper()
	if n := count(sim, api); n != want {
		t.Errorf("%d calls of %s, want %d", n, api, want)
	}
}

// another makes a client of the same WeChat with this cache, as another instance is.
func another(t *testing.T, c *Client, cache TokenCache) *Client {
	t.Helper()
	other, err := New(Config{AppID: testAppID, Secret: secret.New(testSecret), BaseURL: c.base.String(), Tokens: cache})
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// tapped is simulated with a user who takes many messages.
func tapped(t *testing.T) (*wechatsim.Sim, *Client) {
	t.Helper()
	sim, c := simulated(t)
	if err := sim.Subscribe("alice", "result", 1000); err != nil {
		t.Fatal(err)
	}
	return sim, c
}

func send(t *testing.T, c *Client) {
	t.Helper()
	if err := c.Send(t.Context(), goodMessage); err != nil {
		t.Fatal(err)
	}
}

// remembered is a TokenCache in a variable.
type remembered struct {
	token            string
	gets, puts       int
	life             time.Duration
	dropped, wronged bool
}

func (r *remembered) Get(context.Context) (string, error) {
	r.gets++
	if r.wronged {
		return "", errors.New("no cache")
	}
	return r.token, nil
}

func (r *remembered) Put(_ context.Context, token string, life time.Duration) error {
	r.puts++
	if r.wronged {
		return errors.New("no cache")
	}
	r.token, r.life = token, life
	return nil
}

func (r *remembered) Drop(_ context.Context, token string) error {
	if r.token == token {
		r.token, r.dropped = "", true
	}
	if r.wronged {
		return errors.New("no cache")
	}
	return nil
}

// advance moves WeChat's clock and the client's.
func advance(t *testing.T, sim *wechatsim.Sim, c *Client, d time.Duration) {
	t.Helper()
	if err := sim.Advance(d); err != nil {
		t.Fatal(err)
	}
	before := c.tokens.now
	c.tokens.now = func() time.Time { return before().Add(d) }
}

func TestATokenIsKeptUntilAMinuteBeforeItsEnd(t *testing.T) {
	t.Parallel()
	sim, c := tapped(t)
	send(t, c)
	advance(t, sim, c, tokenLife-tokenMargin-5*time.Second)
	send(t, c)
	wantCount(t, sim, "stable_token", 1)
	advance(t, sim, c, 5*time.Second)
	send(t, c)
	wantCount(t, sim, "stable_token", 2)
	wantCount(t, sim, "subscribe_send", 3)
}

func TestACachedTokenIsKeptForAMinute(t *testing.T) {
	t.Parallel()
	sim, first := tapped(t)
	cache := &remembered{}
	first = another(t, first, cache)
	send(t, first)
	if cache.puts != 1 || cache.life != tokenLife-tokenMargin {
		t.Errorf("put %d times for %s", cache.puts, cache.life)
	}
	second := another(t, first, cache)
	cache.gets = 0
	for range 3 {
		send(t, second)
	}
	advance(t, sim, second, tokenMargin-10*time.Second)
	send(t, second)
	if cache.gets != 1 {
		t.Errorf("the cache was asked %d times within a minute", cache.gets)
	}
	advance(t, sim, second, 10*time.Second)
	send(t, second)
	if cache.gets != 2 {
		t.Errorf("the cache was asked %d times in more than a minute", cache.gets)
	}
	wantCount(t, sim, "stable_token", 1)
}

func TestABrokenCacheCostsACallAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, cache := range map[string]*remembered{"errors": {wronged: true}, "junk": {token: "a b\n"}} {
		sim, c := tapped(t)
		c = another(t, c, cache)
		send(t, c)
		send(t, c)
		wantCount(t, sim, "stable_token", 1)
		sim.Revoke()
		send(t, c)
		wantCount(t, sim, "stable_token", 2)
		wantCount(t, sim, "subscribe_send", 4)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestARevokedTokenIsReplacedOnceAndTheCallRepeatedOnce(t *testing.T) {
	t.Parallel()
	sim, c := tapped(t)
	login(t, sim, c, leakOpen)
	cache := &remembered{}
	c = another(t, c, cache)
	send(t, c)
	old := cache.token
	sim.Revoke()
	send(t, c)
	wantCount(t, sim, "stable_token", 2)
	wantCount(t, sim, "subscribe_send", 3)
	if cache.token == old || !cache.dropped || sim.SentCount() != 2 {
		t.Errorf("old token cached: %t, dropped: %t, %d messages", cache.token == old, cache.dropped, sim.SentCount())
	}
	send(t, c)
	wantCount(t, sim, "stable_token", 2)
	for _, api := range []string{"msg_sec_check", "getwxacodeunlimit"} {
		sim.Revoke()
		before := count(sim, "stable_token")
		if err := calls[api](t.Context(), c); CodeOf(err) == 40001 {
			t.Errorf("%s: %v", api, err)
		}
		wantCount(t, sim, api, 2)
		wantCount(t, sim, "stable_token", before+1)
	}
}

func TestATokenRefusedAgainIsAMisconfiguration(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 42001, 40014} {
		sim, c := tapped(t)
		if err := sim.Fault(wechatsim.Fault{API: "subscribe_send", ErrCode: code, N: 9}); err != nil {
			t.Fatal(err)
		}
		err := c.Send(t.Context(), goodMessage)
		if FateOf(err) != Misconfigured || CodeOf(err) != code {
			t.Errorf("%d: %v", code, err)
		}
		wantCount(t, sim, "subscribe_send", 2)
		wantCount(t, sim, "stable_token", 2)
	}
}

func TestAnotherRefusalLeavesTheTokenAlone(t *testing.T) {
	t.Parallel()
	for _, code := range []int{41001, 43101, 48001, 45009, -1} {
		sim, c := tapped(t)
		if err := sim.Fault(wechatsim.Fault{API: "subscribe_send", ErrCode: code}); err != nil {
			t.Fatal(err)
		}
		if err := c.Send(t.Context(), goodMessage); CodeOf(err) != code {
			t.Errorf("%d: %v", code, err)
		}
		send(t, c)
		wantCount(t, sim, "subscribe_send", 2)
		wantCount(t, sim, "stable_token", 1)
	}
}

func TestAFailedFetchIsTheErrorOfTheCall(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		fault wechatsim.Fault
		want  Fate
	}{
		{wechatsim.Fault{ErrCode: 40125}, Misconfigured},
		{wechatsim.Fault{ErrCode: 45009}, Quota},
		{wechatsim.Fault{ErrCode: -1, N: 2}, NoAnswer},
		{wechatsim.Fault{Truncate: true}, NoAnswer},
	} {
		for _, revoked := range []bool{false, true} { // the first fetch, and the one after a refusal
			sim, c := tapped(t)
			if revoked {
				send(t, c)
				sim.Revoke()
			}
			x.fault.API = "stable_token"
			if err := sim.Fault(x.fault); err != nil {
				t.Fatal(err)
			}
			if err := c.Send(t.Context(), goodMessage); FateOf(err) != x.want {
				t.Errorf("%+v: %v", x.fault, err)
			}
			send(t, c) // the failure is not kept
		}
	}
}

func TestConcurrentCallersShareAFetch(t *testing.T) {
	t.Parallel()
	sim, c := tapped(t)
	all := func() {
		t.Helper()
		if err := sim.Fault(wechatsim.Fault{API: "stable_token", LatencyMS: 50}); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		var failed atomic.Int32
		for range 40 {
			wait.Go(func() {
				if c.Send(t.Context(), goodMessage) != nil {
					failed.Add(1)
				}
			})
		}
		if wait.Wait(); failed.Load() > 0 {
			t.Errorf("%d failed", failed.Load())
		}
	}
	all()
	wantCount(t, sim, "stable_token", 1)
	sim.Revoke()
	all()
	wantCount(t, sim, "stable_token", 2)
}

func TestACallerWhoLeavesDoesNotTakeTheFetchWithHim(t *testing.T) {
	t.Parallel()
	sim, c := tapped(t)
	if err := sim.Fault(wechatsim.Fault{API: "stable_token", LatencyMS: 1000}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- c.Send(ctx, goodMessage) }()
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("left with %v", err)
	}
	wantCount(t, sim, "stable_token", 0) // it is still under way
	send(t, c)
	wantCount(t, sim, "stable_token", 1)
}

func TestATokenOfAnyLifeIsUsedSanely(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]time.Duration{
		7200: 7140 * time.Second, 301: 241 * time.Second, 61: time.Second, 60: time.Second, 0: time.Second, -1: time.Second,
		7201: 7140 * time.Second, 1 << 62: 7140 * time.Second, -1 << 62: time.Second,
	} {
		if got := usableFor(seconds); got != want {
			t.Errorf("expires_in %d: %s, want %s", seconds, got, want)
		}
	}
}

func TestATokenMayBeLongButNotStrange(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]bool{0: false, 1: true, 512: true, 1024: true, 1025: false} {
		if got := isToken(fmt.Sprintf("%0*d", length, 0)[:length]); got != want {
			t.Errorf("%d bytes: %t", length, got)
		}
	}
	for _, s := range []string{"a b", "a\n", "a\x00", "ü", "a\x7f"} {
		if isToken(s) {
			t.Errorf("%q is taken", s)
		}
	}
}

// slowCache is a TokenCache whose Get waits.
type slowCache struct {
	noCache
	token          string
	asked, release chan struct{}
}

func (s slowCache) Get(context.Context) (string, error) {
	close(s.asked)
	<-s.release
	return s.token, nil
}

func TestATokenRefusedWhileTheCacheIsAskedIsNotTakenFromIt(t *testing.T) {
	t.Parallel()
	cache := slowCache{token: "T1", asked: make(chan struct{}), release: make(chan struct{})}
	k := newKeeper(func(context.Context) (string, time.Duration, error) { return "T2", time.Hour, nil }, cache)
	k.hold("T1", time.Time{}) // at its end, and in use by somebody still
	early := make(chan string)
	go func() {
		token, _ := k.get(t.Context())
		early <- token
	}()
	<-cache.asked
	k.drop(t.Context(), "T1")
	if token, err := k.get(t.Context()); token != "T2" || err != nil {
		t.Errorf("after the refusal: %q, %v", token, err)
	}
	k.drop(t.Context(), "T2")
	close(cache.release)
	if token := <-early; token != "T1" {
		t.Errorf("the early caller has %q", token)
	}
	if token, stale := k.held(); token != "" || !stale {
		t.Errorf("held: %q, stale: %t, want the refused token gone", token, stale)
	}
}
