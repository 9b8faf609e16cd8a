package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
)

// DeliveryLease is how long a claimed message is left alone by others. Whoever has claimed it must not send it later than that
// less the time that sending takes.
const DeliveryLease = 30 * time.Second

// Delivery is a message that one user is to get.
type Delivery struct {
	Event     lottery.EventID
	User      lottery.UserID
	OpenID    string // never in a log or an error
	Organiser bool   // the reader is the organiser
	Place     int    // of the prize he won, from 1; 0: none
	Credits   int    // messages that he has agreed to, of his template
	Tries     int    // how often it was sent without an answer
	EndedAt   time.Time
}

// Post is a share of the messages that nobody else sends while the lease lasts.
type Post struct {
	Token      [16]byte
	Deliveries []Delivery
	Now        time.Time // the database's clock as they were claimed
	Faults     []error   // of events that could not be told of; they are put off, so that they hold nobody else up
}

// ClaimDeliveries takes up to limit messages that are due: those that were to be tried again, or whose claim has run out, first,
// then, if fresh says so, new ones from the lists of ended events. Claims that overlap get different ones. With an error come those
// that are claimed all the same, by event and user only, to be given back.
func (s *Store) ClaimDeliveries(ctx context.Context, token [16]byte, templates Templates, limit int, fresh bool) (p Post, err error) {
	p.Token = token
	due, err := s.claimDue(ctx, token, limit)
	if err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			p.Deliveries = bare(due)
		}
	}()
	for more := fresh; more && len(due) < limit; {
		var ids []lottery.EventID
		if ids, err = s.jobs(ctx, 20); err != nil {
			return p, err
		}
		more = len(ids) > 0
		for _, id := range ids {
			if len(due) >= limit {
				break
			}
			listed, fault := s.list(ctx, id, token, templates, limit-len(due))
			due = append(due, listed...)
			if fault == nil {
				continue
			}
			p.Faults = append(p.Faults, fault)
			if err = s.putOffJob(ctx, id); err != nil {
				return p, err
			}
		}
	}
	if len(due) == 0 {
		return p, nil
	}
	p.Deliveries, p.Now, err = s.deliveries(ctx, due, templates)
	return p, classify("read claimed messages", err)
}

func bare(all []recipient) (ds []Delivery) {
	for _, r := range all {
		ds = append(ds, Delivery{Event: r.event, User: r.user})
	}
	return ds
}

// claimDue moves due_at_ms to the end of the lease. A row that still bears a token comes from a claim that ended without a word:
// its message may have been sent, and will perhaps come twice.
func (s *Store) claimDue(ctx context.Context, token [16]byte, limit int) (due []recipient, err error) {
	err = s.tx(ctx, "claim messages", func(tx *sqlx.Tx) error {
		due = nil
		var rows []struct {
			Event []byte `db:"event_id"`
			User  []byte `db:"user_id"`
		}
		if err := tx.SelectContext(ctx, &rows, s.dialect.sql(`
			SELECT event_id, user_id
			FROM deliveries
			WHERE due_at_ms <= {now}
			ORDER BY due_at_ms
			LIMIT ? {skip}`), limit); err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			due = append(due, recipient{lottery.EventID(r.Event), lottery.UserID(r.User)})
		}
		for id, users := range byEvent(due) {
			// MySQL sets columns from left to right: doubts has to see the old token.
			statement, args, err := sqlx.In(s.dialect.sql(`
				UPDATE deliveries
				SET doubts = doubts + CASE WHEN claim_token IS NULL THEN 0 ELSE 1 END,
					due_at_ms = {now} + ?, claim_token = ?
				WHERE event_id = ? AND user_id IN (?)`), DeliveryLease.Milliseconds(), token[:], id[:], users)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
				return err
			}
		}
		return nil
	})
	return due, err
}

func byEvent(all []recipient) map[lottery.EventID][][]byte {
	groups := map[lottery.EventID][][]byte{}
	for _, r := range all {
		groups[r.event] = append(groups[r.event], r.user[:])
	}
	return groups
}

// deliveries reads what the messages need to be written.
func (s *Store) deliveries(ctx context.Context, all []recipient, templates Templates) (ds []Delivery, now time.Time, err error) {
	for id, users := range byEvent(all) {
		statement, args, err := sqlx.In(s.dialect.sql(`
			SELECT d.user_id, u.openid, d.tries, d.user_id = e.owner_id AS organiser, COALESCE(w.place, 0) AS place,
				COALESCE(c.credits, 0) AS credits, n.ended_at_ms, {now} AS now_ms
			FROM deliveries AS d
			JOIN events AS e ON e.id = d.event_id
			JOIN notices AS n ON n.event_id = d.event_id
			JOIN users AS u ON u.id = d.user_id
			LEFT JOIN winners AS w ON w.event_id = d.event_id AND w.user_id = d.user_id
			LEFT JOIN credits AS c ON c.user_id = d.user_id AND c.template_id = CASE WHEN d.user_id = e.owner_id THEN ? ELSE ? END
			WHERE d.event_id = ? AND d.user_id IN (?)`),
			[]byte(templates.Organiser), []byte(templates.Participant), id[:], users)
		if err != nil {
			return nil, now, err
		}
		var rows []struct {
			User      []byte `db:"user_id"`
			OpenID    []byte `db:"openid"`
			Tries     int    `db:"tries"`
			Organiser bool   `db:"organiser"`
			Place     int    `db:"place"`
			Credits   int    `db:"credits"`
			EndedMS   int64  `db:"ended_at_ms"`
			NowMS     int64  `db:"now_ms"`
		}
		if err := s.db.SelectContext(ctx, &rows, statement, args...); err != nil {
			return nil, now, err
		}
		for _, r := range rows {
			now = instant(r.NowMS)
			ds = append(ds, Delivery{
				Event: id, User: lottery.UserID(r.User), OpenID: string(r.OpenID), Organiser: r.Organiser, Place: r.Place,
				Credits: r.Credits, Tries: r.Tries, EndedAt: instant(r.EndedMS),
			})
		}
	}
	return ds, now, nil
}

