package main

import (
	"context"
	"log/slog"
	"time"

	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/wechat"
)

// checkTime is how long a user waits for the check of his name before it is held, and recheckTime how long a log-in may take longer
// because an earlier one is held.
const (
	checkTime   = 5 * time.Second
	recheckTime = 2 * time.Second
)

// check has WeChat look at a name. A name that it cannot be asked about is one for review.
func (s *server) check(ctx context.Context, openid, name string) wechat.Verdict {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	verdict, err := s.wechat.CheckText(ctx, wechat.Text{OpenID: openid, Content: name, Nickname: name})
	if err != nil {
		slog.WarnContext(ctx, "name not checked", "request_id", cloud.RequestID(ctx), "error", err.Error())
		return wechat.Review
	}
	return verdict
}

// recheckName asks again about a name that is held, now that its user is here: WeChat answers only about users who are. Whatever
// goes wrong, he is logged in; the next time it is asked once more.
func (s *server) recheckName(ctx context.Context, user lottery.UserID, openid string) {
	ctx, cancel := context.WithTimeout(ctx, recheckTime)
	defer cancel()
	name, err := s.store.HeldName(ctx, user)
	if err == nil && name != "" {
		if verdict := s.check(ctx, openid, name); verdict != wechat.Review {
			err = s.store.SettleName(ctx, user, name, verdict == wechat.Pass)
		}
	}
	if err != nil {
		slog.WarnContext(ctx, "name not rechecked", "request_id", cloud.RequestID(ctx), "error", err.Error())
	}
}
