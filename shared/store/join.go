package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// Participation is a user's place in an event.
type Participation struct {
	Ticket   vdraw.Ticket
	JoinedAt time.Time // whole seconds
	Notify   bool      // wants a message with the result
}

// Entrant is who joins or leaves: a user, and his ticket in the event under a version of the master key.
type Entrant struct {
	User    lottery.UserID
	Version int // the key version most events have now; another one is found by asking
	Ticket  func(version int) (vdraw.Ticket, error)
	// Template is whose message he agrees to get with notify, one for each time it is turned on; "": no messages are sent here.
	Template string
}

// decisions bounds how often a join or a leave begins anew because the user did the other thing in between.
const decisions = 6

// Join makes the user a participant, or returns what he is already (created is false); a repeat may turn notify on. now is
// the caller's clock: both it and the database's must be before the lock. Joining is one statement: it holds the event in
// share mode until the row is committed, so a row either is there before the lock is taken or never will be.
// Errors: lottery.ErrNotFound, ErrOwnEvent, ErrLocked, ErrCanceled, ErrOpened; lottery.ErrNoKey.
func (s *Store) Join(ctx context.Context, id lottery.EventID, who Entrant, notify bool, now time.Time) (p Participation, created bool, err error) {
	for range decisions {
		ticket, err := who.Ticket(who.Version)
		if err != nil {
			return Participation{}, false, err
		}
		rows, err := s.insertParticipant(ctx, id, who, ticket, notify, now)
		switch {
		case rows == 1:
			return Participation{ticket, now.UTC().Truncate(time.Second), notify}, true, nil
		case err != nil && !duplicate(err):
			return Participation{}, false, err
		case err == nil:
			version, err := s.whyNotJoined(ctx, id, who, ticket, now)
			if err != nil {
				return Participation{}, false, err
			}
			if version != who.Version {
				who.Version = version
				continue
			}
		}
		if p, err = s.participation(ctx, id, ticket); err == nil {
			p.Notify, err = s.raiseNotify(ctx, id, who, p, notify)
			return p, false, err
		}
		if !errors.Is(err, lottery.ErrNotJoined) {
			return Participation{}, false, err
		}
		// He left between two statements: try again.
	}
	return Participation{}, false, fault.Down(fmt.Errorf("store: join event %s: no decision in %d tries", id, decisions))
}

func (s *Store) insertParticipant(ctx context.Context, id lottery.EventID, who Entrant, ticket vdraw.Ticket, notify bool, now time.Time) (int64, error) {
	var besides func(*sqlx.Tx) error
	if notify && who.Template != "" {
		besides = func(tx *sqlx.Tx) error { return s.addCredit(ctx, tx, who.User, who.Template) }
	}
	return s.guarded(ctx, "join event "+id.String(), id, besides, `
		INSERT INTO participants (event_id, ticket, user_id, joined_at, notify, seen)
		SELECT e.id, ?, ?, ?, ?, 0
		FROM events AS e
		WHERE e.id = ? AND e.status = 0 AND e.held = 0 AND e.key_version = ? AND e.owner_id <> ?
			AND e.lock_at_ms > {now} AND e.lock_at_ms > ?
		{share}`,
		ticket[:], who.User[:], now.Unix(), notify,
		id[:], who.Version, who.User[:], now.UnixMilli())
}

