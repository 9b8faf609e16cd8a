package vdraw

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Kept is what a participant kept of the service's answers.
type Kept struct {
	Receipt *Receipt
	Ticket  *Ticket // as the answer had it beside the receipt; it has to be the receipt's
	Place   *Place  // where the ticket stands; an answer has it from the lock on
}

// SpoiltReceipt is the error of a text that has a receipt's fields and is none: something that fails a check, where any other
// text is only the wrong file.
type SpoiltReceipt struct{ error }

// Unwrap returns what is wrong with it.
func (s SpoiltReceipt) Unwrap() error { return s.error }

// ParseKept reads a receipt, or the service's whole answer to whoever takes part, with a receipt in it. Errors: SpoiltReceipt,
// others without a type.
func ParseKept(text []byte) (k Kept, err error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // Windows editors start a text with a mark that JSON does not know
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return k, err
	}
	if _, whole := fields["receipt"]; whole {
		return parseAnswer(text)
	}
	k.Receipt, err = parseKeptReceipt(text)
	return k, err
}

func parseAnswer(text []byte) (k Kept, err error) {
	var answer struct {
		Ticket  *Ticket         `json:"ticket"`
		Receipt json.RawMessage `json:"receipt"`
		Index   *uint64         `json:"index"`
		Path    *[]Digest       `json:"path"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return k, err
	}
	if k.Receipt, err = parseKeptReceipt(answer.Receipt); err != nil {
		return k, err
	}
	k.Ticket = answer.Ticket
	switch {
	case (answer.Index == nil) != (answer.Path == nil):
		return Kept{}, errors.New("index and path are of no use without each other")
	case answer.Index != nil:
		k.Place = &Place{Index: *answer.Index, Path: *answer.Path}
	}
	return k, nil
}

// parseKeptReceipt tells a receipt that is spoilt from a text that is something else.
func parseKeptReceipt(text []byte) (*Receipt, error) {
	r, err := ParseReceipt(text)
	if err == nil {
		return r, nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) == nil && fields["joined_at"] != nil && fields["signature"] != nil {
		return nil, SpoiltReceipt{err}
	}
	return nil, err
}
