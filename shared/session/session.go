// Package session keeps who is logged in, in Redis. Its one idea: a token is a random number that only its owner knows;
// Redis holds its hash, so reading Redis logs nobody in, and asking who a token belongs to is a single GET.
//
// A session is the key session:<SHA-256 of the token>. Each user has an index, sessions:<user id>, a sorted set of those
// hashes by time of creation. The index only serves to find sessions for removal: it may name some that are gone, but
// never misses one whose token was handed out. Every command touches one key, so Redis Cluster serves as well. The server
// must not evict keys on its own (maxmemory-policy noeviction): with an index gone, RevokeAll finds nothing.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"wxlottery/shared/fault"
)

// Identity is who a session belongs to. Both parts are needed and opaque here.
type Identity struct {
	UserID string
	OpenID string
}

// Options are the rules; a zero field takes its default.
type Options struct {
	Idle       time.Duration    // a session not used for so long ends; 7 days
	Absolute   time.Duration    // a session ends so long after the login, however often it is used; 30 days
	SlideEvery time.Duration    // how often, at most, use is written down; a day. Idle is exact to this
	PerUser    int              // sessions a user may have, the oldest go; 5
	Now        func() time.Time // time.Now
}

func (o Options) withDefaults() Options {
	const day = 24 * time.Hour
	if o.Idle == 0 {
		o.Idle = 7 * day
	}
	if o.Absolute == 0 {
		o.Absolute = 30 * day
	}
	if o.SlideEvery == 0 {
		o.SlideEvery = day
	}
	if o.PerUser == 0 {
		o.PerUser = 5
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Sessions is the set of all sessions. It is safe for concurrent use, by any number of processes.
type Sessions struct {
	rdb redis.UniversalClient
	opt Options
}

// New makes Sessions on a client that stays the caller's to close; it does not talk to Redis.
func New(rdb redis.UniversalClient, o Options) *Sessions {
	return &Sessions{rdb, o.withDefaults()}
}

var errLogin = fault.New(fault.LoginRequired, "login_required", "please log in")

// Create logs a user in and returns the token, 43 characters of base64url, and how long it lasts without being used.
// When the user has more than PerUser sessions then, the oldest are revoked. The error is unavailable when Redis fails.
//
// The order is what keeps the limit without a script or a lock. A session is stored before it is indexed, and whoever
// indexes a session trims after that. So the last login to be indexed sees all the others, finds their sessions stored,
// and deletes all but PerUser; nothing brings a deleted session back. A login that dies halfway leaves a session that is
// not indexed, but its token was never handed out, and it expires.
func (s *Sessions) Create(ctx context.Context, id Identity) (token string, expiresIn time.Duration, err error) {
	if id.UserID == "" || id.OpenID == "" {
		return "", 0, errors.New("session: create: the identity is not complete")
	}
	token = newToken()
	hash := hashOf(token)
	r := record{Identity: id, created: s.opt.Now()}
	r.slid = r.created
	expiresIn = r.left(s.opt, r.created)
	if err := s.rdb.Set(ctx, sessionKey(hash), r.encode(), expiresIn).Err(); err != nil {
		return "", 0, down("create", err)
	}
	if err := s.index(ctx, id.UserID, hash, r.created); err != nil {
		return "", 0, down("create", err)
	}
	return token, expiresIn, nil
}

// Check returns whose token it is: one GET, and once a SlideEvery a SET that prolongs the session. The error is
// login_required for a token that is malformed (Redis is not asked), unknown, expired or revoked, and unavailable when
// Redis fails.
func (s *Sessions) Check(ctx context.Context, token string) (Identity, error) {
	if !wellFormed(token) {
		return Identity{}, errLogin
	}
	key := sessionKey(hashOf(token))
	value, err := s.rdb.Get(ctx, key).Bytes()
	if errors.Is(err, redis.Nil) {
		return Identity{}, errLogin
	}
	if err != nil {
		return Identity{}, down("check", err)
	}
	now := s.opt.Now()
	r, ok := decode(value)
	if !ok || r.left(s.opt, now) <= 0 {
		return Identity{}, errLogin
	}
	if now.Sub(r.slid) >= s.opt.SlideEvery {
		if revoked := s.slide(ctx, key, r, now); revoked {
			return Identity{}, errLogin
		}
	}
	return r.Identity, nil
}

// slide writes down that the session is used. XX, because a session revoked since it was read must not come back; it
// reports whether that has happened. Any other failure is left to the next Check to mend: this one has its answer.
func (s *Sessions) slide(ctx context.Context, key string, r record, now time.Time) (revoked bool) {
	r.slid = now
	err := s.rdb.SetArgs(ctx, key, r.encode(), redis.SetArgs{Mode: "XX", TTL: r.left(s.opt, now)}).Err()
	return errors.Is(err, redis.Nil)
}

// Revoke ends one session. A token that is none ends nothing, which is no error.
func (s *Sessions) Revoke(ctx context.Context, token string) error {
	if !wellFormed(token) {
		return nil
	}
	if err := s.rdb.Del(ctx, sessionKey(hashOf(token))).Err(); err != nil {
		return down("revoke", err)
	}
	return nil
}

// RevokeAll ends every session of the user of id. A login that runs at the same time may stay. After an error some may
// be left; the call can be repeated.
func (s *Sessions) RevokeAll(ctx context.Context, id Identity) error {
	hashes, err := s.rdb.ZRange(ctx, indexKey(id.UserID), 0, -1).Result()
	if err == nil {
		err = s.remove(ctx, id.UserID, hashes)
	}
	if err != nil {
		return down("revoke all", err)
	}
	return nil
}

const tokenBytes = 32

func newToken() string {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// wellFormed reports whether newToken could have made the token.
func wellFormed(token string) bool {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return err == nil && len(b) == tokenBytes // the decoder skips line breaks
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func sessionKey(hash string) string { return "session:" + hash }
func indexKey(userID string) string { return "sessions:" + userID }
