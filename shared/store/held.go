package store

import (
	"context"

	"wxlottery/shared/lottery"
)

// Publish lets others see and join an event that the text check has held and now passed. done is false where its lock has come, or
// somebody was quicker.
func (s *Store) Publish(ctx context.Context, id lottery.EventID) (done bool, err error) {
	rows, err := s.exec(ctx, "publish event "+id.String(), `
		UPDATE events
		SET held = 0
		WHERE id = ? AND held = 1 AND status = 0 AND lock_at_ms > {now}`, id[:])
	return rows == 1, err
}