// guarded runs a statement that holds the event in share mode, and returns how many rows it matched. Where several nodes
// of a cluster take writes, a share lock is known to one of them only; there the event's row is changed as well, and of a
// join on one node and the lock on another the cluster lets only the first be committed. besides is what is done with it in one
// transaction, if a row was matched; nil: nothing.
func (s *Store) guarded(ctx context.Context, what string, id lottery.EventID, besides func(*sqlx.Tx) error, statement string, args ...any) (rows int64, err error) {
	if s.closed.has(id) {
		return 0, nil
	}
	if !s.multi && besides == nil {
		return s.exec(ctx, what, statement, args...)
	}
	err = s.tx(ctx, what, func(tx *sqlx.Tx) error {
		rows, err = 1, nil
		if s.multi {
			rows, err = s.affect(ctx, tx, `
				UPDATE events
				SET touched = touched + 1
				WHERE id = ? AND status = 0 AND lock_at_ms > {now}`, id[:])
		}
		if err == nil && rows > 0 {
			rows, err = s.affect(ctx, tx, statement, args...)
		}
		if err == nil && rows > 0 && besides != nil {
			err = besides(tx)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return rows, nil
}

// whyNotJoined says why the guard let no row through: an error of the rules, or nil and the event's key version where the
// user is a participant already or another version is to be tried.
func (s *Store) whyNotJoined(ctx context.Context, id lottery.EventID, who Entrant, ticket vdraw.Ticket, now time.Time) (int, error) {
	e, dbNow, err := s.Event(ctx, id)
	if err != nil {
		return 0, err
	}
	s.closed.note(e, dbNow)
	if e.Owner == who.User {
		return 0, lottery.ErrOwnEvent
	}
	if e.KeyVersion != who.Version {
		return e.KeyVersion, nil
	}
	if now.After(dbNow) {
		dbNow = now
	}
	refusal := e.Joinable(dbNow)
	if refusal == nil {
		return e.KeyVersion, nil
	}
	if _, err := s.participation(ctx, id, ticket); err == nil {
		return e.KeyVersion, nil
	} else if !errors.Is(err, lottery.ErrNotJoined) {
		return 0, err
	}
	return 0, refusal
}

// raiseNotify turns the wish for a message on; nothing turns it off. Whoever has turned it on has given his consent once more.
func (s *Store) raiseNotify(ctx context.Context, id lottery.EventID, who Entrant, p Participation, notify bool) (bool, error) {
	if p.Notify || !notify {
		return p.Notify, nil
	}
	err := s.tx(ctx, "notify participant of "+id.String(), func(tx *sqlx.Tx) error {
		rows, err := s.affect(ctx, tx, `
			UPDATE participants
			SET notify = 1
			WHERE event_id = ? AND ticket = ? AND notify = 0`, id[:], p.Ticket[:])
		if err != nil || rows == 0 || who.Template == "" {
			return err
		}
		return s.addCredit(ctx, tx, who.User, who.Template)
	})
	return err == nil, err
}

// Participation reads a user's place in an event, and the event. Errors: lottery.ErrNotFound, ErrNotJoined; lottery.ErrNoKey.
func (s *Store) Participation(ctx context.Context, id lottery.EventID, who Entrant) (Participation, *lottery.Event, error) {
	e, _, err := s.Event(ctx, id)
	if err == nil && e.Held && e.Owner != who.User {
		err = lottery.ErrNotFound
	}
	if err != nil {
		return Participation{}, nil, err
	}
	ticket, err := who.Ticket(e.KeyVersion)
	if err != nil {
		return Participation{}, nil, err
	}
	p, err := s.participation(ctx, id, ticket)
	return p, e, err
}

func (s *Store) participation(ctx context.Context, id lottery.EventID, ticket vdraw.Ticket) (Participation, error) {
	var row struct {
		JoinedAt int64 `db:"joined_at"`
		Notify   bool  `db:"notify"`
	}
	err := s.db.GetContext(ctx, &row, `
		SELECT joined_at, notify
		FROM participants
		WHERE event_id = ? AND ticket = ?`, id[:], ticket[:])
	if errors.Is(err, sql.ErrNoRows) {
		return Participation{}, lottery.ErrNotJoined
	}
	return Participation{ticket, time.Unix(row.JoinedAt, 0).UTC(), row.Notify}, classify("read participant of "+id.String(), err)
}

// Leave takes the user out of the event; who is not in it has left already. It has the guard of Join. Errors:
// lottery.ErrNotFound, and for a participant ErrLocked, ErrCanceled, ErrOpened; lottery.ErrNoKey.
func (s *Store) Leave(ctx context.Context, id lottery.EventID, who Entrant, now time.Time) error {
	for range decisions {
		ticket, err := who.Ticket(who.Version)
		if err != nil {
			return err
		}
		rows, err := s.deleteParticipant(ctx, id, who.Version, ticket, now)
		if rows == 1 || err != nil {
			return err
		}
		e, dbNow, err := s.Event(ctx, id)
		if err != nil {
			return err
		}
		s.closed.note(e, dbNow)
		switch {
		case e.Held && e.Owner != who.User:
			return lottery.ErrNotFound
		case e.KeyVersion != who.Version:
			who.Version = e.KeyVersion
			continue
		}
		if _, err := s.participation(ctx, id, ticket); errors.Is(err, lottery.ErrNotJoined) {
			return nil
		} else if err != nil {
			return err
		}
		if now.After(dbNow) {
			dbNow = now
		}
		if err := e.Joinable(dbNow); err != nil {
			return err
		}
		// He joined again between two statements: try again.
	}
	return fault.Down(fmt.Errorf("store: leave event %s: no decision in %d tries", id, decisions))
}

func (s *Store) deleteParticipant(ctx context.Context, id lottery.EventID, version int, ticket vdraw.Ticket, now time.Time) (int64, error) {
	return s.guarded(ctx, "leave event "+id.String(), id, nil, `
		DELETE FROM participants
		WHERE event_id = ? AND ticket = ? AND EXISTS (
			SELECT 1
			FROM events AS e
			WHERE e.id = ? AND e.status = 0 AND e.key_version = ? AND e.lock_at_ms > {now} AND e.lock_at_ms > ?
			{share})`,
		id[:], ticket[:], id[:], version, now.UnixMilli())
}
