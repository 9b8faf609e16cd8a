package session

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// index adds a stored session to its user's index and trims the index to the limit. The index outlives every session it
// names: it is given their longest life anew each time, after the session's own began.
func (s *Sessions) index(ctx context.Context, userID, hash string, created time.Time) error {
	key := indexKey(userID)
	var all *redis.StringSliceCmd
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.ZAdd(ctx, key, redis.Z{Score: float64(created.UnixMilli()), Member: hash})
		p.Expire(ctx, key, s.opt.Absolute)
		all = p.ZRange(ctx, key, 0, -1)
		return nil
	})
	if err != nil {
		return err
	}
	return s.trim(ctx, userID, all.Val())
}

// trim removes the oldest sessions beyond the limit. Only those that still exist count, so a forgotten index entry costs
// nobody his login; which of them exist is asked only when the index is over the limit.
func (s *Sessions) trim(ctx context.Context, userID string, oldestFirst []string) error {
	if len(oldestFirst) <= s.opt.PerUser {
		return nil
	}
	exists := make([]*redis.IntCmd, len(oldestFirst))
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, hash := range oldestFirst {
			exists[i] = p.Exists(ctx, sessionKey(hash))
		}
		return nil
	})
	if err != nil {
		return err
	}
	var gone []string
	kept := 0
	for i := len(oldestFirst) - 1; i >= 0; i-- {
		if exists[i].Val() == 1 && kept < s.opt.PerUser {
			kept++
			continue
		}
		gone = append(gone, oldestFirst[i])
	}
	return s.remove(ctx, userID, gone)
}

// remove deletes sessions and then their index entries: were it the other way round and cut short, a session would live
// on where RevokeAll does not find it.
func (s *Sessions) remove(ctx context.Context, userID string, hashes []string) error {
	if len(hashes) == 0 {
		return nil
	}
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, hash := range hashes {
			p.Del(ctx, sessionKey(hash))
		}
		return nil
	})
	if err != nil {
		return err
	}
	members := make([]any, len(hashes))
	for i, hash := range hashes {
		members[i] = hash
	}
	return s.rdb.ZRem(ctx, indexKey(userID), members...).Err()
}
