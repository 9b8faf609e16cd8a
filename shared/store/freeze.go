package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// List reads an event's tickets once, in key order, which is the order of the list. It is for locked events, whose list
// no longer changes. every is called now and then with how many were read, so that the caller can extend his claim.
// Memory grows with the pages, 48 bytes for 256 participants. Errors: a row that joined after the lock, which no guard
// can have let through.
func (s *Store) List(ctx context.Context, e *lottery.Event, every func(read uint64) error) (*vdraw.List, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT ticket, joined_at
		FROM participants
		WHERE event_id = ?
		ORDER BY ticket`, e.ID[:])
	if err != nil {
		return nil, classify("list participants of "+e.ID.String(), err)
	}
	defer rows.Close()
	list, err := readList(rows, e.LockAt, every)
	return list, classify("list participants of "+e.ID.String(), err)
}

// reportEvery is how many tickets are read between two calls of every.
const reportEvery = 1 << 16

func readList(rows *sql.Rows, lockAt time.Time, every func(uint64) error) (*vdraw.List, error) {
	list := new(vdraw.List)
	var raw sql.RawBytes
	var joinedAt int64
	for rows.Next() {
		if err := rows.Scan(&raw, &joinedAt); err != nil {
			return nil, err
		}
		if joinedAt >= lockAt.Unix() {
			return nil, fmt.Errorf("a participant joined at %d, not before the lock", joinedAt)
		}
		if err := list.Add(vdraw.Ticket(raw)); err != nil {
			return nil, err
		}
		if n := list.Count(); n%reportEvery == 0 {
			if err := every(n); err != nil {
				return nil, err
			}
		}
	}
	return list, rows.Err()
}

// Freeze publishes the lock record of a locked event and keeps the pages of its list, once: the second of two that race
// changes nothing.
func (s *Store) Freeze(ctx context.Context, id lottery.EventID, r lottery.LockRecord, pages []vdraw.Page, grace time.Duration) error {
	return s.tx(ctx, "freeze event "+id.String(), func(tx *sqlx.Tx) error {
		rows, err := s.affect(ctx, tx, `
			UPDATE events
			SET list_count = ?, list_root = ?, lock_digest = ?, lock_sig = ?, frozen_at_ms = {now},
				next_at_ms = draw_at_ms, lease_until_ms = 0, lease_token = NULL, attempts = 0, last_error = NULL
			WHERE id = ? AND status = 1 AND list_root IS NULL AND lock_at_ms + ? <= {now}`,
			int64(r.Count), r.Root[:], r.Digest[:], r.Sig, id[:], grace.Milliseconds())
		if err != nil || rows == 0 {
			return err
		}
		return insertPages(ctx, tx, id, pages)
	})
}

// chunk is how many rows go into one INSERT.
const chunk = 500

func insertPages(ctx context.Context, tx *sqlx.Tx, id lottery.EventID, pages []vdraw.Page) error {
	type row struct {
		EventID []byte `db:"event_id"`
		Page    int    `db:"page"`
		First   []byte `db:"first_ticket"`
		Hash    []byte `db:"hash"`
	}
	rows := make([]row, len(pages))
	for i, p := range pages {
		rows[i] = row{id[:], i, p.First[:], p.Hash[:]}
	}
	return insertAll(ctx, tx, `
		INSERT INTO list_pages (event_id, page, first_ticket, hash)
		VALUES (:event_id, :page, :first_ticket, :hash)`, rows)
}

// insertAll inserts rows, a chunk at a time.
func insertAll[T any](ctx context.Context, tx *sqlx.Tx, statement string, rows []T) error {
	for len(rows) > 0 {
		n := min(chunk, len(rows))
		if _, err := tx.NamedExecContext(ctx, statement, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
