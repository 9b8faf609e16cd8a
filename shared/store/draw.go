package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// Winner is one who won.
type Winner struct {
	Place  int // from 1
	Ticket vdraw.Ticket
	User   lottery.UserID // zero where the reader must not know
	Name   string         // display name; "" where the user has none
}

// Open stores the result of a draw and its winners in one transaction, once: the second of two that race changes nothing,
// and its done is false. e and now, the database's clock, are as the draw read them.
func (s *Store) Open(ctx context.Context, e *lottery.Event, now time.Time, r lottery.Result, winners []Winner) (done bool, err error) {
	t, err := e.Open(now)
	if err != nil {
		return false, err
	}
	what := "open event " + e.ID.String()
	if len(winners) == 0 { // one statement says it all
		err = s.retry(ctx, what, func() error {
			done, err = s.result(ctx, s.db, e, t, r)
			return err
		})
		return done, err
	}
	err = s.tx(ctx, what, func(tx *sqlx.Tx) error {
		done, err = s.result(ctx, tx, e, t, r)
		if err != nil || !done {
			return err
		}
		return s.insertWinners(ctx, tx, e.ID, winners)
	})
	return done, err
}

func (s *Store) result(ctx context.Context, x sqlx.ExecerContext, e *lottery.Event, t lottery.Transition, r lottery.Result) (bool, error) {
	var signature any // NULL in mode 0
	if r.Beacon != nil {
		signature = r.Beacon[:]
	}
	return s.step(ctx, x, e.ID, t,
		with("secret = ?, seed = ?, beacon_signature = ?, drawn_at_ms = {now}, next_at_ms = NULL", r.Secret[:], r.Seed[:], signature),
		with("lock_digest = ? AND draw_at_ms <= {now}", e.Record.Digest[:]))
}

func (s *Store) insertWinners(ctx context.Context, tx *sqlx.Tx, id lottery.EventID, winners []Winner) error {
	return insertAll(ctx, tx, s.dialect.sql(`
		INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms)
		VALUES `), `(?, ?, ?, ?, `+s.dialect.now+`)`, winners, func(w Winner) []any {
		return []any{id[:], w.Place, w.User[:], w.Ticket[:]}
	})
}

// Winners reads the winners after a place (0: from the first), at most limit of them, with their names and without their
// user ids.
func (s *Store) Winners(ctx context.Context, id lottery.EventID, after, limit int) ([]Winner, error) {
	var rows []struct {
		Place  int    `db:"place"`
		Ticket []byte `db:"ticket"`
		Name   string `db:"name"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT w.place, w.ticket, COALESCE(u.name, '') AS name
		FROM winners AS w
		LEFT JOIN users AS u ON u.id = w.user_id AND u.name_held = 0
		WHERE w.event_id = ? AND w.place > ?
		ORDER BY w.place
		LIMIT ?`, id[:], after, limit); err != nil {
		return nil, classify("read winners of "+id.String(), err)
	}
	winners := make([]Winner, len(rows))
	for i, r := range rows {
		winners[i] = Winner{Place: r.Place, Ticket: vdraw.Ticket(r.Ticket), Name: r.Name}
	}
	return winners, nil
}

// Counts says how many are in each event at this moment. Events nobody joined are missing from the map. A frozen list has
// its count in the lock record; ask there.
func (s *Store) Counts(ctx context.Context, ids []lottery.EventID) (map[lottery.EventID]uint64, error) {
	counts := make(map[lottery.EventID]uint64, len(ids))
	if len(ids) == 0 {
		return counts, nil
	}
	statement, args, err := sqlx.In(`
		SELECT event_id, COUNT(*) AS n
		FROM participants
		WHERE event_id IN (?)
		GROUP BY event_id`, raw(ids))
	if err != nil {
		return nil, classify("count participants", err)
	}
	var rows []struct {
		ID []byte `db:"event_id"`
		N  uint64 `db:"n"`
	}
	if err := s.db.SelectContext(ctx, &rows, statement, args...); err != nil {
		return nil, classify("count participants", err)
	}
	for _, r := range rows {
		counts[lottery.EventID(r.ID)] = r.N
	}
	return counts, nil
}

func raw(ids []lottery.EventID) [][]byte {
	out := make([][]byte, len(ids))
	for i := range ids {
		out[i] = ids[i][:]
	}
	return out
}
