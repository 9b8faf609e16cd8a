package store

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// pauseName is the key of a pause; "" holds for all templates.
func pauseName(template string) []byte { return []byte("t:" + strings.TrimSpace(template)) }

// Pause is until when a template, or all of them, are left alone.
type Pause struct {
	Until  time.Time
	Reason string
}

// Pauses reads the pauses of templates, and that of all under "".
func (s *Store) Pauses(ctx context.Context) (map[string]Pause, error) {
	var rows []struct {
		Name   []byte `db:"name"`
		Until  int64  `db:"until_ms"`
		Reason string `db:"reason"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT name, until_ms, reason
		FROM pauses`); err != nil {
		return nil, classify("read pauses", err)
	}
	all := map[string]Pause{}
	for _, r := range rows {
		all[strings.TrimPrefix(string(r.Name), "t:")] = Pause{instant(r.Until), r.Reason}
	}
	return all, nil
}

// SetPause leaves a template, or all ("") of them, alone until then.
func (s *Store) SetPause(ctx context.Context, template string, p Pause) error {
	return s.tx(ctx, "set a pause", func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO pauses (name, until_ms, reason)
			VALUES (?, ?, ?)`, pauseName(template), p.Until.UnixMilli(), p.Reason)
		if !duplicate(err) {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE pauses
			SET until_ms = ?, reason = ?
			WHERE name = ?`, p.Until.UnixMilli(), p.Reason, pauseName(template))
		return err
	})
}

// EndPause ends the pause of a template, or of all ("").
func (s *Store) EndPause(ctx context.Context, template string) error {
	_, err := s.exec(ctx, "end a pause", `
		DELETE FROM pauses
		WHERE name = ?`, pauseName(template))
	return err
}
