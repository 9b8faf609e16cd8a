package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sort"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// PlaceOf finds a ticket in a frozen list, with the path that proves it. It reads one page of tickets and one section of pages
// (and, above 65,536 tickets, one record for each section), and holds each against what was published. Errors:
// lottery.ErrNotJoined for a ticket that is not in the list, lottery.ErrRecord for a list that was changed.
func (s *Store) PlaceOf(ctx context.Context, e *lottery.Event, t vdraw.Ticket) (vdraw.Place, error) {
	place, err := s.placeOf(ctx, e, t)
	return place, classify("find a ticket of "+e.ID.String(), err)
}

func (s *Store) placeOf(ctx context.Context, e *lottery.Event, t vdraw.Ticket) (vdraw.Place, error) {
	if e.Record.Count == 0 {
		return vdraw.Place{}, lottery.ErrNotJoined
	}
	way, err := s.wayTo(ctx, e, t)
	if err != nil {
		return vdraw.Place{}, err
	}
	tickets, err := s.pageOf(ctx, e, way)
	if err != nil {
		return vdraw.Place{}, err
	}
	at, found := slices.BinarySearchFunc(tickets, t, func(x, y vdraw.Ticket) int { return bytes.Compare(x[:], y[:]) })
	if !found {
		return vdraw.Place{}, lottery.ErrNotJoined
	}
	index := uint64(way.number)*vdraw.PageSize + uint64(at)
	return vdraw.Place{Index: index, Path: vdraw.PagedPath(tickets, index, way.levels...)}, nil
}

// way leads to one page of a list.
type way struct {
	number int              // of the page in the list, from 0
	page   vdraw.Page       // its record
	next   *vdraw.Ticket    // where the page after it begins; nil for the last one
	levels [][]vdraw.Digest // as vdraw.PagedPath wants them
}

// wayTo finds the page that a ticket is on, if it is in the list at all.
func (s *Store) wayTo(ctx context.Context, e *lottery.Event, t vdraw.Ticket) (way, error) {
	if e.Record.Count <= vdraw.PageSize {
		return way{page: vdraw.Page{Hash: e.Record.Root}}, nil
	}
	top := []vdraw.Page{{Hash: e.Record.Root}}
	if e.Record.Count > vdraw.PageSize*vdraw.SectionSize {
		var err error
		if top, err = s.sections(ctx, e); err != nil {
			return way{}, err
		}
	}
	section := pageFor(top, t)
	pages, err := s.records(ctx, e.ID, "list_pages", "page", section*vdraw.SectionSize, vdraw.SectionSize)
	if err != nil {
		return way{}, err
	}
	if len(pages) == 0 || vdraw.RootOfPages(hashes(pages)) != top[section].Hash {
		return way{}, lottery.ErrRecord
	}
	at := pageFor(pages, t)
	w := way{number: section*vdraw.SectionSize + at, page: pages[at], levels: [][]vdraw.Digest{hashes(pages)}}
	switch {
	case at+1 < len(pages):
		w.next = &pages[at+1].First
	case section+1 < len(top):
		w.next = &top[section+1].First
	}
	if len(top) > 1 {
		w.levels = append(w.levels, hashes(top))
	}
	return w, nil
}

// sections reads the sections of a list and holds them against its root. A list that was frozen before sections were kept has
// none; they are made of its pages.
func (s *Store) sections(ctx context.Context, e *lottery.Event) ([]vdraw.Page, error) {
	most := int(e.Record.Count/(vdraw.PageSize*vdraw.SectionSize)) + 1
	sections, err := s.records(ctx, e.ID, "list_sections", "section", 0, most)
	if err != nil {
		return nil, err
	}
	if len(sections) == 0 {
		pages, err := s.pages(ctx, e)
		return vdraw.Sections(pages), err
	}
	if vdraw.RootOfPages(hashes(sections)) != e.Record.Root {
		return nil, lottery.ErrRecord
	}
	return sections, nil
}

// pageFor is the last record that begins at or before t, or the first one.
func pageFor(records []vdraw.Page, t vdraw.Ticket) int {
	after := sort.Search(len(records), func(i int) bool { return bytes.Compare(records[i].First[:], t[:]) > 0 })
	return max(after-1, 0)
}

func hashes(pages []vdraw.Page) []vdraw.Digest {
	all := make([]vdraw.Digest, len(pages))
	for i, p := range pages {
		all[i] = p.Hash
	}
	return all
}

