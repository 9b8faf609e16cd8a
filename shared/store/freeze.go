package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
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
// changes nothing, and its done is false. So is that of a record which the database's clock finds outside of r.Within. A list of
// one page needs no record of it: the root says the same.
func (s *Store) Freeze(ctx context.Context, id lottery.EventID, r lottery.LockRecord, pages []vdraw.Page, grace time.Duration) (done bool, err error) {
	what := "freeze event " + id.String()
	if len(pages) <= 1 {
		err = s.retry(ctx, what, func() error {
			done, err = s.publish(ctx, s.db, id, r, grace)
			return err
		})
		return done, err
	}
	err = s.tx(ctx, what, func(tx *sqlx.Tx) error {
		done, err = s.publish(ctx, tx, id, r, grace)
		if err != nil || !done {
			return err
		}
		if err := insertPages(ctx, tx, id, pages); err != nil {
			return err
		}
		return insertSections(ctx, tx, id, pages)
	})
	return done, err
}

func (s *Store) publish(ctx context.Context, e sqlx.ExecerContext, id lottery.EventID, r lottery.LockRecord, grace time.Duration) (bool, error) {
	var secret, lateRound any // NULL in mode 0, and where the lock is punctual
	if r.Secret != nil {
		secret = r.Secret[:]
	}
	if r.LateRound != 0 {
		lateRound = int64(r.LateRound)
	}
	rows, err := s.affect(ctx, e, `
		UPDATE events
		SET list_count = ?, list_root = ?, lock_digest = ?, lock_sig = ?, secret = ?, late_round = ?, frozen_at_ms = {now},
			next_at_ms = ?, lease_until_ms = 0, lease_token = NULL, attempts = 0, last_error = NULL
		WHERE id = ? AND status = 1 AND list_root IS NULL AND lock_at_ms + ? <= {now} AND {now} >= ? AND {now} < ?`,
		int64(r.Count), r.Root[:], r.Digest[:], r.Sig, secret, lateRound, r.Due.UnixMilli(),
		id[:], grace.Milliseconds(), earliest(r.Within.From), latest(r.Within.Until))
	return rows == 1, err
}

// earliest and latest are the ends of a window; a missing one is as far away as can be.
func earliest(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func latest(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return t.UnixMilli()
}

// chunk is how many rows go into one INSERT.
const chunk = 500

func insertPages(ctx context.Context, tx *sqlx.Tx, id lottery.EventID, pages []vdraw.Page) error {
	page := 0
	return insertAll(ctx, tx, `
		INSERT INTO list_pages (event_id, page, first_ticket, hash)
		VALUES `, `(?, ?, ?, ?)`, pages, func(p vdraw.Page) []any {
		page++
		return []any{id[:], page - 1, p.First[:], p.Hash[:]}
	})
}

// insertSections keeps the hashes of whole sections of pages. A list of one section needs none: the root says the same.
func insertSections(ctx context.Context, tx *sqlx.Tx, id lottery.EventID, pages []vdraw.Page) error {
	sections := vdraw.Sections(pages)
	if len(sections) <= 1 {
		return nil
	}
	section := 0
	return insertAll(ctx, tx, `
		INSERT INTO list_sections (event_id, section, first_ticket, hash)
		VALUES `, `(?, ?, ?, ?)`, sections, func(p vdraw.Page) []any {
		section++
		return []any{id[:], section - 1, p.First[:], p.Hash[:]}
	})
}

// insertAll inserts rows, a chunk at a time; values is the clause of one row and args its parameters.
func insertAll[T any](ctx context.Context, tx *sqlx.Tx, statement, values string, rows []T, args func(T) []any) error {
	for some := range slices.Chunk(rows, chunk) {
		var all []any
		for _, r := range some {
			all = append(all, args(r)...)
		}
		if _, err := tx.ExecContext(ctx, statement+strings.Repeat(values+", ", len(some)-1)+values, all...); err != nil {
			return err
		}
	}
	return nil
}
