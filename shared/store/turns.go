package store

import (
	"context"
	"time"
)

// TakeTurn says whether the holder of the token may do, for a while from now, what one at a time does; so he keeps his turn, too.
func (s *Store) TakeTurn(ctx context.Context, name string, token [16]byte, while time.Duration) (mine bool, err error) {
	rows, err := s.exec(ctx, "take a turn", `
		UPDATE turns
		SET token = ?, until_ms = {now} + ?
		WHERE name = ? AND (until_ms <= {now} OR token = ?)`, token[:], while.Milliseconds(), name, token[:])
	if err != nil || rows > 0 {
		return rows > 0, err
	}
	rows, err = s.exec(ctx, "take the first turn", `
		INSERT INTO turns (name, token, until_ms)
		VALUES (?, ?, {now} + ?)`, name, token[:], while.Milliseconds())
	if duplicate(err) { // it is somebody else's
		return false, nil
	}
	return rows > 0, err
}

// EndTurn gives a turn back, if it is still the holder's.
func (s *Store) EndTurn(ctx context.Context, name string, token [16]byte) error {
	_, err := s.exec(ctx, "end a turn", `
		UPDATE turns
		SET until_ms = 0
		WHERE name = ? AND token = ?`, name, token[:])
	return err
}
