package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// Entries returns the participants at positions of a frozen list, in the order asked for. It reads the pages the positions
// fall on, checks each against the hash that was published, and so never takes a list that was changed since: that is
// lottery.ErrRecord. Memory follows the positions and not the list.
func (s *Store) Entries(ctx context.Context, e *lottery.Event, positions []uint64) ([]Winner, error) {
	winners, err := s.entries(ctx, e, positions)
	return winners, classify("read the list of "+e.ID.String(), err)
}

// together is how many pages one statement reads.
const together = 16

func (s *Store) entries(ctx context.Context, e *lottery.Event, positions []uint64) ([]Winner, error) {
	pages, err := s.pages(ctx, e)
	if err != nil {
		return nil, err
	}
	winners := make([]Winner, len(positions))
	err = s.visit(ctx, e, pages, positions, func(i int, page []Winner) {
		winners[i] = page[positions[i]%vdraw.PageSize]
		winners[i].Place = i + 1
	})
	return winners, err
}

// visit reads the pages that positions of a list fall on and shows each position, by its place in positions, the page it is on.
func (s *Store) visit(ctx context.Context, e *lottery.Event, pages []vdraw.Page, positions []uint64, show func(i int, page []Winner)) error {
	onPage := make(map[int][]int) // page → places asked for, from 0
	for i, p := range positions {
		page := int(p / vdraw.PageSize)
		onPage[page] = append(onPage[page], i)
	}
	for wanted := range slices.Chunk(sortedKeys(onPage), together) {
		read, err := s.readPages(ctx, e.ID, e.Record.Count, pages, wanted)
		if err != nil {
			return err
		}
		for k, page := range wanted {
			for _, i := range onPage[page] {
				show(i, read[k])
			}
		}
	}
	return nil
}

func sortedKeys(m map[int][]int) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// pages reads the records of a frozen list and holds them against its root. A list of at most one page has none; it is
// its own page.
func (s *Store) pages(ctx context.Context, e *lottery.Event) ([]vdraw.Page, error) {
	if e.Record.Count <= vdraw.PageSize {
		return []vdraw.Page{{Hash: e.Record.Root}}, nil
	}
	full := (e.Record.Count + vdraw.PageSize - 1) / vdraw.PageSize
	pages, err := s.records(ctx, e.ID, "list_pages", "page", 0, int(full)+1)
	if err != nil {
		return nil, err
	}
	if uint64(len(pages)) != full || vdraw.RootOfPages(hashes(pages)) != e.Record.Root {
		return nil, lottery.ErrRecord
	}
	return pages, nil
}

// readPages reads the participants of some pages of a list, wanted being their numbers in ascending order.
func (s *Store) readPages(ctx context.Context, id lottery.EventID, count uint64, pages []vdraw.Page, wanted []int) ([][]Winner, error) {
	ranges, args := ranges(pages, wanted)
	// A row more than the pages may have is enough to see that they were changed.
	rows, err := s.readEntries(ctx, `
		WHERE event_id = ? AND (`+ranges+`)
		ORDER BY ticket
		LIMIT ?`, slices.Concat([]any{id[:]}, args, []any{len(wanted)*vdraw.PageSize + 1})...)
	if err != nil {
		return nil, err
	}
	read := make([][]Winner, len(wanted))
	for k, page := range wanted {
		n := len(rows)
		if page+1 < len(pages) {
			n, _ = slices.BinarySearchFunc(rows, pages[page+1].First, func(r entry, t vdraw.Ticket) int {
				return bytes.Compare(r.ticket[:], t[:])
			})
		}
		if read[k], err = confirmed(rows[:n], pages[page].Hash, lengthOf(page, count)); err != nil {
			return nil, fmt.Errorf("page %d: %w", page, err)
		}
		rows = rows[n:]
	}
	return read, nil
}

// ranges is the condition for the tickets of some pages; neighbours make one range.
func ranges(pages []vdraw.Page, wanted []int) (condition string, args []any) {
	var parts []string
	for k := 0; k < len(wanted); {
		first := wanted[k]
		for k++; k < len(wanted) && wanted[k] == wanted[k-1]+1; k++ {
		}
		part := "ticket >= ?"
		args = append(args, pages[first].First[:])
		if end := wanted[k-1] + 1; end < len(pages) {
			part += " AND ticket < ?"
			args = append(args, pages[end].First[:])
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " OR "), args
}

// entry is a row of participants.
type entry struct {
	event  lottery.EventID
	ticket vdraw.Ticket
	user   lottery.UserID
}

// readEntries scans by hand: a draw of many winners reads hundreds of thousands of rows.
func (s *Store) readEntries(ctx context.Context, clauses string, args ...any) (entries []entry, err error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT event_id, ticket, user_id
		FROM participants`+clauses, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var event, ticket, user sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&event, &ticket, &user); err != nil {
			return nil, err
		}
		entries = append(entries, entry{lottery.EventID(event), vdraw.Ticket(ticket), lottery.UserID(user)})
	}
	return entries, rows.Err()
}

// lengthOf is how many tickets are on a page of a list of count.
func lengthOf(page int, count uint64) uint64 {
	return min(count-uint64(page)*vdraw.PageSize, vdraw.PageSize)
}

// confirmed are the participants of one page, if they are as many as there must be and those its hash was made of.
func confirmed(rows []entry, hash vdraw.Digest, count uint64) ([]Winner, error) {
	winners := make([]Winner, len(rows))
	var list vdraw.List
	for i, r := range rows {
		winners[i] = Winner{Ticket: r.ticket, User: r.user}
		if err := list.Add(winners[i].Ticket); err != nil {
			return nil, err
		}
	}
	if list.Count() != count || list.Root() != hash {
		return nil, lottery.ErrRecord
	}
	return winners, nil
}

// IsShort reports whether an event's frozen list is one that ShortLists reads.
func IsShort(e *lottery.Event) bool { return e.Record != nil && e.Record.Count <= vdraw.PageSize }

// ShortLists reads the whole lists of several events at once, each of one page at most. What does not hash to the root
// that was published is left out; Entries says what is wrong with it.
func (s *Store) ShortLists(ctx context.Context, events []*lottery.Event) (map[lottery.EventID][]Winner, error) {
	lists := make(map[lottery.EventID][]Winner, len(events))
	if len(events) == 0 {
		return lists, nil
	}
	ids, most := make([]lottery.EventID, len(events)), 1
	for i, e := range events {
		ids[i] = e.ID
		most += int(e.Record.Count)
	}
	clauses, args, err := sqlx.In(`
		WHERE event_id IN (?)
		ORDER BY event_id, ticket
		LIMIT ?`, raw(ids), most)
	if err != nil {
		return nil, classify("read short lists", err)
	}
	rows, err := s.readEntries(ctx, clauses, args...)
	if err != nil {
		return nil, classify("read short lists", err)
	}
	byEvent := make(map[lottery.EventID][]entry, len(events))
	for _, r := range rows {
		byEvent[r.event] = append(byEvent[r.event], r)
	}
	for _, e := range events {
		if list, err := confirmed(byEvent[e.ID], e.Record.Root, e.Record.Count); err == nil {
			lists[e.ID] = list
		}
	}
	return lists, nil
}
