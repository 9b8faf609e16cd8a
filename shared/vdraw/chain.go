package vdraw

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/cloudflare/circl/sign/bls"
)

// Chain is a chain of public randomness with drand's scheme bls-unchained-g1-rfc9380: every Period seconds the next round's
// signature appears, which nobody could know before and everybody can check. A checker takes chains from its own code or
// from whoever runs it, never from a proof: who may name the chain may also be its author.
type Chain struct {
	Hash      Digest   // the chain's name, in manifests and in the addresses of relays
	PublicKey [96]byte // compressed point of G2
	Genesis   uint64   // Unix seconds of round 1
	Period    uint64   // seconds from one round to the next, 1 or more
}

// drand's quicknet, as its operators published it.
const (
	QuicknetChainHash = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
	QuicknetPublicKey = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c" +
		"8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb" +
		"5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a" // 96 bytes, compressed G2
	QuicknetScheme         = "bls-unchained-g1-rfc9380"
	QuicknetGenesis uint64 = 1692803367 // Unix seconds of round 1
	QuicknetPeriod  uint64 = 3          // seconds from one round to the next
)

// Quicknet returns drand's quicknet, the chain of real draws.
func Quicknet() Chain { return quicknet() }

var quicknet = sync.OnceValue(func() Chain {
	c := Chain{Genesis: QuicknetGenesis, Period: QuicknetPeriod}
	var err error
	if c.Hash, err = ParseDigest(QuicknetChainHash); err == nil {
		err = decodeHex(c.PublicKey[:], QuicknetPublicKey, "public key")
	}
	if err != nil {
		panic(err) // a constant of this file is misspelt
	}
	return c
})

// DevelopmentChain returns the chain for trying things out: rounds of one second, signed by a key that whoever runs it
// holds, so that its draws prove nothing. Its hash follows from the key. A checker takes it only when told to.
func DevelopmentChain(publicKey [96]byte) Chain {
	return Chain{Hash: hash(tagDevelopment, publicKey[:]), PublicKey: publicKey, Genesis: QuicknetGenesis, Period: 1}
}

// ParsePublicKey reads a chain's key, 192 lower-case hex digits of a point that can be a key.
func ParsePublicKey(text string) (key [96]byte, err error) {
	if err := decodeHex(key[:], text, "public key"); err != nil {
		return key, err
	}
	if !validKey(key) {
		return key, errors.New("vdraw: parse public key: not a point of the group")
	}
	return key, nil
}

func validKey(key [96]byte) bool {
	var k bls.PublicKey[bls.KeyG2SigG1]
	return k.UnmarshalBinary(key[:]) == nil && k.Validate()
}

// RoundAt returns the first round at or after t (Unix seconds); 1 for any t up to the genesis.
func (c Chain) RoundAt(t uint64) uint64 {
	if t <= c.Genesis {
		return 1
	}
	return (t-c.Genesis-1)/c.Period + 2
}

// RoundTime returns when a round is due (Unix seconds). Round 0 does not exist: its time is 0, so that it counts as long
// past. A round too far away for 64 bits has the largest time there is.
func (c Chain) RoundTime(round uint64) uint64 {
	if round == 0 {
		return 0
	}
	if round-1 > (math.MaxUint64-c.Genesis)/c.Period {
		return math.MaxUint64
	}
	return c.Genesis + (round-1)*c.Period
}

// Signature is the value of a round: a compressed point of G1. Its text form is 96 lower-case hex digits.
type Signature [48]byte

// ParseSignature reads 96 lower-case hex digits and refuses anything else.
func ParseSignature(text string) (Signature, error) {
	var s Signature
	err := decodeHex(s[:], text, "signature")
	return s, err
}

// String returns 96 lower-case hex digits.
func (s Signature) String() string { return hex.EncodeToString(s[:]) }

// MarshalText returns what String returns; it never fails.
func (s Signature) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText reads what ParseSignature reads; s stays as it was after an error.
func (s *Signature) UnmarshalText(text []byte) error {
	parsed, err := ParseSignature(string(text))
	if err == nil {
		*s = parsed
	}
	return err
}

// ErrSignature says that a signature is not the one that the chain's key gives for the round.
var ErrSignature = errors.New("vdraw: the signature is not the chain's signature of this round")

// Verify checks a round's signature under the chain's key; it takes about 3 ms. Error: ErrSignature, also for round 0,
// which does not exist.
func (c Chain) Verify(round uint64, s Signature) error {
	var key bls.PublicKey[bls.KeyG2SigG1]
	if err := key.UnmarshalBinary(c.PublicKey[:]); err != nil {
		return fmt.Errorf("vdraw: chain's key: %w", err)
	}
	message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
	if round == 0 || !bls.Verify(&key, message[:], s[:]) {
		return ErrSignature
	}
	return nil
}

// Beacon returns the randomness of a round's signature. What a relay calls its randomness is not needed.
func (s Signature) Beacon() Digest { return sha256.Sum256(s[:]) }
