package vdraw

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
)

// OperatorSignature is an Ed25519 signature by the operator's key. Its text form, in JSON too, is 128 lower-case hex digits.
type OperatorSignature [ed25519.SignatureSize]byte

// ParseOperatorSignature reads 128 lower-case hex digits and refuses anything else.
func ParseOperatorSignature(text string) (OperatorSignature, error) {
	var s OperatorSignature
	err := decodeHex(s[:], text, "operator's signature")
	return s, err
}

// String returns 128 lower-case hex digits.
func (s OperatorSignature) String() string { return hex.EncodeToString(s[:]) }

// MarshalText returns what String returns; it never fails.
func (s OperatorSignature) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText reads what ParseOperatorSignature reads; s stays as it was after an error.
func (s *OperatorSignature) UnmarshalText(text []byte) error {
	parsed, err := ParseOperatorSignature(string(text))
	if err == nil {
		*s = parsed
	}
	return err
}

// Receipt is what a participant keeps: the operator's word, signed, that his ticket was accepted.
type Receipt struct {
	Manifest  Digest            `json:"manifest"`
	Ticket    Ticket            `json:"ticket"`
	JoinedAt  uint64            `json:"joined_at"` // Unix seconds
	Signature OperatorSignature `json:"signature"`
	Key       Digest            `json:"key"` // the operator's public key as the receipt names it; a checker needs it from elsewhere
}

// NewReceipt signs a receipt. It is the same for the same arguments, whenever it is made. It panics if key is not 64 bytes
// long, as ed25519.Sign does.
func NewReceipt(key ed25519.PrivateKey, md Digest, t Ticket, joinedAt uint64) Receipt {
	return Receipt{
		Manifest: md, Ticket: t, JoinedAt: joinedAt, Key: Digest(key.Public().(ed25519.PublicKey)),
		Signature: OperatorSignature(SignReceipt(key, md, t, joinedAt)),
	}
}

// Verify reports whether the receipt was signed by the holder of pub, which has to come from somewhere else.
func (r Receipt) Verify(pub ed25519.PublicKey) bool {
	return VerifyReceipt(pub, r.Manifest, r.Ticket, r.JoinedAt, r.Signature[:])
}

// ReceiptMessage returns the bytes that a receipt signs: the event by its MD, the ticket, and when it joined (Unix
// seconds).
func ReceiptMessage(md Digest, t Ticket, joinedAt uint64) []byte {
	return tagged(tagReceipt, md[:], t[:], u64(joinedAt))
}

// SignReceipt returns the operator's 64-byte Ed25519 signature of a receipt: proof, in its owner's hands, that the ticket
// was accepted. It panics if key is not 64 bytes long, as ed25519.Sign does.
func SignReceipt(key ed25519.PrivateKey, md Digest, t Ticket, joinedAt uint64) []byte {
	return ed25519.Sign(key, ReceiptMessage(md, t, joinedAt))
}

// VerifyReceipt reports whether sig is the signature of that receipt under pub. A key or signature of a wrong length is
// a no. The key has to come from somewhere else than the receipt.
func VerifyReceipt(pub ed25519.PublicKey, md Digest, t Ticket, joinedAt uint64, sig []byte) bool {
	return verify(pub, ReceiptMessage(md, t, joinedAt), sig)
}

// LockDigest returns LD of a punctual lock: the event, how many tickets are on its list, and the list's root.
func LockDigest(md Digest, count uint64, root Digest) Digest {
	return hash(tagLock, md[:], u64(count), root[:])
}

// LateLockDigest returns LD of a list that was frozen too late for the manifest's round. The round that decides instead
// is bound into it, and the tag differs, so that a late lock never passes for a punctual one.
func LateLockDigest(md Digest, count uint64, root Digest, lateRound uint64) Digest {
	return hash(tagLateLock, md[:], u64(count), root[:], u64(lateRound))
}

// SignLock returns the operator's 64-byte Ed25519 signature of LD. Whoever kept it can show others what was locked. It
// panics if key is not 64 bytes long, as ed25519.Sign does.
func SignLock(key ed25519.PrivateKey, ld Digest) []byte {
	return ed25519.Sign(key, tagged(tagLocked, ld[:]))
}

// VerifyLock reports whether sig is the signature of LD under pub. A key or signature of a wrong length is a no. The key
// has to come from somewhere else than the proof.
func VerifyLock(pub ed25519.PublicKey, ld Digest, sig []byte) bool {
	return verify(pub, tagged(tagLocked, ld[:]), sig)
}

// Seed returns what decides the draw. beacon is zero in ModeTrusted, else SHA-256 of the round's 48-byte signature.
func Seed(ld Digest, secret [32]byte, beacon Digest) Digest {
	return hash(tagSeed, ld[:], secret[:], beacon[:])
}

// verify is ed25519.Verify without its panic: keys reach a checker from outside.
func verify(pub ed25519.PublicKey, message, sig []byte) bool {
	return len(pub) == ed25519.PublicKeySize && ed25519.Verify(pub, message, sig)
}

func u64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
