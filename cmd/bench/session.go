package main

import (
	"context"
	"errors"

	"wxlottery/shared/session"
)

const sessionName = "session-check"

// sessionCheck measures asking whose token it is, beside a bare GET of a value of the same length by the same client.
func sessionCheck() subject {
	return subject{
		names: []string{sessionName},
		run: func(ctx context.Context, b *bench, _ func(string) bool) (err error) {
			rdb := session.Open(session.RedisOptions{Addr: b.redis})
			defer rdb.Close()
			sessions := session.New(rdb, session.Options{})
			who := session.Identity{UserID: b.user(0).String(), OpenID: b.openid(0)}
			token, _, err := sessions.Create(ctx, who)
			if err != nil {
				return err
			}
			key := "lottery_bench:" + b.random
			defer func() {
				ctx := context.WithoutCancel(ctx)
				err = errors.Join(err, sessions.RevokeAll(ctx, who), rdb.Del(ctx, key).Err())
			}()
			if err := rdb.Set(ctx, key, make([]byte, valueLength), 0).Err(); err != nil {
				return err
			}
			return b.compareSessions(ctx,
				func() error { _, err := sessions.Check(ctx, token); return err },
				func() error { return rdb.Get(ctx, key).Err() })
		},
	}
}

// valueLength is about how long the value of a session is.
const valueLength = 110

func (b *bench) compareSessions(ctx context.Context, check, get func() error) error {
	ops, err := b.enough(1<<20, func(ops int) (lap, error) { return b.repeat(ops, check) })
	if err != nil {
		return err
	}
	laps, err := b.alternate(ctx, sessionName, b.pairs, b.again("check", ops, check), b.again("GET", ops, get))
	if err != nil {
		return err
	}
	r := times(sessionName, "GET of a value of the same length", laps[0], laps[1])
	r.Server = nil // it has no part in it
	b.add(r.with(atMost("ratio", r.Ratio.Median, 1.3)))
	return nil
}
