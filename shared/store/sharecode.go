package store

import (
	"context"
	"database/sql"
	"errors"

	"wxlottery/shared/lottery"
)

// ShareCode is the image that leads to an event, in one version of the mini program.
type ShareCode struct {
	ContentType string `db:"content_type"`
	Image       []byte `db:"image"`
}

// ShareCode reads the code of an event; nil where none has been made.
func (s *Store) ShareCode(ctx context.Context, id lottery.EventID, version string) (*ShareCode, error) {
	var c ShareCode
	err := s.db.GetContext(ctx, &c, `
		SELECT content_type, image
		FROM share_codes
		WHERE event_id = ? AND version = ?`, id[:], version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &c, classify("read the share code of "+id.String(), err)
}

// KeepShareCode keeps the code of an event, and returns the one that is kept: of two that were made at once, the first.
func (s *Store) KeepShareCode(ctx context.Context, id lottery.EventID, version string, c ShareCode) (*ShareCode, error) {
	_, err := s.exec(ctx, "keep the share code of "+id.String(), `
		INSERT INTO share_codes (event_id, version, content_type, image)
		VALUES (?, ?, ?, ?)`, id[:], version, c.ContentType, c.Image)
	if duplicate(err) {
		return s.ShareCode(ctx, id, version)
	}
	return &c, err
}
