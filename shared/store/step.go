package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
)

// clause is a piece of SQL with its parameters.
type clause struct {
	sql  string
	args []any
}

func with(sql string, args ...any) clause { return clause{sql, args} }

// step is the one place where a status changes: a guarded UPDATE whose row count says whether the step was taken. set is
// the columns that change with it, guard what must hold beside the status. With a final step it is on record that there is
// something to tell, whoever is to be told.
func (s *Store) step(ctx context.Context, tx sqlx.ExecerContext, id lottery.EventID, t lottery.Transition, set, guard clause) (bool, error) {
	if t.IsZero() {
		return false, errors.New("no transition")
	}
	var reason any // NULL unless canceled
	canceledAt, tellAt := "NULL", "NULL"
	if t.To() == lottery.Canceled {
		reason, canceledAt = string(t.Reason()), "{now}"
	}
	if t.To().Final() {
		tellAt = "{now}"
	}
	args := slices.Concat([]any{t.To(), reason}, set.args, []any{id[:], t.From()}, guard.args)
	rows, err := s.affect(ctx, tx, `
		UPDATE events
		SET status = ?, cancel_reason = ?, canceled_at_ms = `+canceledAt+`, tell_at_ms = `+tellAt+`,
			lease_until_ms = 0, lease_token = NULL, attempts = 0, last_error = NULL, `+set.sql+`
		WHERE id = ? AND status = ? AND `+guard.sql, args...)
	return rows == 1, err
}

// Cancel is the owner's step before the lock; hide also takes the event out of his lists, now or on a later call. It
// returns the event as it is afterwards and the database's clock. Errors: lottery.ErrNotFound, ErrNotOwner, ErrLocked,
// ErrOpened.
func (s *Store) Cancel(ctx context.Context, id lottery.EventID, by lottery.UserID, hide bool) (event *lottery.Event, now time.Time, err error) {
	err = s.tx(ctx, "cancel event "+id.String(), func(tx *sqlx.Tx) error {
		e, asOf, err := s.readEvent(ctx, tx, id, "{update}")
		if err != nil {
			return err
		}
		t, err := e.Cancel(by, asOf)
		if err != nil {
			return err
		}
		if !t.IsZero() {
			done, err := s.step(ctx, tx, id, t, with("next_at_ms = NULL"), with("lock_at_ms > {now}"))
			if err != nil {
				return err
			}
			if !done { // lock_at came between reading and writing
				return lottery.ErrLocked
			}
		}
		if hide {
			if _, err := s.affect(ctx, tx, `
				UPDATE events
				SET hidden = 1
				WHERE id = ?`, id[:]); err != nil {
				return err
			}
		}
		event, now, err = s.readEvent(ctx, tx, id, "")
		return err
	})
	return event, now, err
}

// Lock is the step at lock_at: from it on no join can be committed, because a join holds the event's row in share mode
// while this holds it alone. The list is to be read after the grace. e and now, the database's clock, are as they were read;
// done is false where the event has gone on since then. Error: lottery.ErrNotLocked before lock_at.
func (s *Store) Lock(ctx context.Context, e *lottery.Event, now time.Time, grace time.Duration) (done bool, err error) {
	if e.Status != lottery.Init {
		return false, nil
	}
	t, err := e.Lock(now)
	if err != nil {
		return false, err
	}
	next := with("next_at_ms = lock_at_ms + ?", grace.Milliseconds())
	if t.To().Final() {
		next = with("next_at_ms = NULL")
	}
	what := "lock event " + e.ID.String()
	err = s.retry(ctx, what, func() error {
		done, err = s.step(ctx, s.db, e.ID, t, next, with("held = ? AND lock_at_ms <= {now}", e.Held))
		return err
	})
	return done, err
}

// Void ends a locked event without a draw. tries is 0 where its secret cannot be had; where it is the round that does not come, it
// is how many of the last tries (Await) must have failed, and an event that somebody has brought a signature to is not ended.
// done is false there, and on an event that has gone on already.
func (s *Store) Void(ctx context.Context, id lottery.EventID, tries int) (done bool, err error) {
	err = s.tx(ctx, "void event "+id.String(), func(tx *sqlx.Tx) error {
		done = false
		e, now, err := s.readEvent(ctx, tx, id, "{update}")
		if err != nil || e.Status.Final() {
			return err
		}
		t, err := e.Void(now)
		if err != nil {
			return err
		}
		guard := with("draw_at_ms + ? <= {now}", lottery.VoidAfter.Milliseconds())
		if tries > 0 {
			guard = with(guard.sql+" AND attempts >= ? AND beacon_signature IS NULL", guard.args[0], tries)
		}
		done, err = s.step(ctx, tx, id, t, with("next_at_ms = NULL"), guard)
		return err
	})
	return done, err
}
