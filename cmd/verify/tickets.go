package main

import (
	"encoding/json"
	"fmt"

	"wxlottery/shared/vdraw"
)

const (
	ticketSize = len(vdraw.Ticket{})
	pageLength = 65536 // the most that a service gives at once
)

// page is a part of the list as a service gives it.
type page struct {
	Count   uint64 `json:"count"`   // of the whole list
	From    uint64 `json:"from"`    // index of the first ticket of this page
	Tickets []byte `json:"tickets"` // 16 bytes each
}

// tickets fetches the list of a proof that has count of them. Whether it is the locked one is for the check to say.
func (s *service) tickets(count uint64) ([]byte, error) {
	if count > uint64(maxList/ticketSize) {
		return nil, fmt.Errorf("the proof has %d tickets, too many to fetch; give the list with -tickets", count)
	}
	list := make([]byte, 0, int(count)*ticketSize)
	for { // at least once: a list may be there although the proof has none
		p, err := s.page(uint64(len(list)/ticketSize), count)
		if err != nil {
			return nil, err
		}
		list = append(list, p.Tickets...)
		if uint64(len(list)/ticketSize) == count {
			return list, nil
		}
	}
}

// page fetches the tickets that follow the first from of count.
func (s *service) page(from, count uint64) (p page, err error) {
	text, err := s.get(fmt.Sprintf("/tickets?from=%d&limit=%d", from, pageLength), maxPage)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("tickets from %d: %w", from, err)
	}
	n := uint64(len(p.Tickets) / ticketSize)
	switch {
	case p.Count != count:
		err = fmt.Errorf("the service's list has %d tickets, the proof's has %d", p.Count, count)
	case p.From != from:
		err = fmt.Errorf("tickets from %d: the service gives those from %d", from, p.From)
	case len(p.Tickets)%ticketSize != 0:
		err = fmt.Errorf("tickets from %d: %d bytes are not tickets of %d", from, len(p.Tickets), ticketSize)
	case n > min(pageLength, count-from):
		err = fmt.Errorf("tickets from %d: the service gives %d, more than there are or were asked for", from, n)
	case n == 0 && from < count:
		err = fmt.Errorf("tickets from %d: the service gives none, although there are %d", from, count)
	}
	return p, err
}
