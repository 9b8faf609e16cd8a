package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
)

// Templates are the messages that are sent: the id of each template, "" where that sort of reader gets none.
type Templates struct{ Participant, Organiser string }

// of is the template of a reader.
func (t Templates) of(organiser bool) string {
	if organiser {
		return t.Organiser
	}
	return t.Participant
}

// Notice is how far the messages about an event's end have come: participants who wish one, by what became of theirs.
type Notice struct {
	Wanted, Sent, Refused, Dead int
	Done                        bool // everybody has been reached, or given up
}

// Notice reads it; found is false where nobody is to be told, or nobody has begun to.
func (s *Store) Notice(ctx context.Context, id lottery.EventID) (n Notice, found bool, err error) {
	var row struct {
		Complete bool `db:"complete"`
		Wanted   int  `db:"wanted"`
		Sent     int  `db:"sent"`
		Refused  int  `db:"refused"`
		Dead     int  `db:"dead"`
	}
	err = s.db.GetContext(ctx, &row, `
		SELECT complete, wanted, sent, refused, dead
		FROM notices
		WHERE event_id = ?`, id[:])
	if errors.Is(err, sql.ErrNoRows) {
		return Notice{}, false, nil
	}
	done := row.Complete && row.Wanted == row.Sent+row.Refused+row.Dead
	return Notice{row.Wanted, row.Sent, row.Refused, row.Dead, done}, err == nil, classify("read the notice of "+id.String(), err)
}

// Hush forgets what there is to tell, where nobody sends messages.
func (s *Store) Hush(ctx context.Context) error {
	_, err := s.exec(ctx, "forget what there is to tell", `
		UPDATE events
		SET tell_at_ms = NULL
		WHERE tell_at_ms <= {now}`)
	return err
}

// recipient is a row of deliveries.
type recipient struct {
	event lottery.EventID
	user  lottery.UserID
}

// jobs are the ended events whose lists are still to be gone through, the longest waiting first.
func (s *Store) jobs(ctx context.Context, limit int) (ids []lottery.EventID, err error) {
	var rows [][]byte
	err = s.db.SelectContext(ctx, &rows, s.dialect.sql(`
		SELECT id
		FROM events
		WHERE tell_at_ms <= {now}
		ORDER BY tell_at_ms
		LIMIT ?`), limit)
	for _, id := range rows {
		ids = append(ids, lottery.EventID(id))
	}
	return ids, classify("find events to tell of", err)
}

// list goes on with the list of an ended event: up to limit of the participants who wish a message get their row, claimed with
// the token, and the organiser his at the first time. Whoever dies before the transaction ends has done nothing; whoever dies
// after it leaves rows that are due again when the claim's lease is over.
func (s *Store) list(ctx context.Context, id lottery.EventID, token [16]byte, templates Templates, limit int) (all []recipient, err error) {
	err = s.tx(ctx, "list whom to tell of "+id.String(), func(tx *sqlx.Tx) error {
		all = nil
		j, err := s.job(ctx, tx, id)
		if err != nil || !j.open {
			return err
		}
		j.toldTo = j.toldTo && !j.found && templates.Organiser != ""
		room := limit
		if j.toldTo {
			room--
		}
		page, err := j.page(ctx, tx, templates, room)
		if err != nil {
			return err
		}
		all, err = s.record(ctx, tx, j, page, token, len(page) < room || templates.Participant == "")
		return err
	})
	return all, err
}

// job is an ended event as far as it is told of.
type job struct {
	event  lottery.EventID
	owner  lottery.UserID
	toldTo bool // the organiser wishes to hear of it, and it is not he who did it; he has no row yet
	open   bool // there is something left to do
	found  bool // it has its row in notices
	ended  int64
	cursor []byte
}

// job reads a job and holds its event's row, so that nobody else goes on with it.
func (s *Store) job(ctx context.Context, tx *sqlx.Tx, id lottery.EventID) (job, error) {
	var row struct {
		Owner  []byte         `db:"owner_id"`
		Notify bool           `db:"notify_owner"`
		Reason sql.NullString `db:"cancel_reason"`
		TellAt sql.NullInt64  `db:"tell_at_ms"`
		Ended  int64          `db:"ended_at_ms"`
	}
	if err := tx.GetContext(ctx, &row, s.dialect.sql(`
		SELECT owner_id, notify_owner, cancel_reason, tell_at_ms, COALESCE(drawn_at_ms, canceled_at_ms, 0) AS ended_at_ms
		FROM events
		WHERE id = ? {update}`), id[:]); err != nil {
		return job{}, err
	}
	j := job{
		event: id, owner: lottery.UserID(row.Owner), open: row.TellAt.Valid, ended: row.Ended, cursor: make([]byte, 16),
		toldTo: row.Notify && lottery.Reason(row.Reason.String) != lottery.ReasonOwner,
	}
	err := tx.GetContext(ctx, &j.cursor, `
		SELECT cursor_ticket
		FROM notices
		WHERE event_id = ?`, id[:])
	if errors.Is(err, sql.ErrNoRows) {
		return j, nil
	}
	j.found = err == nil
	return j, err
}

