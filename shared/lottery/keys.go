package lottery

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"

	"wxlottery/shared/vdraw"
)

// ErrNoKey says that the master key of an event's key version is not configured: what depends on it cannot be produced.
var ErrNoKey = errors.New("lottery: the master key of this version is not configured")

// Keyring derives every secret of an event from a master key, so that no event has a secret of its own to lose. An event
// remembers the version of the key it was created under; older versions stay in the ring as long as their events live.
type Keyring struct {
	current   int
	keys      map[int][]byte
	operators map[int]ed25519.PrivateKey // by version; deriving one takes as long as signing with it
}

// NewKeyring takes master keys of 32 bytes by version; current is the one for new events.
func NewKeyring(current int, keys map[int][]byte) (*Keyring, error) {
	if _, ok := keys[current]; !ok {
		return nil, fmt.Errorf("lottery: version %d: %w", current, ErrNoKey)
	}
	for version, key := range keys {
		if len(key) != 32 {
			return nil, fmt.Errorf("lottery: master key version %d is not 32 bytes", version)
		}
	}
	k := &Keyring{current, keys, map[int]ed25519.PrivateKey{}}
	for version := range keys {
		seed, err := k.derive(version, "lottery/operator-key", nil)
		if err != nil {
			return nil, err
		}
		k.operators[version] = ed25519.NewKeyFromSeed(seed[:])
	}
	return k, nil
}

// Current is the key version that new events get.
func (k *Keyring) Current() int { return k.current }

// Secret is the value that an event commits to at creation and reveals with its result. Error: ErrNoKey.
func (k *Keyring) Secret(version int, id EventID) ([32]byte, error) {
	return k.derive(version, "lottery/secret", id[:])
}

// Ticket is the user's ticket in the event: the same whenever it is asked for, and telling nothing about the openid to
// whoever does not hold the key. Error: ErrNoKey.
func (k *Keyring) Ticket(version int, id EventID, openid string) (vdraw.Ticket, error) {
	key, err := k.derive(version, "lottery/event-key", id[:])
	if err != nil {
		return vdraw.Ticket{}, err
	}
	return vdraw.NewTicket(key[:], id, openid), nil
}

// Operator is the key that signs receipts and lock records, one per key version. Error: ErrNoKey.
func (k *Keyring) Operator(version int) (ed25519.PrivateKey, error) {
	operator, ok := k.operators[version]
	if !ok {
		return nil, fmt.Errorf("lottery: version %d: %w", version, ErrNoKey)
	}
	return operator, nil
}

func (k *Keyring) derive(version int, purpose string, id []byte) (out [32]byte, err error) {
	master, ok := k.keys[version]
	if !ok {
		return out, fmt.Errorf("lottery: version %d: %w", version, ErrNoKey)
	}
	mac := hmac.New(sha256.New, master)
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write(id)
	mac.Sum(out[:0])
	return out, nil
}
