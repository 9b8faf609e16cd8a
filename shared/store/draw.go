package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// Winner is one who won.
type Winner struct {
	Place  int // from 1
	Ticket vdraw.Ticket
	User   lottery.UserID // zero where the reader must not know
	Name   string         // display name; "" where the user has none
}

// Entries returns the participants at positions of a frozen list, in the order asked for. It reads the pages the positions
// fall on, checks each against the hash that was published, and so never takes a list that was changed since: that is
// lottery.ErrRecord.
func (s *Store) Entries(ctx context.Context, e *lottery.Event, positions []uint64) ([]Winner, error) {
	pages, err := s.pages(ctx, e)
	if err != nil {
		return nil, classify("read list of "+e.ID.String(), err)
	}
	winners := make([]Winner, len(positions))
	onPage := make(map[uint64][]int) // page → places asked for
	for i, p := range positions {
		onPage[p/vdraw.PageSize] = append(onPage[p/vdraw.PageSize], i)
	}
	for page, asked := range onPage {
		entries, err := s.page(ctx, e.ID, pages[page])
		if err != nil {
			return nil, classify(fmt.Sprintf("read page %d of the list of %s", page, e.ID), err)
		}
		for _, i := range asked {
			winners[i] = entries[positions[i]%vdraw.PageSize]
			winners[i].Place = i + 1
		}
	}
	return winners, nil
}

// pages reads the records of a frozen list and holds them against its root.
func (s *Store) pages(ctx context.Context, e *lottery.Event) ([]vdraw.Page, error) {
	var rows []struct {
		First []byte `db:"first_ticket"`
		Hash  []byte `db:"hash"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT first_ticket, hash
		FROM list_pages
		WHERE event_id = ?
		ORDER BY page`, e.ID[:]); err != nil {
		return nil, err
	}
	pages := make([]vdraw.Page, len(rows))
	hashes := make([]vdraw.Digest, len(rows))
	for i, r := range rows {
		pages[i] = vdraw.Page{First: vdraw.Ticket(r.First), Hash: vdraw.Digest(r.Hash)}
		hashes[i] = pages[i].Hash
	}
	full := (e.Record.Count + vdraw.PageSize - 1) / vdraw.PageSize
	if uint64(len(pages)) != full || vdraw.RootOfPages(hashes) != e.Record.Root {
		return nil, lottery.ErrRecord
	}
	return pages, nil
}

// page reads the participants of one page of the list.
func (s *Store) page(ctx context.Context, id lottery.EventID, page vdraw.Page) ([]Winner, error) {
	var rows []struct {
		Ticket []byte `db:"ticket"`
		User   []byte `db:"user_id"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT ticket, user_id
		FROM participants
		WHERE event_id = ? AND ticket >= ?
		ORDER BY ticket
		LIMIT ?`, id[:], page.First[:], vdraw.PageSize); err != nil {
		return nil, err
	}
	entries := make([]Winner, len(rows))
	var list vdraw.List
	for i, r := range rows {
		entries[i] = Winner{Ticket: vdraw.Ticket(r.Ticket), User: lottery.UserID(r.User)}
		if err := list.Add(entries[i].Ticket); err != nil {
			return nil, err
		}
	}
	if list.Root() != page.Hash {
		return nil, lottery.ErrRecord
	}
	return entries, nil
}

// Open stores the result of a draw and its winners in one transaction, once: the second of two that race changes nothing.
// e is the event as the draw saw it; done is false where it had gone on already.
func (s *Store) Open(ctx context.Context, e *lottery.Event, r lottery.Result, winners []Winner) (done bool, err error) {
	err = s.tx(ctx, "open event "+e.ID.String(), func(tx *sqlx.Tx) error {
		var now int64
		if err := tx.GetContext(ctx, &now, s.dialect.sql(`SELECT {now}`)); err != nil {
			return err
		}
		t, err := e.Open(instant(now))
		if err != nil {
			return err
		}
		done, err = s.step(ctx, tx, e.ID, t,
			with("secret = ?, seed = ?, drawn_at_ms = ?, next_at_ms = NULL", r.Secret[:], r.Seed[:], now),
			with("lock_digest = ? AND draw_at_ms <= {now}", e.Record.Digest[:]))
		if err != nil || !done {
			return err
		}
		return insertWinners(ctx, tx, e.ID, winners, now)
	})
	return done, err
}

func insertWinners(ctx context.Context, tx *sqlx.Tx, id lottery.EventID, winners []Winner, now int64) error {
	type row struct {
		EventID []byte `db:"event_id"`
		Place   int    `db:"place"`
		UserID  []byte `db:"user_id"`
		Ticket  []byte `db:"ticket"`
		WonAtMS int64  `db:"won_at_ms"`
	}
	rows := make([]row, len(winners))
	for i, w := range winners {
		rows[i] = row{id[:], w.Place, w.User[:], w.Ticket[:], now}
	}
	return insertAll(ctx, tx, `
		INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms)
		VALUES (:event_id, :place, :user_id, :ticket, :won_at_ms)`, rows)
}

// Winners reads the winners after a place (0: from the first), at most limit of them, with their names and without their
// user ids.
func (s *Store) Winners(ctx context.Context, id lottery.EventID, after, limit int) ([]Winner, error) {
	var rows []struct {
		Place  int    `db:"place"`
		Ticket []byte `db:"ticket"`
		Name   string `db:"name"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT w.place, w.ticket, COALESCE(u.name, '') AS name
		FROM winners AS w
		LEFT JOIN users AS u ON u.id = w.user_id
		WHERE w.event_id = ? AND w.place > ?
		ORDER BY w.place
		LIMIT ?`, id[:], after, limit); err != nil {
		return nil, classify("read winners of "+id.String(), err)
	}
	winners := make([]Winner, len(rows))
	for i, r := range rows {
		winners[i] = Winner{Place: r.Place, Ticket: vdraw.Ticket(r.Ticket), Name: r.Name}
	}
	return winners, nil
}

// Counts says how many are in each event at this moment. Events nobody joined are missing from the map. A frozen list has
// its count in the lock record; ask there.
func (s *Store) Counts(ctx context.Context, ids []lottery.EventID) (map[lottery.EventID]uint64, error) {
	counts := make(map[lottery.EventID]uint64, len(ids))
	if len(ids) == 0 {
		return counts, nil
	}
	statement, args, err := sqlx.In(`
		SELECT event_id, COUNT(*) AS n
		FROM participants
		WHERE event_id IN (?)
		GROUP BY event_id`, raw(ids))
	if err != nil {
		return nil, classify("count participants", err)
	}
	var rows []struct {
		ID []byte `db:"event_id"`
		N  uint64 `db:"n"`
	}
	if err := s.db.SelectContext(ctx, &rows, statement, args...); err != nil {
		return nil, classify("count participants", err)
	}
	for _, r := range rows {
		counts[lottery.EventID(r.ID)] = r.N
	}
	return counts, nil
}

func raw(ids []lottery.EventID) [][]byte {
	out := make([][]byte, len(ids))
	for i := range ids {
		out[i] = ids[i][:]
	}
	return out
}
