package demo

import (
	"context"
	"fmt"
	"time"
)

// hear waits until every player has his message, and counts what they say.
func (s *story) hear(ctx context.Context) error {
	said := map[string]int{}
	err := each(ctx, s.players, func(ctx context.Context, p *player) error {
		text, err := s.message(ctx, p)
		s.mu.Lock()
		defer s.mu.Unlock()
		said[text]++
		return err
	})
	if err != nil {
		return err
	}
	if said["已中奖"] != places || said["未中奖"] != players-places {
		return fmt.Errorf("the messages say %v", said)
	}
	s.tell("Each player has got one message on his phone: %d say 已中奖 (won), %d say 未中奖 (not won).", places, players-places)
	return nil
}

// message is what the one message says that a player gets.
func (s *story) message(ctx context.Context, p *player) (string, error) {
	for end := time.Now().Add(drawLag); ; {
		var got struct {
			Sent []struct {
				Data map[string]struct{ Value string }
			}
		}
		if err := s.do(ctx, 200, request{method: "GET", path: "/_sim/wechat/sent?openid=" + s.openid(p)}, &got); err != nil {
			return "", err
		}
		switch {
		case len(got.Sent) == 1:
			return got.Sent[0].Data["phrase2"].Value, nil
		case len(got.Sent) > 1 || time.Now().After(end):
			return "", fmt.Errorf("there are %d messages", len(got.Sent))
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return "", err
		}
	}
}
