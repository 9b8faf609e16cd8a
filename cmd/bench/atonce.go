package main

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// atOnce draws everything that is due in one transaction, with as few statements as there can be: the limit of what a
// database can do, and no design for a service, as one event that cannot be drawn would stop all the others.
func (d *due) atOnce(ctx context.Context) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	ids, err := dueIDs(ctx, tx)
	if err != nil {
		return err
	}
	events, _, err := d.store.EventsByID(ctx, ids) // two statements, with the prizes
	if err != nil {
		return err
	}
	lists, err := dueLists(ctx, tx)
	if err != nil {
		return err
	}
	winners, results, err := d.pick(events, lists)
	if err != nil {
		return err
	}
	if err := insertInto(ctx, tx, "INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms)", "(?, ?, ?, ?, ?)", 5, winners); err != nil {
		return err
	}
	return d.finish(ctx, tx, results)
}

// finish writes all results: into a table of the session first, so that one UPDATE can do the rest.
func (d *due) finish(ctx context.Context, tx *sql.Tx, results []any) error {
	if _, err := tx.ExecContext(ctx, `
		CREATE TEMPORARY TABLE results (id BINARY(16) PRIMARY KEY, secret BINARY(32), seed BINARY(32))`); err != nil {
		return err
	}
	defer tx.ExecContext(ctx, `DROP TEMPORARY TABLE IF EXISTS results`)
	if err := insertInto(ctx, tx, "INSERT INTO results (id, secret, seed)", "(?, ?, ?)", 3, results); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `
		UPDATE events AS e
		JOIN results AS r ON r.id = e.id
		SET e.status = 2, e.secret = r.secret, e.seed = r.seed, e.drawn_at_ms = ?, e.next_at_ms = NULL
		WHERE e.status = 1`, time.Now().UnixMilli()); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DROP TEMPORARY TABLE results`); err != nil {
		return err
	}
	return tx.Commit()
}

func dueIDs(ctx context.Context, tx *sql.Tx) (ids []lottery.EventID, err error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT id
		FROM events
		WHERE next_at_ms <= ? FOR UPDATE`, time.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id sql.RawBytes
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, lottery.EventID(id))
	}
	return ids, rows.Err()
}

// dueLists reads the lists of all events that are due.
func dueLists(ctx context.Context, tx *sql.Tx) (map[lottery.EventID][]participant, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT p.event_id, p.ticket, p.user_id
		FROM events AS e
		JOIN participants AS p ON p.event_id = e.id
		WHERE e.next_at_ms <= ?
		ORDER BY p.event_id, p.ticket`, time.Now().UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	lists := map[lottery.EventID][]participant{}
	for rows.Next() {
		var id, ticket, user sql.RawBytes
		if err := rows.Scan(&id, &ticket, &user); err != nil {
			return nil, err
		}
		p := participant{lottery.EventID(id), vdraw.Ticket(ticket), lottery.UserID(user)}
		lists[p.event] = append(lists[p.event], p)
	}
	return lists, rows.Err()
}

// pick computes what the workers compute: rows for winners and for results.
func (d *due) pick(events map[lottery.EventID]*lottery.Event, lists map[lottery.EventID][]participant) (winners, results []any, err error) {
	now := time.Now().UnixMilli()
	for id, e := range events {
		result, picks, err := e.Draw(d.keys, nil)
		if err != nil {
			return nil, nil, err
		}
		for i, p := range picks {
			w := lists[id][p]
			winners = append(winners, w.event[:], i+1, w.user[:], w.ticket[:], now)
		}
		results = append(results, e.ID[:], result.Secret[:], result.Seed[:])
	}
	return winners, results, nil
}

// insertInto inserts rows of width parameters each, a chunk at a time.
func insertInto(ctx context.Context, tx *sql.Tx, statement, values string, width int, args []any) error {
	for len(args) > 0 {
		n := min(len(args)/width, fillChunk)
		if _, err := tx.ExecContext(ctx, statement+" VALUES "+strings.Repeat(values+", ", n-1)+values, args[:n*width]...); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}
