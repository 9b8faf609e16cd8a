package wechat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisTimeout is short: a call of WeChat is what a slow cache costs at worst.
const redisTimeout = 300 * time.Millisecond

// RedisTokens is a TokenCache in Redis, in the key wechat:token:<app id>. It uses no scripts, as nothing here does. Each of
// its calls ends within 300 ms if the Redis client heeds contexts.
type RedisTokens struct {
	rdb redis.UniversalClient
	key string
}

// NewRedisTokens makes the cache of one app's token.
func NewRedisTokens(rdb redis.UniversalClient, appID string) *RedisTokens {
	return &RedisTokens{rdb, "wechat:token:" + appID}
}

// Get returns the token; "" where there is none.
func (r *RedisTokens) Get(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	token, err := r.rdb.Get(ctx, r.key).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return token, cacheErr("get", err)
}

// Put stores a token for its life.
func (r *RedisTokens) Put(ctx context.Context, token string, life time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	return cacheErr("put", r.rdb.Set(ctx, r.key, token, life).Err())
}

// Drop removes the token if it is still this one. If another is written meanwhile, that one stays.
func (r *RedisTokens) Drop(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	err := r.rdb.Watch(ctx, func(tx *redis.Tx) error {
		now, err := tx.Get(ctx, r.key).Result()
		if err != nil || now != token {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Del(ctx, r.key).Err() })
		return err
	}, r.key)
	if errors.Is(err, redis.Nil) || errors.Is(err, redis.TxFailedErr) {
		return nil
	}
	return cacheErr("drop", err)
}

// cacheErr keeps the type of an error: the texts of Redis's errors may quote a command, and so a token.
func cacheErr(doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, known) {
			return fmt.Errorf("wechat: %s the cached token: %w", doing, known)
		}
	}
	return fmt.Errorf("wechat: %s the cached token: redis error of type %T", doing, err)
}
