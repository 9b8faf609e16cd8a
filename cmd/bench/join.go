package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// mostJoins bounds a lap, since tickets are made before the clock starts.
const mostJoins = 40_000

// joins measures the hot join: all users come to one event. Beside it a plain INSERT of the same row, each a transaction of
// its own, and the design of the usual tutorial.
func joins(o options) subject {
	var s subject
	for _, n := range o.conns {
		s.names = append(s.names, joinName(n), naiveName(n))
	}
	s.run = func(ctx context.Context, b *bench, wanted func(string) bool) error {
		if err := b.exec(ctx, plainTables...); err != nil {
			return err
		}
		for _, n := range o.conns {
			if wanted(joinName(n)) || wanted(naiveName(n)) {
				if err := b.hotJoin(ctx, n); err != nil {
					return err
				}
			}
		}
		return b.exec(ctx, "DROP TABLE plain_participants", "DROP TABLE naive_participants", "DROP TABLE naive_events", "TRUNCATE participants")
	}
	return s
}

func joinName(conns int) string  { return fmt.Sprintf("join-%d", conns) }
func naiveName(conns int) string { return fmt.Sprintf("join-%d-naive", conns) }

// plainTables have the columns, keys and CHECKs of participants, and the counter that the tutorial wants.
var plainTables = []string{
	"CREATE TABLE plain_participants LIKE participants",
	"CREATE TABLE naive_participants LIKE participants",
	"CREATE TABLE naive_events (id BINARY(16) NOT NULL PRIMARY KEY, status INT NOT NULL, lock_at_ms BIGINT NOT NULL, joined BIGINT NOT NULL)",
}

// crowd is the hot join at a number of connections.
type crowd struct {
	*bench
	conns int
}

// joining is one user's join in some way.
type joining func(ctx context.Context, e *lottery.Event, who store.Entrant) error

func (b *bench) hotJoin(ctx context.Context, conns int) error {
	c := crowd{b, conns}
	sides, err := b.sized(ctx, mostJoins, way{"join", c.join}, way{"plain INSERT", c.direct(plainJoin)}, way{"tutorial", c.direct(naiveJoin)})
	if err != nil {
		return err
	}
	laps, err := b.alternate(ctx, joinName(conns), b.pairs, sides...)
	if err != nil {
		return err
	}
	b.addJoins(conns, laps)
	return nil
}

func (b *bench) addJoins(conns int, laps [][]lap) {
	plain := rates(joinName(conns), "plain INSERT", laps[0], laps[1])
	naive := rates(naiveName(conns), "SELECT FOR UPDATE, INSERT, counter, COMMIT", laps[0], laps[2])
	if conns == 32 {
		plain = plain.with(atLeast("ratio", plain.Ratio.Median, 0.6))
		if plain.Server != nil {
			plain = plain.with(atMost("server", plain.Server.Ratio, 1.6))
		}
		naive = naive.with(atLeast("ratio", naive.Ratio.Median, 4))
	}
	b.add(plain)
	b.add(naive)
}

// race empties the tables, so that no side meets a fuller tree than the others, and lets ops users join a new event.
func (c crowd) race(ctx context.Context, ops int, join joining) (lap, error) {
	if err := c.exec(ctx, "TRUNCATE participants", "TRUNCATE plain_participants", "TRUNCATE naive_participants"); err != nil {
		return lap{}, err
	}
	e, err := c.openEvent(ctx)
	if err != nil {
		return lap{}, err
	}
	if _, err := c.db.ExecContext(ctx, `
		INSERT INTO naive_events (id, status, lock_at_ms, joined)
		VALUES (?, 0, ?, 0)`, e.ID[:], e.LockAt.UnixMilli()); err != nil {
		return lap{}, err
	}
	who, err := c.entrants(e, ops)
	if err != nil {
		return lap{}, err
	}
	return c.lap(ops, func() error {
		return together(ctx, c.conns, ops, func(ctx context.Context, _, i int) error { return join(ctx, e, who[i]) })
	})
}

// join is ours. Of an entrant's ticket nothing is left to compute. Connections are opened before the clock starts, and
// closed afterwards: the server may not have enough for all sides.
func (c crowd) join(ctx context.Context, ops int) (lap, error) {
	if err := c.room(ctx, c.conns); err != nil {
		return lap{}, err
	}
	s, err := c.openStore(c.conns)
	if err != nil {
		return lap{}, err
	}
	defer s.Close()
	if err := together(ctx, c.conns, 4*c.conns, func(ctx context.Context, _, _ int) error {
		_, err := s.Now(ctx)
		return err
	}); err != nil {
		return lap{}, err
	}
	return c.race(ctx, ops, func(ctx context.Context, e *lottery.Event, who store.Entrant) error {
		_, created, err := s.Join(ctx, e.ID, who, false, time.Now())
		if err == nil && !created {
			return errors.New("a user was in the event already")
		}
		return err
	})
}

// direct is another way to join, through a plain pool.
func (c crowd) direct(join func(db *sql.DB) joining) func(ctx context.Context, ops int) (lap, error) {
	return func(ctx context.Context, ops int) (lap, error) {
		if err := c.room(ctx, c.conns); err != nil {
			return lap{}, err
		}
		db, err := c.pool(c.conns)
		if err != nil {
			return lap{}, err
		}
		defer db.Close()
		if err := together(ctx, c.conns, 4*c.conns, func(ctx context.Context, _, _ int) error {
			_, err := db.ExecContext(ctx, "DO 0")
			return err
		}); err != nil {
			return lap{}, err
		}
		return c.race(ctx, ops, join(db))
	}
}

// plainJoin is the limit: the same row into a table like ours, asking nothing.
func plainJoin(db *sql.DB) joining {
	return func(ctx context.Context, e *lottery.Event, who store.Entrant) error {
		ticket, _ := who.Ticket(e.KeyVersion)
		_, err := db.ExecContext(ctx, `
			INSERT INTO plain_participants (event_id, ticket, user_id, joined_at, notify)
			VALUES (?, ?, ?, ?, ?)`, e.ID[:], ticket[:], who.User[:], time.Now().Unix(), false)
		return err
	}
}

// naiveJoin is what tutorials show: lock the event's row, look, insert, count.
func naiveJoin(db *sql.DB) joining {
	return func(ctx context.Context, e *lottery.Event, who store.Entrant) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		var status int
		var lockAt int64
		if err := tx.QueryRowContext(ctx, `
			SELECT status, lock_at_ms
			FROM naive_events
			WHERE id = ? FOR UPDATE`, e.ID[:]).Scan(&status, &lockAt); err != nil {
			return err
		}
		if status != 0 || lockAt <= time.Now().UnixMilli() {
			return errors.New("the event is locked")
		}
		ticket, _ := who.Ticket(e.KeyVersion)
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO naive_participants (event_id, ticket, user_id, joined_at, notify)
			VALUES (?, ?, ?, ?, ?)`, e.ID[:], ticket[:], who.User[:], time.Now().Unix(), false); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			UPDATE naive_events
			SET joined = joined + 1
			WHERE id = ?`, e.ID[:]); err != nil {
			return err
		}
		return tx.Commit()
	}
}
