package session_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"wxlottery/internal/testredis"
	"wxlottery/shared/session"
)

// keyOf is the documented key of a token.
func keyOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "session:" + hex.EncodeToString(sum[:])
}

func TestAnUnusedSessionEndsAfterSevenDays(t *testing.T) {
	t.Parallel()
	var c clock
	s := session.New(testredis.New(t), session.Options{Now: c.now})
	id := someone()
	used, unused := login(t, s, id), login(t, s, id)
	c.advance(7*day - time.Minute)
	wantLogin(t, s, used, id)
	c.advance(time.Minute)
	wantNone(t, s, unused)
	wantLogin(t, s, used, id)
}

func TestUseKeepsASessionForThirtyDaysAndNoLonger(t *testing.T) {
	t.Parallel()
	var c clock
	s := session.New(testredis.New(t), session.Options{Now: c.now})
	id := someone()
	token := login(t, s, id)
	for range 6 {
		c.advance(5*day - 10*time.Second)
		wantLogin(t, s, token, id)
	}
	c.advance(time.Minute)
	wantNone(t, s, token)
}

// The value alone decides above; here Redis does, by its own clock.
func TestRedisExpiresWhatTheRulesEnd(t *testing.T) {
	t.Parallel()
	var c clock
	m := testredis.Mini(t)
	rdb := redis.NewClient(&redis.Options{Addr: m.Addr(), Protocol: 2})
	t.Cleanup(func() { _ = rdb.Close() })
	s := session.New(rdb, session.Options{Now: c.now})
	id := someone()
	pass := func(d time.Duration) {
		c.advance(d)
		m.FastForward(d)
	}
	token := login(t, s, id)
	for range 9 {
		pass(3 * day)
		wantLogin(t, s, token, id)
	}
	if ttl := m.TTL(keyOf(token)); ttl > 3*day || ttl < 3*day-time.Minute {
		t.Errorf("time to live %s after 27 days, want what is left of 30", ttl)
	}
	if ttl := m.TTL("sessions:" + id.UserID); ttl < m.TTL(keyOf(token)) {
		t.Errorf("the index lives %s, less than a session in it", ttl)
	}
	unused := login(t, s, id)
	if ttl := m.TTL(keyOf(unused)); ttl != 7*day {
		t.Errorf("time to live %s of a new session, want 7 days", ttl)
	}
	pass(30*day + time.Minute)
	if keys := m.Keys(); len(keys) != 0 {
		t.Errorf("left in Redis after everything has ended: %v", keys)
	}
}

func TestTheOptionsAreTheRules(t *testing.T) {
	t.Parallel()
	var c clock
	s := session.New(testredis.New(t), session.Options{
		Idle: 10 * time.Minute, Absolute: 15 * time.Minute, SlideEvery: time.Minute, PerUser: 1, Now: c.now,
	})
	id := someone()
	first := login(t, s, id)
	c.advance(time.Second)
	second, expiresIn, err := s.Create(t.Context(), id)
	if err != nil || expiresIn != 10*time.Minute {
		t.Errorf("expires in %s, %v, want the idle time", expiresIn, err)
	}
	wantNone(t, s, first)
	c.advance(9 * time.Minute)
	wantLogin(t, s, second, id)
	c.advance(5 * time.Minute)
	wantLogin(t, s, second, id)
	c.advance(time.Minute)
	wantNone(t, s, second)
}

func TestACorruptValueIsNoSession(t *testing.T) {
	t.Parallel()
	rdb := testredis.New(t)
	s := session.New(rdb, session.Options{})
	id := someone()
	token := login(t, s, id)
	now := time.Now().UnixMilli()
	for _, value := range []string{
		"", "x", "null", "[]", "{}", `{"u":1}`,
		fmt.Sprintf(`{"u":"","o":"o","c":%d,"s":%d}`, now, now),
		fmt.Sprintf(`{"u":"u","o":"","c":%d,"s":%d}`, now, now),
		fmt.Sprintf(`{"u":"u","o":"o","s":%d}`, now),
		fmt.Sprintf(`{"u":"u","o":"o","c":%d,"s":%d}`, now, now-1),
		fmt.Sprintf(`{"u":"u","o":"o","c":%d,"s":%d}x`, now, now),
	} {
		if err := rdb.Set(t.Context(), keyOf(token), value, time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
		wantNone(t, s, token)
	}
	good := fmt.Sprintf(`{"u":%q,"o":%q,"c":%d,"s":%d}`, id.UserID, id.OpenID, now, now)
	if err := rdb.Set(t.Context(), keyOf(token), good, time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	wantLogin(t, s, token, id)
}
