//go:build js && wasm

package main

import (
	"encoding/json"

	"wxlottery/shared/vdraw"
)

// given is what the page sends; an empty field was not given.
type given struct {
	Manifest string  `json:"manifest"` // hex, as are the next three
	Lock     string  `json:"lock"`
	Key      string  `json:"key"`
	Ticket   string  `json:"ticket"`
	Rules    *string `json:"rules"`
	Receipt  string  `json:"receipt"`  // the JSON of a receipt, or of the whole answer of GET /join/{id}
	DevChain string  `json:"devChain"` // the key of a development chain, hex
}

// A reader turns given into what the checker takes and keeps what it could not read.
type reader struct{ refused []refusal }

func (r *reader) read(text string) vdraw.Given {
	var in given
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		r.refuse("given", err)
		return vdraw.Given{}
	}
	g := vdraw.Given{
		Manifest: optional(r, "manifest", in.Manifest, vdraw.ParseDigest),
		Lock:     optional(r, "lock", in.Lock, vdraw.ParseDigest),
		Ticket:   optional(r, "ticket", in.Ticket, vdraw.ParseTicket),
		Rules:    in.Rules,
	}
	if key := optional(r, "key", in.Key, vdraw.ParseDigest); key != nil {
		g.Key = key[:]
	}
	if key := optional(r, "devChain", in.DevChain, vdraw.ParsePublicKey); key != nil {
		g.Chains = []vdraw.Chain{vdraw.DevelopmentChain(*key)}
	}
	r.receipt(in.Receipt, &g)
	return g
}

// optional reads a field that may be empty; nil says that it was, or that it could not be read.
func optional[T any](r *reader, field, text string, parse func(string) (T, error)) *T {
	if text == "" {
		return nil
	}
	v, err := parse(text)
	if err != nil {
		r.refuse(field, err)
		return nil
	}
	return &v
}

func (r *reader) refuse(field string, err error) {
	r.refused = append(r.refused, refusal{Field: field, Why: err.Error()})
}

func (r *reader) receipt(text string, g *vdraw.Given) {
	if text == "" {
		return
	}
	kept, err := vdraw.ParseKept([]byte(text))
	if err != nil {
		r.refuse("receipt", err)
		return
	}
	g.Receipt, g.Place = kept.Receipt, kept.Place
	if g.Ticket == nil {
		g.Ticket = kept.Ticket // it has to be the receipt's
	}
}
