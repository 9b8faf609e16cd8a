package session_test

import (
	"context"
	"crypto/rand"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"wxlottery/internal/testredis"
	"wxlottery/shared/fault"
	"wxlottery/shared/session"
)

const day = 24 * time.Hour

// clock is a clock that tests move; any number of goroutines may read it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// someone is an identity no other test uses, so tests can share a server.
func someone() session.Identity {
	return session.Identity{UserID: rand.Text()[:22], OpenID: "oOPENID" + rand.Text()}
}

func login(t testing.TB, s *session.Sessions, id session.Identity) string {
	t.Helper()
	token, _, err := s.Create(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// wantLogin checks that a token is good and whose it is.
func wantLogin(t *testing.T, s *session.Sessions, token string, id session.Identity) {
	t.Helper()
	got, err := s.Check(t.Context(), token)
	if err != nil || got != id {
		t.Errorf("Check = %+v, %v, want a session of %+v", got, err, id)
	}
}

// wantFault checks the kind and code of an error and that nobody is identified by it.
func wantFault(t *testing.T, got session.Identity, err error, kind fault.Kind, code string) {
	t.Helper()
	if f := fault.From(err); f == nil || f.Kind != kind || f.Code != code {
		t.Errorf("error %v, want %s", err, code)
	}
	if got != (session.Identity{}) {
		t.Errorf("an identity %+v comes with an error", got)
	}
}

// wantNone checks that a token is no session.
func wantNone(t *testing.T, s *session.Sessions, token string) {
	t.Helper()
	got, err := s.Check(t.Context(), token)
	wantFault(t, got, err, fault.LoginRequired, "login_required")
}

// hooked runs before every command; to count or to interfere.
type hooked func(name string)

func (hooked) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h hooked) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h(cmd.Name())
		return next(ctx, cmd)
	}
}

func (h hooked) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			h(cmd.Name())
		}
		return next(ctx, cmds)
	}
}

