package vdraw

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// PageSize is how many tickets share one Page record. It is a power of two, so that a page is a whole subtree of the
// list's tree and the root needs no more than the pages' hashes.
const PageSize = 256

// Why List.Add refuses a ticket.
var (
	ErrOrder = errors.New("vdraw: tickets are not in strictly ascending order")
	ErrFull  = errors.New("vdraw: the list is as long as a draw allows")
)

// Page is the record of PageSize consecutive tickets; only the last page of a list may hold fewer. Page p starts with
// index p·PageSize.
type Page struct {
	First Ticket // its lowest ticket: where to start reading, and by binary search the page of any ticket
	Hash  Digest // root of the subtree over its tickets
}

// SectionSize is how many pages share a section, whose record is like that of a page. It is a power of two, so that a section,
// too, is a whole subtree.
const SectionSize = 256

// Sections returns the records of the sections of a list from those of all its pages, in order.
func Sections(pages []Page) []Page {
	var sections []Page
	for some := range slices.Chunk(pages, SectionSize) {
		hashes := make([]Digest, len(some))
		for i, page := range some {
			hashes[i] = page.Hash
		}
		sections = append(sections, Page{First: some[0].First, Hash: fold(hashes)})
	}
	return sections
}

// List is the frozen list while it is read once, in order, however long it is: it keeps a record per page and the hashes
// of one unfinished page. The zero List is empty and ready for use. Not safe for use by more than one goroutine.
type List struct {
	pages  []Page           // the full ones
	first  Ticket           // of the unfinished page
	last   Ticket           // the ticket added last
	leaves [PageSize]Digest // of the unfinished page: count mod PageSize are set
	count  uint64
}

// Add appends one ticket. It returns ErrOrder for a ticket that is not above the last one (so also for a repeated one)
// and ErrFull for the one after MaxCount; after an error the list is as it was.
func (l *List) Add(t Ticket) error {
	if l.count > 0 && bytes.Compare(t[:], l.last[:]) <= 0 {
		return fmt.Errorf("%w: ticket %d", ErrOrder, l.count)
	}
	if l.count == MaxCount {
		return ErrFull
	}
	at := l.count % PageSize
	if at == 0 {
		l.first = t
	}
	l.last = t
	l.leaves[at] = leaf(t)
	if at == PageSize-1 {
		l.pages = append(l.pages, Page{First: l.first, Hash: fold(l.leaves[:])})
	}
	l.count++
	return nil
}

// Count returns the number of tickets added so far.
func (l *List) Count() uint64 { return l.count }

// Pages returns the records of the tickets added so far, in a slice of the caller's own; the last one may be of a page
// that is not full. More tickets may be added afterwards.
func (l *List) Pages() []Page {
	pages := make([]Page, 0, len(l.pages)+1)
	pages = append(pages, l.pages...)
	if open := l.count % PageSize; open > 0 {
		leaves := l.leaves // a copy: folding writes over its input
		pages = append(pages, Page{First: l.first, Hash: fold(leaves[:open])})
	}
	return pages
}

// Root returns the RFC 9162 root of the tickets added so far; that of no tickets is SHA-256 of the empty text.
func (l *List) Root() Digest {
	pages := l.Pages()
	hashes := make([]Digest, len(pages))
	for i, page := range pages {
		hashes[i] = page.Hash
	}
	return fold(hashes)
}

// RootOfList returns the root of a whole list, given as the bytes of tickets.bin. Errors: ErrOrder, ErrFull, and a length
// that is not a multiple of 16.
func RootOfList(tickets []byte) (Digest, error) {
	const size = len(Ticket{})
	if len(tickets)%size != 0 {
		return Digest{}, fmt.Errorf("vdraw: a list of %d bytes, not a multiple of %d", len(tickets), size)
	}
	var list List
	for at := 0; at < len(tickets); at += size {
		if err := list.Add(Ticket(tickets[at:])); err != nil {
			return Digest{}, err
		}
	}
	return list.Root(), nil
}
