package vdraw

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// The modes of a manifest. An event's mode is chosen at creation and never changes, so no mode is a fallback for another.
const (
	ModeTrusted uint8 = 0 // no beacon: chain zero, round 0; the operator has to be trusted
	ModeBeacon  uint8 = 1 // the beacon is a round of drand's quicknet (or, to try things out, of a development chain)
)

// Manifest is what is published when an event is created and can't be changed afterwards; its JSON is the event of a proof.
// It is hashed as it is; whether its values make sense is for the caller to decide.
type Manifest struct {
	EventID  EventID `json:"id"`
	Seq      uint64  `json:"seq"`       // place among the organiser's events, from 1
	Prev     Digest  `json:"prev"`      // MD of the organiser's event before this one; zero for the first
	Mode     uint8   `json:"mode"`      // ModeTrusted or ModeBeacon
	LockTime uint64  `json:"lock_time"` // Unix seconds; joining ends
	DrawTime uint64  `json:"draw_time"` // Unix seconds; after LockTime
	Chain    Digest  `json:"chain"`     // hash of the chain, that of Quicknet; zero in ModeTrusted
	Round    uint64  `json:"round"`     // the chain's RoundAt(DrawTime), or 0 in ModeTrusted
	Winners  uint32  `json:"winners"`   // how many are drawn, at most
	Commit   Digest  `json:"commit"`    // Commit of the event's secret
	Rules    Digest  `json:"rules"`     // RulesDigest of the rules text
}

// Bytes returns the manifest as the specification orders it. All fields have a fixed length, so two manifests never
// share their bytes.
func (m Manifest) Bytes() [181]byte {
	b := append(make([]byte, 0, 181), m.EventID[:]...)
	b = binary.BigEndian.AppendUint64(b, m.Seq)
	b = append(b, m.Prev[:]...)
	b = append(b, m.Mode)
	b = binary.BigEndian.AppendUint64(b, m.LockTime)
	b = binary.BigEndian.AppendUint64(b, m.DrawTime)
	b = append(b, m.Chain[:]...)
	b = binary.BigEndian.AppendUint64(b, m.Round)
	b = binary.BigEndian.AppendUint32(b, m.Winners)
	b = append(b, m.Commit[:]...)
	b = append(b, m.Rules[:]...)
	return [181]byte(b) // panics if a field was forgotten
}

// Digest returns MD, the name of the event in receipts, in the lock record and in the next event's Prev.
func (m Manifest) Digest() Digest {
	b := m.Bytes()
	return hash(tagManifest, b[:])
}

// Commit returns the commitment to the secret of an event. The id is in it so that a secret used twice does not show.
func Commit(eventID [16]byte, secret [32]byte) Digest {
	return hash(tagCommit, eventID[:], secret[:])
}

// RulesDigest returns SHA-256 of the rules text exactly as it is served, UTF-8, without any normalisation.
func RulesDigest(text string) Digest {
	return sha256.Sum256([]byte(text))
}

// NewTicket returns the ticket of openid in an event: the same for the same three inputs, so that joining twice can't give
// two. eventKey belongs to this event and is never published; whoever has it can find a ticket's owner by trying openids.
func NewTicket(eventKey []byte, eventID [16]byte, openid string) Ticket {
	mac := hmac.New(sha256.New, eventKey)
	mac.Write(tagged(tagTicket, eventID[:], []byte(openid)))
	return Ticket(mac.Sum(nil)[:len(Ticket{})])
}
