package main

import (
	"context"
	"log/slog"
	"time"

	"wxlottery/shared/api"
	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/wechat"
)

// platform is what the function asks of WeChat; *wechat.Client is one. nil: nothing, and no text is checked.
type platform interface {
	CheckText(ctx context.Context, t wechat.Text) (wechat.Verdict, error)
	ShareCode(ctx context.Context, r wechat.CodeRequest) (wechat.Image, error)
}

// Why an event is held, as its owner is told.
const (
	inReview = "review"      // a person has to look, says WeChat
	rejected = "rejected"    // it must not be published
	noAnswer = "unavailable" // WeChat could not be asked
)

// checkTime is how long a user waits for the check of a text before it is held.
const checkTime = 5 * time.Second

// check has WeChat look at what a user wrote, and says why it is to be held, or "". Error: text_rejected.
func (s *server) check(ctx context.Context, caller api.Caller, content string) (because string, err error) {
	if because = s.verdict(ctx, caller, content); because == rejected {
		return "", lottery.ErrText
	}
	return because, nil
}

func (s *server) verdict(ctx context.Context, caller api.Caller, content string) string {
	if s.platform == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	verdict, err := s.platform.CheckText(ctx, wechat.Text{OpenID: caller.OpenID, Content: content})
	switch {
	case err != nil:
		slog.WarnContext(ctx, "text not checked", "request_id", cloud.RequestID(ctx), "error", err.Error())
		return noAnswer
	case verdict == wechat.Pass:
		return ""
	case verdict == wechat.Risky:
		return rejected
	}
	return inReview
}

// recheck asks about a held event again, now that its owner opens it, and publishes it where the check passes it.
func (s *server) recheck(ctx context.Context, owner api.Caller, held *lottery.Event) (e *lottery.Event, now time.Time, because string, err error) {
	if because = s.verdict(ctx, owner, held.Content()); because == "" {
		if _, err := s.store.Publish(ctx, held.ID); err != nil {
			return nil, now, "", err
		}
	}
	if e, now, err = s.store.Event(ctx, held.ID); err == nil && !e.Held { // another look of his has published it
		because = ""
	}
	return e, now, because, err
}