func TestATokenIdentifiesItsOwner(t *testing.T) {
	t.Parallel()
	s := session.New(testredis.New(t), session.Options{})
	alice, bob := someone(), someone()
	a, expiresIn, err := s.Create(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	b := login(t, s, bob)
	if len(a) != 43 || strings.Trim(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" || a == b {
		t.Error("tokens are not two different texts of 43 characters of base64url")
	}
	if expiresIn != 7*day {
		t.Errorf("expires in %s, want 7 days", expiresIn)
	}
	wantLogin(t, s, a, alice)
	wantLogin(t, s, b, bob)
}

func TestAnIncompleteIdentityIsNotLoggedIn(t *testing.T) {
	t.Parallel()
	s := session.New(testredis.New(t), session.Options{})
	for _, id := range []session.Identity{{}, {UserID: "u"}, {OpenID: "o"}} {
		if token, _, err := s.Create(t.Context(), id); fault.From(err).Kind != fault.Internal || token != "" {
			t.Errorf("%+v: token of %d characters, error %v", id, len(token), err)
		}
	}
}

func TestAMalformedTokenIsRefusedWithoutAskingRedis(t *testing.T) {
	t.Parallel()
	rdb := testredis.New(t)
	var asked atomic.Int32
	rdb.AddHook(hooked(func(string) { asked.Add(1) }))
	s := session.New(rdb, session.Options{})
	for _, token := range []string{
		"", "x", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("A", 42) + "=",
		strings.Repeat("A", 42) + "B", // bits beyond the 32 bytes
		strings.Repeat("A", 40) + "+/A", strings.Repeat("A", 41) + "\r\n",
	} {
		wantNone(t, s, token)
		if err := s.Revoke(t.Context(), token); err != nil {
			t.Errorf("revoking %q: %v", token, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("Redis was asked %d times", n)
	}
	wantNone(t, s, strings.Repeat("A", 43))
	if asked.Load() == 0 {
		t.Error("Redis was not asked for a token of the right shape")
	}
}

func TestCheckIsOneGet(t *testing.T) {
	t.Parallel()
	rdb := testredis.New(t)
	var mu sync.Mutex
	var names []string
	rdb.AddHook(hooked(func(name string) { mu.Lock(); defer mu.Unlock(); names = append(names, name) }))
	var c clock
	s := session.New(rdb, session.Options{Now: c.now})
	id := someone()
	token := login(t, s, id)
	names = nil
	wantLogin(t, s, token, id)
	c.advance(day - time.Second)
	wantLogin(t, s, token, id)
	if got := strings.Join(names, " "); got != "get get" {
		t.Errorf("two checks within a day send %q", got)
	}
	names = nil
	c.advance(2 * time.Second)
	wantLogin(t, s, token, id)
	wantLogin(t, s, token, id)
	if got := strings.Join(names, " "); got != "get set get" {
		t.Errorf("two checks a day later send %q", got)
	}
}

func TestTheSixthLoginRevokesTheFirst(t *testing.T) {
	t.Parallel()
	var c clock
	s := session.New(testredis.New(t), session.Options{Now: c.now})
	id, other := someone(), someone()
	bystander := login(t, s, other)
	var tokens []string
	for range 6 {
		tokens = append(tokens, login(t, s, id))
		c.advance(time.Second)
	}
	wantNone(t, s, tokens[0])
	for _, token := range tokens[1:] {
		wantLogin(t, s, token, id)
	}
	wantLogin(t, s, bystander, other)
}

func TestSessionsThatAreGoneDoNotCount(t *testing.T) {
	t.Parallel()
	var c clock
	rdb := testredis.New(t)
	s := session.New(rdb, session.Options{Now: c.now})
	id := someone()
	oldest := login(t, s, id)
	for range 20 {
		c.advance(time.Second)
		if err := s.Revoke(t.Context(), login(t, s, id)); err != nil {
			t.Fatal(err)
		}
	}
	wantLogin(t, s, oldest, id)
	if n := rdb.ZCard(t.Context(), "sessions:"+id.UserID).Val(); n > 6 {
		t.Errorf("the index holds %d entries for one session", n)
	}
}

func TestFiftyConcurrentLoginsLeaveFiveSessions(t *testing.T) {
	t.Parallel()
	rdb := testredis.New(t)
	s := session.New(rdb, session.Options{})
	id := someone()
	tokens := make([]string, 50)
	var wg sync.WaitGroup
	for i := range tokens {
		wg.Go(func() {
			token, _, err := s.Create(t.Context(), id)
			if err != nil {
				t.Error(err)
			}
			tokens[i] = token
		})
	}
	wg.Wait()
	valid := 0
	for _, token := range tokens {
		if _, err := s.Check(t.Context(), token); err == nil {
			valid++
		}
	}
	if valid != 5 {
		t.Errorf("%d sessions are valid, want 5", valid)
	}
	if n := rdb.ZCard(t.Context(), "sessions:"+id.UserID).Val(); n != 5 {
		t.Errorf("the index holds %d entries, want 5", n)
	}
}

func TestALoginThatDiesHalfwayHandsOutNothing(t *testing.T) {
	t.Parallel()
	rdb := testredis.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	rdb.AddHook(hooked(func(name string) {
		if name == "zadd" {
			cancel()
		}
	}))
	token, _, err := session.New(rdb, session.Options{}).Create(ctx, someone())
	wantFault(t, session.Identity{}, err, fault.Unavailable, "unavailable")
	if token != "" {
		t.Error("a token is handed out for a session that is not indexed")
	}
}

func TestRevocationIsImmediate(t *testing.T) {
	t.Parallel()
	rdb := testredis.New(t)
	here, elsewhere := session.New(rdb, session.Options{}), session.New(rdb, session.Options{})
	id := someone()
	first, second := login(t, here, id), login(t, here, id)
	wantLogin(t, elsewhere, first, id)
	for range 2 {
		if err := here.Revoke(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		wantNone(t, elsewhere, first)
	}
	wantLogin(t, elsewhere, second, id)
}

func TestRevokeAllEndsEverySessionOfThatUserOnly(t *testing.T) {
	t.Parallel()
	s := session.New(testredis.New(t), session.Options{})
	id, other := someone(), someone()
	tokens := []string{login(t, s, id), login(t, s, id), login(t, s, id)}
	bystander := login(t, s, other)
	for range 2 {
		if err := s.RevokeAll(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			wantNone(t, s, token)
		}
	}
	wantLogin(t, s, bystander, other)
	wantLogin(t, s, login(t, s, id), id)
}

func TestASlideDoesNotResurrectARevokedSession(t *testing.T) {
	t.Parallel()
	var c clock
	rdb := testredis.New(t)
	revoker := session.New(rdb, session.Options{Now: c.now})
	racing := redis.NewClient(rdb.Options())
	t.Cleanup(func() { _ = racing.Close() })
	id := someone()
	token := login(t, revoker, id)
	racing.AddHook(hooked(func(name string) {
		if name == "set" { // the GET has answered, the slide is about to be written
			if err := revoker.RevokeAll(context.Background(), id); err != nil {
				t.Error(err)
			}
		}
	}))
	c.advance(day)
	wantNone(t, session.New(racing, session.Options{Now: c.now}), token)
	wantNone(t, revoker, token)
}

func TestTheTokenIsNotInRedis(t *testing.T) {
	t.Parallel()
	m := testredis.Mini(t)
	rdb := session.Open(session.RedisOptions{Addr: m.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	var c clock
	s := session.New(rdb, session.Options{Now: c.now})
	id := someone()
	token := login(t, s, id)
	c.advance(day)
	wantLogin(t, s, token, id)
	if n := len(m.Keys()); n != 2 {
		t.Errorf("%d keys, want the session and the index", n)
	}
	if dump := m.Dump(); strings.Contains(dump, token) || !strings.Contains(dump, id.UserID) {
		t.Errorf("Redis holds\n%s", dump)
	}
}

func BenchmarkCheck(b *testing.B) {
	s := session.New(testredis.New(b), session.Options{})
	token := login(b, s, someone())
	for b.Loop() {
		if _, err := s.Check(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBareGet is what BenchmarkCheck is to be compared with.
func BenchmarkBareGet(b *testing.B) {
	rdb := testredis.New(b)
	key := "bench:" + rand.Text()
	if err := rdb.Set(b.Context(), key, strings.Repeat("x", 120), time.Minute).Err(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := rdb.Get(b.Context(), key).Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}

// listen returns the address of a server that handles each connection with f.
func listen(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f(conn)
		}
	}()
	return l.Addr().String()
}
