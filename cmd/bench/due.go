package main

import (
	"context"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// due are events that are due, with a short list each, and whom their draws must pick.
type due struct {
	*bench
	events  []*lottery.Event
	lists   []participant
	winners []store.Winner // of all events in order
}

const (
	perEvent = 5 // participants
	perDraw  = 3 // of them win
)

// makeDue makes events whose draw is overdue, frozen, by few statements.
func (b *bench) makeDue(ctx context.Context, n int) (*due, error) {
	d := &due{bench: b}
	now := time.Now()
	owner, _, err := b.store.UserByOpenID(ctx, "due")
	if err != nil {
		return nil, err
	}
	for i := range n {
		e, err := b.event(plan{id: lottery.NewEventID(), drawIn: -time.Hour, wins: perDraw}, lottery.Place{Owner: owner, Seq: uint64(i + 1)}, now)
		if err != nil {
			return nil, err
		}
		if err := d.freeze(e); err != nil {
			return nil, err
		}
		d.events = append(d.events, e)
	}
	return d, d.insert(ctx)
}

// freeze gives an event its list, its record and, in advance, its winners.
func (d *due) freeze(e *lottery.Event) error {
	all, err := d.participants(e.ID, perEvent)
	if err != nil {
		return err
	}
	d.lists = append(d.lists, all...)
	var list vdraw.List
	for _, p := range all {
		if err := list.Add(p.ticket); err != nil {
			return err
		}
	}
	record, err := e.Freeze(list.Count(), list.Root(), d.keys, nil, time.Time{})
	if err != nil {
		return err
	}
	e.Record = &record
	_, picks, err := e.Draw(d.keys, nil)
	for i, p := range picks {
		d.winners = append(d.winners, store.Winner{Place: i + 1, Ticket: all[p].ticket, User: all[p].user})
	}
	return err
}

func (d *due) insert(ctx context.Context) error {
	if err := d.fill(ctx, `
		INSERT INTO events (id, owner_id, seq, status, title, description, created_at_ms, lock_at_ms, draw_at_ms,
			mode, key_version, operator_key, prev, commitment, manifest_digest, rules_text, next_at_ms,
			list_count, list_root, lock_digest, lock_sig, frozen_at_ms)`,
		"(?, ?, ?, 1, ?, '', ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", len(d.events), func(i int) []any {
			e := d.events[i]
			lockAt, drawAt := e.LockAt.UnixMilli(), e.DrawAt.UnixMilli()
			return []any{
				e.ID[:], e.Owner[:], e.Seq, e.Title, e.CreatedAt.UnixMilli(), lockAt, drawAt,
				e.KeyVersion, e.OperatorKey[:], e.Prev[:], e.Commit[:], e.Manifest[:], []byte(e.RulesText), drawAt,
				e.Record.Count, e.Record.Root[:], e.Record.Digest[:], e.Record.Sig, lockAt,
			}
		}); err != nil {
		return err
	}
	if err := d.fill(ctx, "INSERT INTO prizes (event_id, position, name, quantity)", "(?, 1, 'Tea', ?)", len(d.events),
		func(i int) []any { return []any{d.events[i].ID[:], perDraw} }); err != nil {
		return err
	}
	return d.fillParticipants(ctx, d.lists)
}

// reset makes all of them due again.
func (d *due) reset(ctx context.Context) error {
	if err := d.exec(ctx, "DELETE FROM winners"); err != nil {
		return err
	}
	if _, err := d.db.ExecContext(ctx, `
		UPDATE events
		SET status = 1, secret = NULL, seed = NULL, drawn_at_ms = NULL, next_at_ms = draw_at_ms, lease_until_ms = 0, lease_token = NULL
		WHERE owner_id = ?`, d.events[0].Owner[:]); err != nil {
		return err
	}
	return d.settle(ctx)
}

// settle waits until the database has cleared away the rows of earlier turns, which are not the next one's to pay for. On a
// server that others work on, too, it may never: it waits a little only.
func (b *bench) settle(ctx context.Context) error {
	for range 50 {
		n, err := b.status(ctx, "Innodb_history_list_length") // MySQL does not say
		if err != nil || n < 100 {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

func (d *due) remove(ctx context.Context) error {
	if err := d.exec(ctx, "DELETE FROM winners", "DELETE FROM prizes", "TRUNCATE participants"); err != nil {
		return err
	}
	_, err := d.db.ExecContext(ctx, `DELETE FROM events WHERE owner_id = ?`, d.events[0].Owner[:])
	return err
}