// seat is a participant who wishes a message.
type seat struct {
	User   []byte `db:"user_id"`
	Ticket []byte `db:"ticket"`
}

func (j job) page(ctx context.Context, tx *sqlx.Tx, templates Templates, limit int) (page []seat, err error) {
	if templates.Participant == "" {
		return nil, nil
	}
	err = tx.SelectContext(ctx, &page, `
		SELECT user_id, ticket
		FROM participants
		WHERE event_id = ? AND ticket > ? AND notify = 1
		ORDER BY ticket
		LIMIT ?`, j.event[:], j.cursor, limit)
	return page, err
}

// record gives the page its rows and moves the cursor on; last says that the list ends with it.
func (s *Store) record(ctx context.Context, tx *sqlx.Tx, j job, page []seat, token [16]byte, last bool) ([]recipient, error) {
	var all []recipient
	if j.toldTo {
		all = append(all, recipient{j.event, j.owner})
	}
	for _, p := range page {
		all = append(all, recipient{j.event, lottery.UserID(p.User)})
		j.cursor = p.Ticket
	}
	if last {
		if err := s.endJob(ctx, tx, j.event); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 && !j.found {
		return nil, nil // there is nobody to tell: no row says so
	}
	if !j.found {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO notices (event_id, ended_at_ms, cursor_ticket)
			VALUES (?, ?, ?)`, j.event[:], j.ended, j.cursor); err != nil {
			return nil, fmt.Errorf("notice: %w", err)
		}
	}
	if err := insertAll(ctx, tx, s.dialect.sql(`
		INSERT INTO deliveries (event_id, user_id, due_at_ms, claim_token)
		VALUES `), `(?, ?, `+s.dialect.now+` + ?, ?)`, all, func(r recipient) []any {
		return []any{r.event[:], r.user[:], DeliveryLease.Milliseconds(), token[:]}
	}); err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	_, err := s.affect(ctx, tx, `
		UPDATE notices
		SET cursor_ticket = ?, complete = ?, wanted = wanted + ?
		WHERE event_id = ?`, j.cursor, last, len(page), j.event[:])
	return all, err
}

func (s *Store) endJob(ctx context.Context, tx *sqlx.Tx, id lottery.EventID) error {
	_, err := s.affect(ctx, tx, `
		UPDATE events
		SET tell_at_ms = NULL
		WHERE id = ?`, id[:])
	return err
}

func (s *Store) putOffJob(ctx context.Context, id lottery.EventID) error {
	_, err := s.exec(ctx, "put off telling of "+id.String(), `
		UPDATE events
		SET tell_at_ms = {now} + 60000
		WHERE id = ? AND tell_at_ms IS NOT NULL`, id[:])
	return err
}

// Mail is what a worker sees of messages that looks ahead. An instant is zero where nothing comes up in the time looked at.
type Mail struct {
	Now   time.Time // the database's clock
	Lists time.Time // when a list is next to be gone on with
	Due   time.Time // when a message is next to be sent, or its claim runs out
	Taken bool      // somebody has the turn
}

// Mail looks ahead until an instant on the database's clock. turn is the name of that which one at a time has who sends messages.
func (s *Store) Mail(ctx context.Context, turn string, until time.Time) (Mail, error) {
	var row struct {
		Tell sql.NullInt64 `db:"tell_ms"`
		Due  sql.NullInt64 `db:"due_ms"`
		Turn sql.NullInt64 `db:"turn_ms"`
		Now  int64         `db:"now_ms"`
	}
	if err := s.db.GetContext(ctx, &row, s.dialect.sql(`
		SELECT (SELECT MIN(tell_at_ms) FROM events WHERE tell_at_ms <= ?) AS tell_ms,
			(SELECT MIN(due_at_ms) FROM deliveries WHERE due_at_ms <= ?) AS due_ms,
			(SELECT until_ms FROM turns WHERE name = ?) AS turn_ms, {now} AS now_ms`),
		until.UnixMilli(), until.UnixMilli(), turn); err != nil {
		return Mail{}, classify("find the next message", err)
	}
	m := Mail{Now: instant(row.Now), Taken: row.Turn.Int64 > row.Now}
	if row.Tell.Valid {
		m.Lists = instant(row.Tell.Int64)
	}
	if row.Due.Valid {
		m.Due = instant(row.Due.Int64)
	}
	return m, nil
}
