package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"wxlottery/shared/vdraw"
)

// bring returns what whoever checks brings along: the values of the command line and what is in its files.
func (o options) bring() (g vdraw.Given, err error) {
	g = o.given
	if o.tickets != "" {
		if g.Tickets, err = readFile(o.tickets, maxList); err != nil {
			return g, err
		}
	}
	if o.rules != "" {
		text, err := readFile(o.rules, maxRules)
		if err != nil {
			return g, err
		}
		rules := string(text)
		g.Rules = &rules
	}
	if o.receipt == "" {
		return g, nil
	}
	text, err := readFile(o.receipt, maxReceipt)
	if err != nil {
		return g, err
	}
	if err := bringReceipt(&g, text); err != nil {
		return g, fmt.Errorf("receipt %s: %w", o.receipt, err)
	}
	return g, nil
}

// badReceipt is a receipt that has a receipt's fields and is none. It is not the caller's mistake but something that fails.
type badReceipt struct{ error }

// Unwrap returns what is wrong with it.
func (b badReceipt) Unwrap() error { return b.error }

// parseReceipt tells a receipt that is spoilt from a file that is something else.
func parseReceipt(text []byte) (*vdraw.Receipt, error) {
	r, err := vdraw.ParseReceipt(text)
	if err == nil {
		return r, nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) == nil && fields["joined_at"] != nil && fields["signature"] != nil {
		return nil, badReceipt{err}
	}
	return nil, err
}

// joined is what the service answers to whoever takes part. Once the list is locked it says where his ticket stands.
type joined struct {
	Ticket  *vdraw.Ticket   `json:"ticket"`
	Receipt json.RawMessage `json:"receipt"`
	Index   *uint64         `json:"index"`
	Path    *[]vdraw.Digest `json:"path"`
}

// bringReceipt takes a receipt, or the service's whole answer with a receipt in it.
func bringReceipt(g *vdraw.Given, text []byte) error {
	// Windows editors start a text with a mark that JSON does not know.
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	if _, whole := fields["receipt"]; whole {
		return bringAnswer(g, text)
	}
	r, err := parseReceipt(text)
	g.Receipt = r
	return err
}

func bringAnswer(g *vdraw.Given, text []byte) error {
	var j joined
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	r, err := parseReceipt(j.Receipt)
	if err != nil {
		return err
	}
	g.Receipt = r
	if g.Ticket == nil {
		g.Ticket = j.Ticket // it has to be the receipt's
	}
	if (j.Index == nil) != (j.Path == nil) {
		return errors.New("index and path are of no use without each other")
	}
	if j.Index != nil {
		g.Place = &vdraw.Place{Index: *j.Index, Path: *j.Path}
	}
	return nil
}
