package store

import (
	"context"
	"math"
	"strings"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// Cursor is where a page of a user's events ended. The zero Cursor is the start: the newest.
type Cursor struct {
	At int64 // the list's own order: seq, joined_at or won_at
	ID lottery.EventID
}

// IsZero reports whether the cursor is the start of a list, or, as a returned one, that there is no more.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// Role says what a user has to do with the events of a list.
type Role string

// The roles.
const (
	Created Role = "created" // his own, without those he deleted
	Joined  Role = "joined"
	Won     Role = "won"
)

// roleLists are the lists' sources: what they read, where they go on, and their order, which is that of an index.
var roleLists = map[Role]struct{ from, at, after, order string }{
	Created: {
		"events AS e WHERE e.owner_id = ? AND e.hidden = 0", "e.seq",
		"e.seq < ?", "e.seq DESC",
	},
	Joined: {
		"participants AS p JOIN events AS e ON e.id = p.event_id WHERE p.user_id = ?", "p.joined_at",
		"(p.joined_at < ? OR (p.joined_at = ? AND p.event_id < ?))", "p.joined_at DESC, p.event_id DESC",
	},
	Won: {
		"winners AS w JOIN events AS e ON e.id = w.event_id WHERE w.user_id = ?", "w.won_at_ms",
		"(w.won_at_ms < ? OR (w.won_at_ms = ? AND w.event_id < ?))", "w.won_at_ms DESC, w.event_id DESC",
	},
}

// Events reads a page of a user's events, newest first, and the cursor of the next page (zero: there is none), with the
// database's clock.
func (s *Store) Events(ctx context.Context, user lottery.UserID, role Role, from Cursor, limit int) ([]*lottery.Event, Cursor, time.Time, error) {
	list, ok := roleLists[role]
	if !ok || limit < 1 {
		return nil, Cursor{}, time.Time{}, classify("list events", lottery.ErrNotFound)
	}
	if from.IsZero() {
		from.At = math.MaxInt64
	}
	args := []any{user[:], from.At, from.At, from.ID[:]}[:1+strings.Count(list.after, "?")]
	var rows []eventRow
	err := s.db.SelectContext(ctx, &rows, s.dialect.sql(`
		SELECT `+eventColumns+`, `+list.at+` AS list_at
		FROM `+list.from+` AND `+list.after+`
		ORDER BY `+list.order+`
		LIMIT ?`), append(args, limit+1)...)
	if err != nil {
		return nil, Cursor{}, time.Time{}, classify("list events", err)
	}
	var next Cursor
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = Cursor{last.At, lottery.EventID(last.ID)}
	}
	events := make([]*lottery.Event, len(rows))
	var now time.Time
	for i := range rows {
		events[i], now = rows[i].event(), instant(rows[i].NowMS)
	}
	return events, next, now, classify("list events", s.readPrizes(ctx, s.db, events))
}

// Part is what a user is in an event.
type Part struct {
	Joined *Participation // nil: he is not in it
	Place  int            // of his prize, from 1; 0: none
	Unread bool           // the event has ended, and he has not said that he knows
}

// Parts reads a user's part in events, given his ticket in each.
func (s *Store) Parts(ctx context.Context, user lottery.UserID, tickets map[lottery.EventID]vdraw.Ticket) (map[lottery.EventID]Part, error) {
	parts := make(map[lottery.EventID]Part, len(tickets))
	if len(tickets) == 0 {
		return parts, nil
	}
	pairs := make([]string, 0, len(tickets))
	args := []any{user[:]}
	for id, ticket := range tickets {
		pairs = append(pairs, "(p.event_id = ? AND p.ticket = ?)")
		args = append(args, id[:], ticket[:])
	}
	var rows []struct {
		EventID  []byte `db:"event_id"`
		Ticket   []byte `db:"ticket"`
		JoinedAt int64  `db:"joined_at"`
		Notify   bool   `db:"notify"`
		Place    int    `db:"place"`
		Unread   bool   `db:"unread"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT p.event_id, p.ticket, p.joined_at, p.notify, COALESCE(w.place, 0) AS place,
			p.seen = 0 AND e.status IN (2, 9) AS unread
		FROM participants AS p
		JOIN events AS e ON e.id = p.event_id
		LEFT JOIN winners AS w ON w.event_id = p.event_id AND w.user_id = ?
		WHERE `+strings.Join(pairs, " OR "), args...)
	if err != nil {
		return nil, classify("read a user's part", err)
	}
	for _, r := range rows {
		p := Participation{vdraw.Ticket(r.Ticket), time.Unix(r.JoinedAt, 0).UTC(), r.Notify}
		parts[lottery.EventID(r.EventID)] = Part{&p, r.Place, r.Unread}
	}
	return parts, nil
}

// Unread counts the events of a list that have ended without the user having said that he knows; Created has none.
func (s *Store) Unread(ctx context.Context, user lottery.UserID, role Role) (n int, err error) {
	won := ""
	switch role {
	case Created:
		return 0, nil
	case Won:
		won = "JOIN winners AS w ON w.event_id = p.event_id AND w.user_id = p.user_id"
	}
	err = s.db.GetContext(ctx, &n, `
		SELECT COUNT(*)
		FROM participants AS p
		JOIN events AS e ON e.id = p.event_id `+won+`
		WHERE p.user_id = ? AND p.seen = 0 AND e.status IN (2, 9)`, user[:])
	return n, classify("count unread results", err)
}

// MarkRead notes that a participant knows how an event has ended. done is false where it has not ended, or nobody has this
// ticket in it.
func (s *Store) MarkRead(ctx context.Context, id lottery.EventID, ticket vdraw.Ticket) (done bool, err error) {
	rows, err := s.exec(ctx, "mark a result of "+id.String()+" as read", `
		UPDATE participants
		SET seen = 1
		WHERE event_id = ? AND ticket = ? AND EXISTS (
			SELECT 1
			FROM events AS e
			WHERE e.id = ? AND e.status IN (2, 9))`, id[:], ticket[:], id[:])
	return rows == 1, err
}
