package lottery

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"wxlottery/shared/vdraw"
)

// ErrCommit says that what the keys give is not what the event committed to: the wrong master key is configured.
var ErrCommit = errors.New("lottery: the master key is not the one the event was made with")

// ErrRecord says that a stored lock record does not follow from its event: somebody changed the database.
var ErrRecord = errors.New("lottery: the lock record does not follow from the manifest")

// Provable says whether the keys can produce the event's secret. Errors: ErrNoKey, ErrCommit.
func (e *Event) Provable(keys *Keyring) error {
	_, err := e.secret(keys)
	return err
}

// Freeze makes the lock record of a list. FrozenAt is left to the store, whose clock says it. Errors: ErrNoKey, ErrCommit:
// a list is not published where the draw could not follow.
func (e *Event) Freeze(count uint64, root vdraw.Digest, keys *Keyring) (LockRecord, error) {
	if _, err := e.secret(keys); err != nil {
		return LockRecord{}, err
	}
	operator, err := keys.Operator(e.KeyVersion)
	if err != nil {
		return LockRecord{}, err
	}
	if !bytes.Equal(operator.Public().(ed25519.PublicKey), e.OperatorKey[:]) {
		return LockRecord{}, fmt.Errorf("lottery: event %s: operator key: %w", e.ID, ErrCommit)
	}
	digest := vdraw.LockDigest(e.Manifest, count, root)
	return LockRecord{Count: count, Root: root, Digest: digest, Sig: vdraw.SignLock(operator, digest)}, nil
}

// Draw is the draw: a pure function of the frozen list and the secret, the same whoever runs it and however often. picks
// are the winners' positions in the list, in order of place. Errors: ErrNoKey, ErrCommit, ErrRecord.
func (e *Event) Draw(keys *Keyring) (result Result, picks []uint64, err error) {
	secret, err := e.secret(keys)
	if err != nil {
		return Result{}, nil, err
	}
	if e.Record == nil || e.manifest().Digest() != e.Manifest ||
		vdraw.LockDigest(e.Manifest, e.Record.Count, e.Record.Root) != e.Record.Digest {
		return Result{}, nil, fmt.Errorf("lottery: event %s: %w", e.ID, ErrRecord)
	}
	seed := vdraw.Seed(e.Record.Digest, secret, vdraw.Digest{})
	return Result{Secret: secret, Seed: seed}, vdraw.Picks(seed, e.Record.Count, e.Quantity()), nil
}

func (e *Event) secret(keys *Keyring) ([32]byte, error) {
	secret, err := keys.Secret(e.KeyVersion, e.ID)
	if err != nil {
		return secret, err
	}
	if vdraw.Commit(e.ID, secret) != e.Commit {
		return secret, fmt.Errorf("lottery: event %s: %w", e.ID, ErrCommit)
	}
	return secret, nil
}

// Grace is how long after LockAt the list is read at the earliest: joins that began in time have ended by then.
func Grace(lockLead time.Duration) time.Duration { return lockLead / 6 }

// JoinBudget bounds a join, so that none outlives half the grace.
func JoinBudget(lockLead time.Duration) time.Duration { return min(5*time.Second, Grace(lockLead)/2) }
