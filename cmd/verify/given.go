package main

import (
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

// bringReceipt takes what a participant kept. A ticket that was given beside it has to be the receipt's, as the checker sees.
func bringReceipt(g *vdraw.Given, text []byte) error {
	kept, err := vdraw.ParseKept(text)
	if err != nil {
		return err
	}
	g.Receipt, g.Place = kept.Receipt, kept.Place
	if g.Ticket == nil {
		g.Ticket = kept.Ticket
	}
	return nil
}
