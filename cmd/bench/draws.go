package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"wxlottery/functions/draw/worker"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

var workers = []int{1, 2, 4}

const (
	naiveDraws = "draws-naive"
	fourToOne  = "draws-4-to-1"
)

func drawsName(workers int) string { return fmt.Sprintf("draws-%d", workers) }

// draws measures how many due events workers draw in a second, beside one transaction that does it for all of them at
// once, and beside the design of the usual tutorial.
func draws(o options) subject {
	var names []string
	for _, n := range workers {
		names = append(names, drawsName(n))
	}
	return subject{
		names: append(names, fourToOne, naiveDraws),
		run: func(ctx context.Context, b *bench, wanted func(string) bool) error {
			if err := b.needOld(ctx); err != nil {
				return err
			}
			d, err := b.makeDue(ctx, b.due)
			if err != nil {
				return err
			}
			if err := d.measure(ctx); err != nil {
				return err
			}
			return d.remove(ctx)
		},
	}
}

func (d *due) measure(ctx context.Context) error {
	sides := []side{{"one transaction", d.check(d.atOnce)}, {"tutorial", d.naive}}
	for _, n := range workers {
		sides = append(sides, side{fmt.Sprintf("%d workers", n), d.check(func(ctx context.Context) error { return d.work(ctx, n) })})
	}
	laps, err := d.alternate(ctx, "draws", d.pairs, sides...)
	if err != nil {
		return err
	}
	for i, n := range workers {
		r := rates(drawsName(n), "one transaction for all", laps[2+i], laps[0])
		if n == 1 {
			r = r.with(atLeast("ratio", r.Ratio.Median, 0.12))
		}
		d.add(r)
	}
	last := len(laps) - 1
	r := rates(fourToOne, "1 worker", laps[last], laps[2])
	d.add(r.with(atLeast("ratio", r.Ratio.Median, 1.2)))
	d.add(rates(naiveDraws, "SELECT FOR UPDATE, ORDER BY RAND(), INSERT, UPDATE, COMMIT; ours is 1 worker", laps[2], laps[1]))
	return nil
}

// check makes a lap of drawing all events and looks at every winner afterwards.
func (d *due) check(draw func(ctx context.Context) error) func(context.Context) (lap, error) {
	return func(ctx context.Context) (lap, error) {
		if err := d.reset(ctx); err != nil {
			return lap{}, err
		}
		l, err := d.lap(len(d.events), func() error { return draw(ctx) })
		if err != nil {
			return l, err
		}
		return l, d.verify(ctx)
	}
}

// work lets workers, each with connections of its own, draw at the same time.
func (d *due) work(ctx context.Context, n int) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			s, err := d.openStore(worker.Conns)
			if err != nil {
				errs[i] = err
				return
			}
			defer s.Close()
			errs[i] = worker.New(s, d.keys, lottery.Grace(terms.LockLead)).Tick(ctx, 0)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// verify compares what is stored with what must be: nobody twice, nobody else, nobody missing.
func (d *due) verify(ctx context.Context) error {
	var drawn int
	if err := d.db.QueryRowContext(ctx, `
		SELECT COUNT(*)
		FROM events
		WHERE owner_id = ? AND status = 2`, d.events[0].Owner[:]).Scan(&drawn); err != nil {
		return err
	}
	missing, err := d.missing(ctx)
	if err == nil && (missing > 0 || drawn != len(d.events)) {
		return fmt.Errorf("%d of %d events are drawn, %d winners are missing", drawn, len(d.events), missing)
	}
	return err
}

// place is one row of winners.
type place struct {
	event lottery.EventID
	store.Winner
}

// missing is how many winners are not stored; one too many is an error.
func (d *due) missing(ctx context.Context) (int, error) {
	want := make(map[place]bool, len(d.winners))
	for i, w := range d.winners {
		want[place{d.events[i/perDraw].ID, w}] = true
	}
	rows, err := d.db.QueryContext(ctx, `
		SELECT event_id, place, ticket, user_id
		FROM winners`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, ticket, user []byte
		var n int
		if err := rows.Scan(&id, &n, &ticket, &user); err != nil {
			return 0, err
		}
		w := place{lottery.EventID(id), store.Winner{Place: n, Ticket: vdraw.Ticket(ticket), User: lottery.UserID(user)}}
		if !want[w] {
			return 0, fmt.Errorf("event %s has a wrong winner at place %d", w.event, n)
		}
		delete(want, w)
	}
	return len(want), rows.Err()
}

// naive draws one event after the other, as tutorials show.
func (d *due) naive(ctx context.Context) (lap, error) {
	if err := d.reset(ctx); err != nil {
		return lap{}, err
	}
	some := d.events[:max(1, len(d.events)/10)]
	return d.lap(len(some), func() error {
		for _, e := range some {
			if err := d.naiveDraw(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *due) naiveDraw(ctx context.Context, e *lottery.Event) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var status int
	if err := tx.QueryRowContext(ctx, `
		SELECT status
		FROM events
		WHERE id = ? AND draw_at_ms <= ? FOR UPDATE`, e.ID[:], e.DrawAt.UnixMilli()).Scan(&status); err != nil {
		return err
	}
	winners, err := randomWinners(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	if err := insertInto(ctx, tx, "INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms)", "(?, ?, ?, ?, 0)", 4, winners); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `
		UPDATE events
		SET status = 2, secret = ?, seed = ?, drawn_at_ms = draw_at_ms, next_at_ms = NULL
		WHERE id = ?`, make([]byte, 32), make([]byte, 32), e.ID[:]); err != nil {
		return err
	}
	return tx.Commit()
}

// randomWinners lets the database pick, and returns parameters of rows.
func randomWinners(ctx context.Context, tx *sql.Tx, id lottery.EventID) (args []any, err error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT ticket, user_id
		FROM participants
		WHERE event_id = ?
		ORDER BY RAND()
		LIMIT ?`, id[:], perDraw)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		var ticket, user []byte
		if err := rows.Scan(&ticket, &user); err != nil {
			return nil, err
		}
		args = append(args, id[:], n, user, ticket)
	}
	return args, rows.Err()
}