// records reads n page or section records of an event in order, from number first on.
func (s *Store) records(ctx context.Context, id lottery.EventID, table, number string, first, n int) ([]vdraw.Page, error) {
	var rows []struct {
		First []byte `db:"first_ticket"`
		Hash  []byte `db:"hash"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT first_ticket, hash
		FROM `+table+`
		WHERE event_id = ? AND `+number+` >= ? AND `+number+` < ?
		ORDER BY `+number, id[:], first, first+n); err != nil {
		return nil, err
	}
	pages := make([]vdraw.Page, len(rows))
	for i, r := range rows {
		pages[i] = vdraw.Page{First: vdraw.Ticket(r.First), Hash: vdraw.Digest(r.Hash)}
	}
	return pages, nil
}

// pageOf reads the tickets of the page at the end of a way.
func (s *Store) pageOf(ctx context.Context, e *lottery.Event, w way) ([]vdraw.Ticket, error) {
	clauses, args := "WHERE event_id = ? AND ticket >= ?", []any{e.ID[:], w.page.First[:]}
	if w.next != nil {
		clauses, args = clauses+" AND ticket < ?", append(args, w.next[:])
	}
	rows, err := s.readEntries(ctx, `
		`+clauses+`
		ORDER BY ticket
		LIMIT ?`, append(args, vdraw.PageSize+1)...)
	if err != nil {
		return nil, err
	}
	winners, err := confirmed(rows, w.page.Hash, lengthOf(w.number, e.Record.Count))
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", w.number, err)
	}
	tickets := make([]vdraw.Ticket, len(winners))
	for i, p := range winners {
		tickets[i] = p.Ticket
	}
	return tickets, nil
}

// Paths returns the inclusion paths of positions of a frozen list. Error: lottery.ErrRecord for a list that was changed.
func (s *Store) Paths(ctx context.Context, e *lottery.Event, positions []uint64) ([][]vdraw.Digest, error) {
	paths, err := s.paths(ctx, e, positions)
	return paths, classify("prove places in the list of "+e.ID.String(), err)
}

func (s *Store) paths(ctx context.Context, e *lottery.Event, positions []uint64) ([][]vdraw.Digest, error) {
	pages, err := s.pages(ctx, e)
	if err != nil {
		return nil, err
	}
	sections := vdraw.Sections(pages)
	paths := make([][]vdraw.Digest, len(positions))
	err = s.visit(ctx, e, pages, positions, func(i int, page []Winner) {
		tickets := make([]vdraw.Ticket, len(page))
		for k, w := range page {
			tickets[k] = w.Ticket
		}
		paths[i] = vdraw.PagedPath(tickets, positions[i], levels(pages, sections, positions[i])...)
	})
	return paths, err
}

// levels are the hashes above the page of a position.
func levels(pages, sections []vdraw.Page, position uint64) [][]vdraw.Digest {
	if len(sections) == 1 {
		return [][]vdraw.Digest{hashes(pages)}
	}
	from := int(position / vdraw.PageSize / vdraw.SectionSize * vdraw.SectionSize)
	to := min(from+vdraw.SectionSize, len(pages))
	return [][]vdraw.Digest{hashes(pages[from:to]), hashes(sections)}
}

// Tickets returns the tickets of a frozen list from a position on, at most limit of them, 16 bytes each. Error:
// lottery.ErrRecord where some are missing.
func (s *Store) Tickets(ctx context.Context, e *lottery.Event, from uint64, limit int) ([]byte, error) {
	tickets, err := s.tickets(ctx, e, from, limit)
	return tickets, classify("read the tickets of "+e.ID.String(), err)
}

func (s *Store) tickets(ctx context.Context, e *lottery.Event, from uint64, limit int) ([]byte, error) {
	if from >= e.Record.Count {
		return []byte{}, nil
	}
	want := int(min(e.Record.Count-from, uint64(limit)))
	first := vdraw.Ticket{}
	if e.Record.Count > vdraw.PageSize {
		records, err := s.records(ctx, e.ID, "list_pages", "page", int(from/vdraw.PageSize), 1)
		if err != nil {
			return nil, err
		}
		if len(records) == 0 {
			return nil, lottery.ErrRecord
		}
		first = records[0].First
	}
	skip := int(from % vdraw.PageSize)
	rows, err := s.readEntries(ctx, `
		WHERE event_id = ? AND ticket >= ?
		ORDER BY ticket
		LIMIT ?`, e.ID[:], first[:], skip+want)
	if err != nil {
		return nil, err
	}
	if len(rows) != skip+want {
		return nil, lottery.ErrRecord
	}
	tickets := make([]byte, 0, want*len(vdraw.Ticket{}))
	for _, r := range rows[skip:] {
		tickets = append(tickets, r.ticket[:]...)
	}
	return tickets, nil
}
