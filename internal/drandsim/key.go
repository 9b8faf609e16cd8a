package drandsim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/cloudflare/circl/sign/bls"

	"wxlottery/shared/vdraw"
)

// Key signs the rounds of a development chain. It is safe for concurrent use.
type Key struct {
	secret *bls.PrivateKey[bls.KeyG2SigG1]
	public [96]byte
}

// NewKey derives a key from a seed of 32 bytes or more: the same seed is always the same key. Whoever has the seed knows
// every round there will ever be. Error: the seed is too short.
func NewKey(seed []byte) (*Key, error) {
	secret, err := bls.KeyGen[bls.KeyG2SigG1](seed, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("drandsim: make key: %w", err)
	}
	public, err := secret.PublicKey().MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("drandsim: encode public key: %w", err)
	}
	return &Key{secret, [96]byte(public)}, nil
}

// Public returns the public key, a compressed point of G2.
func (k *Key) Public() [96]byte { return k.public }

// Chain returns the development chain of the key.
func (k *Key) Chain() vdraw.Chain { return vdraw.DevelopmentChain(k.public) }

// Sign returns the signature of a round; it takes about a millisecond.
func (k *Key) Sign(round uint64) vdraw.Signature {
	message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
	return vdraw.Signature(bls.Sign(k.secret, message[:]))
}