// State is where a message stands; the numbers are what the database holds.
type State uint8

// The states. A message ends in one of the last three.
const (
	Waiting State = 0
	Sent    State = 1
	Refused State = 2 // the user has not agreed to it, or no longer does
	Dead    State = 3 // given up
)

// Outcome is what became of a claimed message.
type Outcome struct {
	Delivery Delivery
	State    State
	Reason   string        // why, at most 40 bytes of ASCII; "" for Sent
	Pause    time.Duration // until it is due again, for Waiting
	Tried    bool          // it was sent, without an answer
	Cleared  bool          // WeChat says that the user has no credit: ours are gone with it
}

// Settle records outcomes, with what they do to the users' credits and to the counts of their events, in one transaction. A
// message whose lease has run out, and which somebody else has claimed meanwhile, stays his.
func (s *Store) Settle(ctx context.Context, token [16]byte, templates Templates, outcomes []Outcome) error {
	return s.tx(ctx, "record what became of messages", func(tx *sqlx.Tx) error {
		counts := map[lottery.EventID]*[4]int64{}
		for g, users := range groupOutcomes(outcomes) {
			users, err := s.stillClaimed(ctx, tx, token, g.event, users)
			if err != nil {
				return err
			}
			if len(users) == 0 {
				continue
			}
			if err := s.settleGroup(ctx, tx, g, users); err != nil {
				return err
			}
			if g.State != Waiting && !g.organiser {
				if counts[g.event] == nil {
					counts[g.event] = new([4]int64)
				}
				counts[g.event][g.State] += int64(len(users))
			}
			if err := s.settleCredits(ctx, tx, templates, g, users); err != nil {
				return fmt.Errorf("credits: %w", err)
			}
		}
		for id, n := range counts {
			if _, err := s.affect(ctx, tx, `
				UPDATE notices
				SET sent = sent + ?, refused = refused + ?, dead = dead + ?
				WHERE event_id = ?`, n[Sent], n[Refused], n[Dead], id[:]); err != nil {
				return fmt.Errorf("notice: %w", err)
			}
		}
		return nil
	})
}

// outcomeGroup is what outcomes have in common that one statement records.
type outcomeGroup struct {
	event     lottery.EventID
	organiser bool
	State     State
	reason    string
	pause     time.Duration
	tried     bool
	cleared   bool
}

func groupOutcomes(outcomes []Outcome) map[outcomeGroup][][]byte {
	groups := map[outcomeGroup][][]byte{}
	for _, o := range outcomes {
		g := outcomeGroup{o.Delivery.Event, o.Delivery.Organiser, o.State, o.Reason, o.Pause, o.Tried, o.Cleared}
		groups[g] = append(groups[g], o.Delivery.User[:])
	}
	return groups
}

// stillClaimed are those of an event's users whose messages are claimed with the token, held until the transaction ends. The
// others are somebody else's by now, or have been recorded already.
func (s *Store) stillClaimed(ctx context.Context, tx *sqlx.Tx, token [16]byte, id lottery.EventID, users [][]byte) (mine [][]byte, err error) {
	statement, args, err := sqlx.In(s.dialect.sql(`
		SELECT user_id
		FROM deliveries
		WHERE event_id = ? AND claim_token = ? AND user_id IN (?) {update}`), id[:], token[:], users)
	if err != nil {
		return nil, err
	}
	err = tx.SelectContext(ctx, &mine, statement, args...)
	return mine, err
}

func (s *Store) settleGroup(ctx context.Context, tx *sqlx.Tx, g outcomeGroup, users [][]byte) error {
	set, args := "due_at_ms = NULL, ended_at_ms = {now}", []any{}
	if g.State == Waiting {
		set, args = "due_at_ms = {now} + ?", []any{g.pause.Milliseconds()}
	}
	tried, reason := 0, any(nil)
	if g.tried {
		tried = 1
	}
	if g.reason != "" {
		reason = g.reason
	}
	args = append([]any{g.State, reason, tried}, append(args, g.event[:], users)...)
	statement, args, err := sqlx.In(s.dialect.sql(`
		UPDATE deliveries
		SET state = ?, reason = ?, tries = tries + ?, claim_token = NULL, `+set+`
		WHERE event_id = ? AND user_id IN (?)`), args...)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, statement, args...)
	return err
}

func (s *Store) settleCredits(ctx context.Context, tx *sqlx.Tx, templates Templates, g outcomeGroup, users [][]byte) error {
	template := templates.of(g.organiser)
	switch {
	case g.State == Sent:
		return s.changeCredits(ctx, tx, spend, template, users)
	case g.cleared:
		return s.changeCredits(ctx, tx, forfeit, template, users)
	}
	return nil
}

// Doubts counts messages that were claimed by somebody who ended without a word, once for each time: so many may have come twice.
func (s *Store) Doubts(ctx context.Context, id lottery.EventID) (n int, err error) {
	err = s.db.GetContext(ctx, &n, `
		SELECT COALESCE(SUM(doubts), 0)
		FROM deliveries
		WHERE event_id = ?`, id[:])
	return n, classify("count doubts", err)
}
