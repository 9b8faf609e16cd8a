package vdraw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// Spec names the specification that a proof follows.
const Spec = "vdraw/1"

// MaxPaths is how many winners a proof has inclusion paths for; with more of them it has none, and a checker needs the list.
const MaxPaths = 200

// Proof is the public record of a draw, all that is needed to recompute it except the list. Before the draw it has the same
// form without Seed and Winners.
type Proof struct {
	Spec     string   `json:"spec"`
	Event    Manifest `json:"event"`
	Manifest Digest   `json:"manifest"` // MD
	Lock     Lock     `json:"lock"`
	Beacon   *Round   `json:"beacon"` // nil in ModeTrusted and before the draw
	Seed     *Digest  `json:"seed,omitempty"`
	Winners  []Winner `json:"winners,omitzero"` // in prize order; nil before the draw
}

// Lock is the lock record of a proof.
type Lock struct {
	Count     uint64             `json:"count"`
	Root      Digest             `json:"root"`
	Digest    Digest             `json:"digest"` // LD
	Sig       *OperatorSignature `json:"sig,omitempty"`
	Secret    *Digest            `json:"secret"`               // nil in ModeTrusted before the draw
	LateRound uint64             `json:"late_round,omitempty"` // 0: the lock was punctual
}

// Round is a round of a chain and its signature.
type Round struct {
	Round     uint64    `json:"round"`
	Signature Signature `json:"signature"`
}

// Winner is a ticket that was drawn.
type Winner struct {
	Index  uint64   `json:"index"` // in the list, from 0
	Ticket Ticket   `json:"ticket"`
	Path   []Digest `json:"path,omitzero"` // inclusion path; nil above MaxPaths winners
}

// DecidingRound is the round whose signature is the beacon: the late one, where there is one. 0 in ModeTrusted.
func (p *Proof) DecidingRound() uint64 {
	if p.Lock.LateRound != 0 {
		return p.Lock.LateRound
	}
	return p.Event.Round
}

// Drawn reports whether the proof is of a finished draw.
func (p *Proof) Drawn() bool { return p.Seed != nil }

// ParseProof reads a proof and refuses what is not one: fields that are missing, unknown, repeated or spelt otherwise, hex
// of a wrong length or in upper case, numbers out of range. Whether the values follow from each other is left to Check.
func ParseProof(text []byte) (*Proof, error) {
	p, err := parseProof(text)
	if err != nil {
		return nil, fmt.Errorf("vdraw: parse proof: %w", err)
	}
	return p, nil
}

func parseProof(text []byte) (*Proof, error) {
	p, err := parseExactly[Proof](text)
	if err != nil {
		return nil, err
	}
	return p, p.ranges()
}

// ParseReceipt reads a receipt, as strictly as ParseProof reads a proof.
func ParseReceipt(text []byte) (*Receipt, error) {
	r, err := parseExactly[Receipt](text)
	if err == nil && r.JoinedAt >= maxNumber {
		err = errors.New("joined_at is out of range")
	}
	if err != nil {
		return nil, fmt.Errorf("vdraw: parse receipt: %w", err)
	}
	return r, nil
}

// maxNumber bounds the numbers of a proof: from here on not every reader of JSON keeps them exact.
const maxNumber = 1 << 53

// ranges checks what the types leave open.
func (p *Proof) ranges() error {
	e, l := p.Event, p.Lock
	for _, n := range []uint64{e.Seq, e.LockTime, e.DrawTime, e.Round, l.LateRound} {
		if n >= maxNumber {
			return errors.New("a number is out of range")
		}
	}
	switch {
	case p.Spec != Spec:
		return errors.New("spec is not " + Spec)
	case e.Seq == 0 || e.Seq == 1 && e.Prev != Digest{}:
		return errors.New("seq does not count from 1, or the first event has one before it")
	case e.LockTime >= e.DrawTime:
		return errors.New("lock_time is not before draw_time")
	case l.Count > MaxCount:
		return errors.New("count is too large")
	case p.Drawn() != (p.Winners != nil):
		return errors.New("seed and winners do not come together")
	}
	if err := p.modeRanges(); err != nil || !p.Drawn() {
		return err
	}
	return p.winnerRanges()
}

func (p *Proof) modeRanges() error {
	e := p.Event
	switch {
	case e.Mode > ModeBeacon:
		return errors.New("mode is unknown")
	case e.Mode == ModeTrusted && (e.Chain != Digest{} || p.DecidingRound() != 0 || p.Beacon != nil):
		return errors.New("mode 0 has no chain, round or beacon")
	case e.Mode == ModeTrusted && p.Drawn() != (p.Lock.Secret != nil):
		return errors.New("secret and seed do not come together")
	case e.Mode == ModeBeacon && e.Round == 0:
		return errors.New("mode 1 has no round 0")
	case e.Mode == ModeBeacon && p.Lock.Secret == nil:
		return errors.New("secret is missing")
	case e.Mode == ModeBeacon && p.Drawn() != (p.Beacon != nil):
		return errors.New("beacon and seed do not come together")
	}
	return nil
}

func (p *Proof) winnerRanges() error {
	if want := min(uint64(p.Event.Winners), p.Lock.Count); uint64(len(p.Winners)) != want {
		return fmt.Errorf("there are %d winners, not %d", len(p.Winners), want)
	}
	for _, w := range p.Winners {
		switch {
		case w.Index >= p.Lock.Count:
			return errors.New("a winner's index is not in the list")
		case len(w.Path) > 32:
			return errors.New("a path is too long")
		case (w.Path == nil) != (p.Winners[0].Path == nil):
			return errors.New("some winners have a path and some have none")
		}
	}
	return nil
}

// parseExactly reads JSON that must be exactly what T would be written as, but for white space and the order of fields; nothing in
// it needs an escape.
func parseExactly[T any](text []byte) (*T, error) {
	v := new(T)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("there is more after the end")
	}
	if bytes.IndexByte(text, '\\') >= 0 {
		return nil, errors.New("a text has an escape")
	}
	// The decoder takes a field in another case, and null where there should be a value; written again, they differ.
	again, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var plain bytes.Buffer
	if err := json.Compact(&plain, text); err == nil && bytes.Equal(plain.Bytes(), again) {
		return v, nil // in the usual order, which spares a long proof the rest
	}
	if err := noRepeats(json.NewDecoder(bytes.NewReader(text))); err != nil {
		return nil, err
	}
	if !sameJSON(text, again) {
		return nil, errors.New("a field is missing, misspelt or null")
	}
	return v, nil
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// noRepeats reads one value and refuses objects that have a field twice: readers differ in which one they take.
func noRepeats(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	opening, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if opening == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if text := name.(string); seen[text] {
				return errors.New("a field is there twice")
			} else {
				seen[text] = true
			}
		}
		if err := noRepeats(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
