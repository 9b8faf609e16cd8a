package vdraw

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is 32 bytes, mostly a SHA-256 hash. Its text form, in JSON too, is 64 lower-case hex digits.
type Digest [32]byte

// ParseDigest reads 64 lower-case hex digits and refuses anything else.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	err := decodeHex(d[:], text, "digest")
	return d, err
}

// String returns 64 lower-case hex digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText returns what String returns; it never fails.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText reads what ParseDigest reads; d stays as it was after an error.
func (d *Digest) UnmarshalText(text []byte) error {
	parsed, err := ParseDigest(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}

// Ticket stands for one participant of one event: 16 bytes that only the holder of the event's key can connect with an
// openid. Its text form, in JSON too, is 32 lower-case hex digits.
type Ticket [16]byte

// ParseTicket reads 32 lower-case hex digits and refuses anything else.
func ParseTicket(text string) (Ticket, error) {
	var t Ticket
	err := decodeHex(t[:], text, "ticket")
	return t, err
}

// String returns 32 lower-case hex digits.
func (t Ticket) String() string { return hex.EncodeToString(t[:]) }

// MarshalText returns what String returns; it never fails.
func (t Ticket) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, t[:]), nil }

// UnmarshalText reads what ParseTicket reads; t stays as it was after an error.
func (t *Ticket) UnmarshalText(text []byte) error {
	parsed, err := ParseTicket(string(text))
	if err == nil {
		*t = parsed
	}
	return err
}

// EventID is the 16 bytes that name an event. Its text form here, in a proof, is 32 lower-case hex digits.
type EventID [16]byte

// MarshalText returns 32 lower-case hex digits; it never fails.
func (id EventID) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, id[:]), nil }

// UnmarshalText reads 32 lower-case hex digits and refuses anything else; id stays as it was after an error.
func (id *EventID) UnmarshalText(text []byte) error {
	var parsed EventID
	err := decodeHex(parsed[:], string(text), "event id")
	if err == nil {
		*id = parsed
	}
	return err
}

// decodeHex fills dst from exactly 2·len(dst) lower-case hex digits. Upper case is refused so that a value has one
// spelling and texts can be compared. The error does not repeat the text.
func decodeHex(dst []byte, text, what string) error {
	if len(text) != hex.EncodedLen(len(dst)) {
		return fmt.Errorf("vdraw: parse %s: %d characters, want %d", what, len(text), hex.EncodedLen(len(dst)))
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fmt.Errorf("vdraw: parse %s: character %d is not a lower-case hex digit", what, i)
		}
	}
	_, err := hex.Decode(dst, []byte(text))
	return err
}

// The tags keep every hash and signature of the specification apart from every other.
const (
	tagCommit   = "vdraw/1/commit"
	tagManifest = "vdraw/1/manifest"
	tagTicket   = "vdraw/1/ticket"
	tagReceipt  = "vdraw/1/receipt"
	tagLock     = "vdraw/1/lock"
	tagLateLock = "vdraw/1/lock-late"
	tagLocked   = "vdraw/1/locked" // what is signed about a lock; tagLock is what is hashed
	tagSeed     = "vdraw/1/seed"
	tagPick     = "vdraw/1/pick"
	// not of the specification: the name of a chain that draws are tried out with
	tagDevelopment = "vdraw/1/development-chain"
)

// tagged returns tag ‖ 00 ‖ the parts; every part has a fixed length, only the last may vary.
func tagged(tag string, parts ...[]byte) []byte {
	message := append([]byte(tag), 0)
	for _, part := range parts {
		message = append(message, part...)
	}
	return message
}

// hash is H of the specification.
func hash(tag string, parts ...[]byte) Digest {
	return sha256.Sum256(tagged(tag, parts...))
}
