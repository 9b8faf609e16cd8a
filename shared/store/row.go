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

// eventColumns are what eventRow reads, with the clock of the database at that moment.
const eventColumns = `e.id, e.owner_id, e.seq, e.status, e.cancel_reason, e.held, e.hidden, e.title, e.description,
	e.created_at_ms, e.lock_at_ms, e.draw_at_ms, e.canceled_at_ms,
	e.mode, e.beacon_chain, e.beacon_round, e.late_round, e.beacon_signature,
	e.key_version, e.operator_key, e.prev, e.commitment, e.manifest_digest, e.rules_text, e.request_digest,
	e.list_count, e.list_root, e.lock_digest, e.lock_sig, e.frozen_at_ms, e.secret, e.seed, e.drawn_at_ms,
	e.organiser_kind, e.conditions, e.claim_terms, e.notify_owner,
	(SELECT u.name FROM users AS u WHERE u.id = e.owner_id AND u.name_held = 0) AS owner_name,
	{now} AS now_ms`

type eventRow struct {
	ID             []byte         `db:"id"`
	OwnerID        []byte         `db:"owner_id"`
	Seq            uint64         `db:"seq"`
	Status         uint8          `db:"status"`
	CancelReason   sql.NullString `db:"cancel_reason"`
	Held           bool           `db:"held"`
	Hidden         bool           `db:"hidden"`
	Title          string         `db:"title"`
	Description    string         `db:"description"`
	CreatedAtMS    int64          `db:"created_at_ms"`
	LockAtMS       int64          `db:"lock_at_ms"`
	DrawAtMS       int64          `db:"draw_at_ms"`
	CanceledAtMS   sql.NullInt64  `db:"canceled_at_ms"`
	Mode           uint8          `db:"mode"`
	Chain          []byte         `db:"beacon_chain"`
	Round          sql.NullInt64  `db:"beacon_round"`
	LateRound      sql.NullInt64  `db:"late_round"`
	Signature      []byte         `db:"beacon_signature"`
	KeyVersion     int            `db:"key_version"`
	OperatorKey    []byte         `db:"operator_key"`
	Prev           []byte         `db:"prev"`
	Commitment     []byte         `db:"commitment"`
	ManifestDigest []byte         `db:"manifest_digest"`
	RulesText      []byte         `db:"rules_text"`
	RequestDigest  []byte         `db:"request_digest"`
	ListCount      sql.NullInt64  `db:"list_count"`
	ListRoot       []byte         `db:"list_root"`
	LockDigest     []byte         `db:"lock_digest"`
	LockSig        []byte         `db:"lock_sig"`
	FrozenAtMS     sql.NullInt64  `db:"frozen_at_ms"`
	Secret         []byte         `db:"secret"`
	Seed           []byte         `db:"seed"`
	DrawnAtMS      sql.NullInt64  `db:"drawn_at_ms"`
	OrganiserKind  uint8          `db:"organiser_kind"`
	Conditions     string         `db:"conditions"`
	ClaimTerms     string         `db:"claim_terms"`
	NotifyOwner    bool           `db:"notify_owner"`
	OwnerName      sql.NullString `db:"owner_name"`
	NowMS          int64          `db:"now_ms"`
	At             int64          `db:"list_at"` // where the row stands in a list; set by list queries only
}

// event is the row as the domain has it, without its prizes.
func (r *eventRow) event() *lottery.Event {
	e := &lottery.Event{
		ID: lottery.EventID(r.ID), Owner: lottery.UserID(r.OwnerID), Seq: r.Seq,
		Status: lottery.Status(r.Status), Reason: lottery.Reason(r.CancelReason.String), Held: r.Held, Hidden: r.Hidden,
		Title: r.Title, Description: r.Description,
		Organiser: lottery.Organiser(r.OrganiserKind), OwnerName: r.OwnerName.String,
		Conditions: r.Conditions, ClaimTerms: r.ClaimTerms, NotifyOwner: r.NotifyOwner,
		CreatedAt: instant(r.CreatedAtMS), LockAt: instant(r.LockAtMS), DrawAt: instant(r.DrawAtMS),
		Mode: r.Mode, KeyVersion: r.KeyVersion, OperatorKey: [32]byte(r.OperatorKey), Prev: vdraw.Digest(r.Prev),
		Commit: vdraw.Digest(r.Commitment), Manifest: vdraw.Digest(r.ManifestDigest), RulesText: string(r.RulesText),
	}
	if r.CanceledAtMS.Valid {
		e.CanceledAt = instant(r.CanceledAtMS.Int64)
	}
	if r.ListCount.Valid {
		e.Record = &lottery.LockRecord{
			Count: uint64(r.ListCount.Int64), Root: vdraw.Digest(r.ListRoot), Digest: vdraw.Digest(r.LockDigest),
			Sig: r.LockSig, FrozenAt: instant(r.FrozenAtMS.Int64), LateRound: uint64(r.LateRound.Int64),
		}
	}
	if r.Mode == vdraw.ModeBeacon {
		r.addBeacon(e)
	}
	if r.DrawnAtMS.Valid {
		e.Result = &lottery.Result{
			Secret: [32]byte(r.Secret), Seed: vdraw.Digest(r.Seed), DrawnAt: instant(r.DrawnAtMS.Int64), Beacon: e.Beacon,
		}
	}
	return e
}

