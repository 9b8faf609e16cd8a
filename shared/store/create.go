package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// Creation is one request to create an event.
type Creation struct {
	Owner          lottery.UserID
	IdempotencyKey string   // 1 to 128 bytes, or "" for none
	Digest         [32]byte // of the request, to tell a repeat from another request under the same key
	Template       string   // whose message the owner agrees to get, if his event says so; "": no messages are sent here
	// Make makes the event for its place in the owner's chain; now is the database's clock. It may run more than once.
	Make func(place lottery.Place, now time.Time) (*lottery.Event, error)
}

// Create stores a new event, or returns the one that an earlier request with the same key made (replayed). Requests of one
// owner wait for each other on his row, so a key makes one event however many requests race, and the chain has no gaps.
// Errors: lottery.ErrIdempotency, what Make refuses, login_required for an owner that is not in the database.
func (s *Store) Create(ctx context.Context, c Creation) (event *lottery.Event, now time.Time, replayed bool, err error) {
	err = s.tx(ctx, "create event", func(tx *sqlx.Tx) (err error) {
		event, now, replayed, err = s.create(ctx, tx, c)
		if duplicate(err) { // another primary took the place in the chain, or the key
			return errAgain
		}
		return err
	})
	return event, now, replayed, err
}

func (s *Store) create(ctx context.Context, tx *sqlx.Tx, c Creation) (*lottery.Event, time.Time, bool, error) {
	var owner struct {
		Organiser []byte `db:"organiser_id"`
		Name      string `db:"name"`
	}
	err := tx.GetContext(ctx, &owner, s.dialect.sql(`
		SELECT organiser_id, CASE WHEN name_held = 0 THEN COALESCE(name, '') ELSE '' END AS name
		FROM users
		WHERE id = ? {update}`), c.Owner[:])
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, false, errNoUser
	}
	if err != nil {
		return nil, time.Time{}, false, fmt.Errorf("owner: %w", err)
	}
	if e, now, err := s.replay(ctx, tx, c); e != nil || err != nil {
		return e, now, true, err
	}
	if owner.Organiser == nil {
		if err := s.becomeOrganiser(ctx, tx, c.Owner); err != nil {
			return nil, time.Time{}, false, err
		}
	}
	place, now, err := s.place(ctx, tx, c.Owner)
	if err != nil {
		return nil, time.Time{}, false, err
	}
	e, err := c.Make(place, now)
	if err != nil {
		return nil, time.Time{}, false, err
	}
	e.OwnerName = owner.Name
	if e.NotifyOwner && c.Template != "" {
		if err := s.addCredit(ctx, tx, c.Owner, c.Template); err != nil {
			return nil, time.Time{}, false, err
		}
	}
	return e, now, false, s.insertEvent(ctx, tx, e, c)
}

// Earlier finds the event that an earlier request with the same key made, as Create would answer it; found is false where there is
// none. It lets a caller spare what a repeat needs no more. Error: lottery.ErrIdempotency.
func (s *Store) Earlier(ctx context.Context, c Creation) (event *lottery.Event, now time.Time, found bool, err error) {
	event, now, err = s.replay(ctx, s.db, c)
	return event, now, event != nil, classify("find an earlier request", err)
}

// becomeOrganiser gives a user with his first event the public id that his chain is found by.
func (s *Store) becomeOrganiser(ctx context.Context, tx *sqlx.Tx, user lottery.UserID) error {
	public := user.Organiser()
	_, err := tx.ExecContext(ctx, `
		UPDATE users
		SET organiser_id = ?
		WHERE id = ?`, public[:], user[:])
	return err
}

// replay finds the event that the key made before; nil where there is none.
func (s *Store) replay(ctx context.Context, q sqlx.QueryerContext, c Creation) (*lottery.Event, time.Time, error) {
	if c.IdempotencyKey == "" {
		return nil, time.Time{}, nil
	}
	var earlier struct {
		ID     []byte `db:"id"`
		Digest []byte `db:"request_digest"`
	}
	err := sqlx.GetContext(ctx, q, &earlier, `
		SELECT id, request_digest
		FROM events
		WHERE owner_id = ? AND idempotency_key = ?`, c.Owner[:], []byte(c.IdempotencyKey))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("earlier request: %w", err)
	}
	if subtle.ConstantTimeCompare(earlier.Digest, c.Digest[:]) != 1 {
		return nil, time.Time{}, lottery.ErrIdempotency
	}
	return s.readEvent(ctx, q, lottery.EventID(earlier.ID), "")
}

// place is the next place in the owner's chain.
func (s *Store) place(ctx context.Context, tx *sqlx.Tx, owner lottery.UserID) (lottery.Place, time.Time, error) {
	var now int64
	if err := tx.GetContext(ctx, &now, s.dialect.sql(`SELECT {now}`)); err != nil {
		return lottery.Place{}, time.Time{}, err
	}
	place := lottery.Place{Owner: owner, Seq: 1}
	var last struct {
		Seq      uint64 `db:"seq"`
		Manifest []byte `db:"manifest_digest"`
	}
	err := tx.GetContext(ctx, &last, `
		SELECT seq, manifest_digest
		FROM events
		WHERE owner_id = ?
		ORDER BY seq DESC
		LIMIT 1`, owner[:])
	switch {
	case err == nil:
		place.Seq, place.Prev = last.Seq+1, vdraw.Digest(last.Manifest)
	case !errors.Is(err, sql.ErrNoRows):
		return place, time.Time{}, fmt.Errorf("chain: %w", err)
	}
	return place, instant(now), nil
}

func (s *Store) insertEvent(ctx context.Context, tx *sqlx.Tx, e *lottery.Event, c Creation) error {
	var key, digest []byte
	if c.IdempotencyKey != "" {
		key, digest = []byte(c.IdempotencyKey), c.Digest[:]
	}
	var chain, round any // NULL in mode 0
	if e.Mode == vdraw.ModeBeacon {
		chain, round = e.Chain[:], int64(e.Round)
	}
	_, err := s.affect(ctx, tx, `
		INSERT INTO events (id, owner_id, seq, status, held, title, description, created_at_ms, lock_at_ms, draw_at_ms,
			mode, beacon_chain, beacon_round, key_version, operator_key, prev, commitment, manifest_digest, rules_text,
			idempotency_key, request_digest, next_at_ms, organiser_kind, conditions, claim_terms, notify_owner)
		VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID[:], e.Owner[:], e.Seq, e.Held, e.Title, e.Description,
		e.CreatedAt.UnixMilli(), e.LockAt.UnixMilli(), e.DrawAt.UnixMilli(),
		e.Mode, chain, round, e.KeyVersion, e.OperatorKey[:], e.Prev[:], e.Commit[:], e.Manifest[:], []byte(e.RulesText),
		key, digest, e.LockAt.UnixMilli(), e.Organiser, e.Conditions, e.ClaimTerms, e.NotifyOwner)
	if err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	for i, p := range e.Prizes {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO prizes (event_id, position, name, quantity, value_cny)
			VALUES (?, ?, ?, ?, ?)`, e.ID[:], i+1, p.Name, p.Quantity, declared(p.Value)); err != nil {
			return fmt.Errorf("insert prize: %w", err)
		}
	}
	return nil
}

// declared is a prize's value, NULL where it is not declared.
func declared(value int) any {
	if value == 0 {
		return nil
	}
	return value
}
