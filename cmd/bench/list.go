package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// list is an event with many participants and so many winners.
type list struct {
	*bench
	id         lottery.EventID
	n, winners int
	freezes    []lap          // of the turns of ours
	draws      []lap          // of the same turns
	drawn      []store.Winner // by the last one
}

func (l *list) addDraws(laps [][]lap) {
	draw := times(drawName(l.n, l.winners), "inserting the same winners", l.draws, laps[2])
	both := make([]lap, len(l.draws))
	for i := range both {
		both[i] = sum([]lap{l.freezes[i], l.draws[i]})
		both[i].ops = 1
	}
	random := times(randomName(l.n, l.winners), "ORDER BY RAND() LIMIT", both, laps[3])
	if l.n == 1_000_000 && l.winners == 100 {
		draw = draw.with(atMost("ms", draw.Figure, 100))
		random = random.with(atMost("ratio", random.Ratio.Median, 1.5))
	}
	l.add(draw)
	l.add(random)
}

// create makes the event, in the place of an earlier one with the same id: tickets depend on nothing else.
func (l *list) create(ctx context.Context) error {
	for _, table := range []string{"winners", "list_pages", "prizes"} {
		if _, err := l.db.ExecContext(ctx, `DELETE FROM `+table+` WHERE event_id = ?`, l.id[:]); err != nil {
			return err
		}
	}
	if _, err := l.db.ExecContext(ctx, `DELETE FROM events WHERE id = ?`, l.id[:]); err != nil {
		return err
	}
	_, err := l.bench.create(ctx, plan{id: l.id, drawIn: -time.Hour, wins: l.winners})
	return err
}

// ours locks, freezes and draws, and takes the times of the two.
func (l *list) ours(ctx context.Context) (lap, error) {
	if err := l.reset(ctx); err != nil {
		return lap{}, err
	}
	e, _, err := l.store.Event(ctx, l.id)
	if err != nil {
		return lap{}, err
	}
	freeze, err := l.lap(1, func() error { return l.freeze(ctx, e) })
	if err != nil {
		return lap{}, err
	}
	e, now, err := l.store.Event(ctx, l.id)
	if err != nil {
		return lap{}, err
	}
	draw, err := l.lap(1, func() error { return l.draw(ctx, e, now) })
	l.freezes, l.draws = append(l.freezes, freeze), append(l.draws, draw)
	return freeze, err
}

// reset makes the event locked again, with nothing done.
func (l *list) reset(ctx context.Context) error {
	for _, table := range []string{"winners", "list_pages"} {
		if _, err := l.db.ExecContext(ctx, `DELETE FROM `+table+` WHERE event_id = ?`, l.id[:]); err != nil {
			return err
		}
	}
	_, err := l.db.ExecContext(ctx, `
		UPDATE events
		SET status = 1, list_count = NULL, list_root = NULL, lock_digest = NULL, lock_sig = NULL, frozen_at_ms = NULL,
			secret = NULL, seed = NULL, drawn_at_ms = NULL, next_at_ms = draw_at_ms
		WHERE id = ?`, l.id[:])
	return err
}

// freeze is the worker's: list, root, record.
func (l *list) freeze(ctx context.Context, e *lottery.Event) error {
	list, err := l.store.List(ctx, e, func(uint64) error { return nil })
	if err != nil {
		return err
	}
	record, err := e.Freeze(list.Count(), list.Root(), l.keys, nil, time.Time{})
	if err != nil {
		return err
	}
	done, err := l.store.Freeze(ctx, e.ID, record, list.Pages(), lottery.Grace(terms.LockLead))
	if err == nil && (!done || record.Count != uint64(l.n)) {
		return fmt.Errorf("froze %d participants (%v) of %d", record.Count, done, l.n)
	}
	return err
}

// draw is the worker's: positions, the pages they fall on, one transaction.
func (l *list) draw(ctx context.Context, e *lottery.Event, now time.Time) error {
	result, picks, err := e.Draw(l.keys, nil)
	if err != nil {
		return err
	}
	if l.drawn, err = l.store.Entries(ctx, e, picks); err != nil {
		return err
	}
	done, err := l.store.Open(ctx, e, now, result, l.drawn)
	if err == nil && (!done || len(l.drawn) != min(l.winners, l.n)) {
		return fmt.Errorf("drew %d winners (%v) of %d", len(l.drawn), done, l.winners)
	}
	return err
}

// read is the limit of a freeze: the rows, read to the end.
func (l *list) read(ctx context.Context) (lap, error) {
	return l.lap(1, func() error {
		return l.count(ctx, `
			SELECT ticket
			FROM participants
			WHERE event_id = ?
			ORDER BY ticket`, l.n, l.id[:])
	})
}

// random is a draw without any proof.
func (l *list) random(ctx context.Context) (lap, error) {
	return l.lap(1, func() error {
		return l.count(ctx, `
			SELECT ticket, user_id
			FROM participants
			WHERE event_id = ?
			ORDER BY RAND()
			LIMIT ?`, min(l.winners, l.n), l.id[:], l.winners)
	})
}

// count reads a query's rows to the end.
func (l *list) count(ctx context.Context, query string, want int, args ...any) error {
	rows, err := l.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(sql.RawBytes)
	}
	got := 0
	for ; rows.Next(); got++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%d rows, not %d", got, want)
	}
	return nil
}

// write is the limit of a draw: the winners of the last one, stored again in one transaction.
func (l *list) write(ctx context.Context) (lap, error) {
	if _, err := l.db.ExecContext(ctx, `DELETE FROM winners WHERE event_id = ?`, l.id[:]); err != nil {
		return lap{}, err
	}
	var args []any
	for _, w := range l.drawn {
		args = append(args, l.id[:], w.Place, w.User[:], w.Ticket[:])
	}
	return l.lap(1, func() error {
		tx, err := l.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := insertInto(ctx, tx, "INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms)", "(?, ?, ?, ?, 0)", 4, args); err != nil {
			return err
		}
		return tx.Commit()
	})
}