// addBeacon adds what only events of mode 1 have.
func (r *eventRow) addBeacon(e *lottery.Event) {
	e.Chain, e.Round = vdraw.Digest(r.Chain), uint64(r.Round.Int64)
	if e.Record != nil {
		secret := [32]byte(r.Secret)
		e.Record.Secret = &secret
	}
	if r.Signature != nil {
		signature := vdraw.Signature(r.Signature)
		e.Beacon = &signature
	}
}

// wellFormed is event, or nil for a row whose digests have lengths that the CHECKs would refuse.
func (r *eventRow) wellFormed() (e *lottery.Event) {
	defer func() {
		if recover() != nil {
			e = nil
		}
	}()
	return r.event()
}

// Event reads one event and the database's clock. Error: lottery.ErrNotFound.
func (s *Store) Event(ctx context.Context, id lottery.EventID) (*lottery.Event, time.Time, error) {
	e, now, err := s.readEvent(ctx, s.db, id, "")
	return e, now, classify("read event "+id.String(), err)
}

// EventsByID reads events at once, and the database's clock. What is missing is left out, and so is a row that no rule of
// ours can have made: Event says what is wrong with it.
func (s *Store) EventsByID(ctx context.Context, ids []lottery.EventID) (map[lottery.EventID]*lottery.Event, time.Time, error) {
	byID := make(map[lottery.EventID]*lottery.Event, len(ids))
	statement, args, err := sqlx.In(s.dialect.sql(`
		SELECT `+eventColumns+`
		FROM events AS e
		WHERE e.id IN (?)`), raw(ids))
	if err != nil {
		return nil, time.Time{}, classify("read events", err)
	}
	var rows []eventRow
	if err := s.db.SelectContext(ctx, &rows, statement, args...); err != nil {
		return nil, time.Time{}, classify("read events", err)
	}
	var now time.Time
	var events []*lottery.Event
	for i := range rows {
		now = instant(rows[i].NowMS)
		if e := rows[i].wellFormed(); e != nil {
			events = append(events, e)
			byID[e.ID] = e
		}
	}
	return byID, now, classify("read events", s.readPrizes(ctx, s.db, events))
}

// readEvent reads an event through a transaction or outside of one; lock is "" or a lock suffix of the dialect.
func (s *Store) readEvent(ctx context.Context, q sqlx.QueryerContext, id lottery.EventID, lock string) (*lottery.Event, time.Time, error) {
	var rows []eventRow
	err := sqlx.SelectContext(ctx, q, &rows, s.dialect.sql(`
		SELECT `+eventColumns+`
		FROM events AS e
		WHERE e.id = ? `+lock), id[:])
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(rows) == 0 {
		return nil, time.Time{}, lottery.ErrNotFound
	}
	events := []*lottery.Event{rows[0].event()}
	if err := s.readPrizes(ctx, q, events); err != nil {
		return nil, time.Time{}, err
	}
	return events[0], instant(rows[0].NowMS), nil
}

// readPrizes fills in the prizes of events.
func (s *Store) readPrizes(ctx context.Context, q sqlx.QueryerContext, events []*lottery.Event) error {
	if len(events) == 0 {
		return nil
	}
	byID := make(map[lottery.EventID]*lottery.Event, len(events))
	ids := make([][]byte, 0, len(events))
	for _, e := range events {
		byID[e.ID] = e
		ids = append(ids, e.ID[:])
	}
	statement, args, err := sqlx.In(`
		SELECT event_id, name, quantity, COALESCE(value_cny, 0) AS value_cny
		FROM prizes
		WHERE event_id IN (?)
		ORDER BY event_id, position`, ids)
	if err != nil {
		return fmt.Errorf("prizes: %w", err)
	}
	var rows []struct {
		EventID  []byte `db:"event_id"`
		Name     string `db:"name"`
		Quantity int    `db:"quantity"`
		Value    int    `db:"value_cny"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, statement, args...); err != nil {
		return fmt.Errorf("prizes: %w", err)
	}
	for _, r := range rows {
		e := byID[lottery.EventID(r.EventID)]
		e.Prizes = append(e.Prizes, lottery.Prize{Name: r.Name, Quantity: r.Quantity, Value: r.Value})
	}
	return nil
}
