package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
)

// Lease is how long a claimed event is left alone by others: as long as it takes to be sure that a killed worker is gone.
const Lease = 15 * time.Second

// Claim is a share of the due events that nobody else works on while the lease lasts.
type Claim struct {
	token  [16]byte
	Events []lottery.EventID
}

// Claim takes up to limit events on which something is due, the longest overdue first. Workers that overlap get different
// ones; a lease is a courtesy and not a lock: what keeps a draw single are the guards of the steps.
func (s *Store) Claim(ctx context.Context, limit int) (c Claim, err error) {
	rand.Read(c.token[:])
	err = s.tx(ctx, "claim due events", func(tx *sqlx.Tx) error {
		c.Events = nil
		var ids [][]byte
		if err := tx.SelectContext(ctx, &ids, s.dialect.sql(`
			SELECT id
			FROM events
			WHERE next_at_ms <= {now} AND lease_until_ms <= {now}
			ORDER BY next_at_ms
			LIMIT ? {skip}`), limit); err != nil || len(ids) == 0 {
			return err
		}
		statement, args, err := sqlx.In(s.dialect.sql(`
			UPDATE events
			SET lease_until_ms = {now} + ?, lease_token = ?
			WHERE id IN (?)`), Lease.Milliseconds(), c.token[:], ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			c.Events = append(c.Events, lottery.EventID(id))
		}
		_, err = tx.ExecContext(ctx, statement, args...)
		return err
	})
	return c, err
}

// Extend renews the claim on events of it during work that takes longer than a lease.
func (s *Store) Extend(ctx context.Context, c Claim, ids []lottery.EventID) error {
	return s.execIn(ctx, "extend a claim", `
		UPDATE events
		SET lease_until_ms = {now} + ?
		WHERE id IN (?) AND lease_token = ?`, Lease.Milliseconds(), raw(ids), c.token[:])
}

// Release gives events of the claim back as they are, for others to take at once.
func (s *Store) Release(ctx context.Context, c Claim, ids []lottery.EventID) error {
	return s.execIn(ctx, "release a claim", `
		UPDATE events
		SET lease_until_ms = 0, lease_token = NULL
		WHERE id IN (?) AND lease_token = ?`, raw(ids), c.token[:])
}

// PutBack gives an event back after a failure: it is due again after a pause that doubles from one second to one minute with
// each failure in a row, and the reason (no secrets in it) is kept on the event.
func (s *Store) PutBack(ctx context.Context, c Claim, id lottery.EventID, reason string) error {
	_, err := s.exec(ctx, "put back event "+id.String(), `
		UPDATE events
		SET next_at_ms = {now} + CASE
				WHEN attempts < 6 THEN CASE attempts WHEN 0 THEN 1000 WHEN 1 THEN 2000 WHEN 2 THEN 4000 WHEN 3 THEN 8000 WHEN 4 THEN 16000 ELSE 32000 END
				ELSE 60000
			END,
			attempts = attempts + 1, last_error = ?, lease_until_ms = 0, lease_token = NULL
		WHERE id = ? AND lease_token = ? AND status IN (0, 1)`, brief(reason), id[:], c.token[:])
	return err
}

// waits begins the reason of an event that waits.
const waits = "waiting: "

// Await gives an event back that waits for something outside, to be looked at again after a pause. Waiting is no failure; it is
// counted only where it is one of the last tries before the event is given up, and then those that follow each other. The reason
// (no secrets in it) is kept on the event.
func (s *Store) Await(ctx context.Context, c Claim, id lottery.EventID, pause time.Duration, reason string, last bool) error {
	_, err := s.exec(ctx, "wait with event "+id.String(), `
		UPDATE events
		SET next_at_ms = {now} + ?,
			attempts = CASE WHEN ? THEN CASE WHEN last_error LIKE ? THEN attempts + 1 ELSE 1 END ELSE 0 END,
			last_error = ?, lease_until_ms = 0, lease_token = NULL
		WHERE id = ? AND lease_token = ? AND status = 1`,
		pause.Milliseconds(), last, waits+"%", brief(waits+reason), id[:], c.token[:])
	return err
}

// brief is as much of a reason as is kept.
func brief(reason string) string {
	if runes := []rune(reason); len(runes) > 300 {
		return string(runes[:300])
	}
	return reason
}

// OverdueAfter is how long after its draw_at an event that is not drawn counts as overdue: twice as long as a draw may take
// whose worker was killed.
const OverdueAfter = time.Minute

// Outlook is what a worker sees that looks ahead.
type Outlook struct {
	Now     time.Time // the database's clock
	Next    time.Time // until then there is nothing to do; zero where nothing comes up in the time looked at
	Overdue int       // events that should have been drawn OverdueAfter ago, or earlier
}

// Outlook looks ahead until an instant on the database's clock. An event under somebody's lease counts from the end of the
// lease; one that was put back for later than until is not seen, nor counted as overdue.
func (s *Store) Outlook(ctx context.Context, until time.Time) (Outlook, error) {
	var row struct {
		Next    sql.NullInt64 `db:"next_ms"`
		Now     int64         `db:"now_ms"`
		Overdue int           `db:"overdue"`
	}
	if err := s.db.GetContext(ctx, &row, s.dialect.sql(`
		SELECT MIN(CASE WHEN lease_until_ms > next_at_ms THEN lease_until_ms ELSE next_at_ms END) AS next_ms, {now} AS now_ms,
			COUNT(CASE WHEN draw_at_ms <= {now} - ? THEN 1 END) AS overdue
		FROM events
		WHERE next_at_ms <= ?`), OverdueAfter.Milliseconds(), until.UnixMilli()); err != nil {
		return Outlook{}, classify("find the next due event", err)
	}
	o := Outlook{Now: instant(row.Now), Overdue: row.Overdue}
	if row.Next.Valid && row.Next.Int64 <= until.UnixMilli() {
		o.Next = instant(row.Next.Int64)
	}
	return o, nil
}

// Beat records that a tick has finished; whoever watches the service sees from it that the timer lives.
func (s *Store) Beat(ctx context.Context, name string) error {
	const update = `
		UPDATE heartbeats
		SET finished_at_ms = {now}
		WHERE name = ?`
	rows, err := s.exec(ctx, "heartbeat", update, name)
	if err != nil || rows > 0 {
		return err
	}
	_, err = s.exec(ctx, "first heartbeat", `
		INSERT INTO heartbeats (name, finished_at_ms)
		VALUES (?, {now})`, name)
	if duplicate(err) { // another tick was first
		return nil
	}
	return err
}
