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

// ErrNoChain says that an event's public randomness comes from a chain that is not configured.
var ErrNoChain = errors.New("lottery: the event's chain of public randomness is not configured")

// Provable says whether the keys can produce the event's secret. Errors: ErrNoKey, ErrCommit.
func (e *Event) Provable(keys *Keyring) error {
	_, err := e.secret(keys)
	return err
}

const (
	// ahead is how long before its round a list has to be frozen to count as punctual: nobody's clock may be so wrong that the
	// round was out by then.
	ahead = 5 * time.Second
	// lateAhead is how far away the round is that decides when a list was frozen too late for its own.
	lateAhead = 30 * time.Second
)

// Freeze makes the lock record of a list, which is true if the database stores it in Record.Within; now is the database's
// clock, chain the event's (nil in mode 0). FrozenAt is left to the store. Errors: ErrNoKey, ErrCommit: a list is not
// published where the draw could not follow; ErrNoChain.
func (e *Event) Freeze(count uint64, root vdraw.Digest, keys *Keyring, chain *vdraw.Chain, now time.Time) (LockRecord, error) {
	secret, err := e.secret(keys)
	if err != nil {
		return LockRecord{}, err
	}
	operator, err := keys.Operator(e.KeyVersion)
	if err != nil {
		return LockRecord{}, err
	}
	if !bytes.Equal(operator.Public().(ed25519.PublicKey), e.OperatorKey[:]) {
		return LockRecord{}, fmt.Errorf("lottery: event %s: operator key: %w", e.ID, ErrCommit)
	}
	r := LockRecord{Count: count, Root: root, Due: e.DrawAt}
	if e.Mode == vdraw.ModeBeacon {
		if chain == nil || chain.Hash != e.Chain {
			return LockRecord{}, fmt.Errorf("lottery: event %s: %w", e.ID, ErrNoChain)
		}
		r.Secret = &secret
		e.chooseRound(&r, *chain, now)
	}
	r.Digest = e.lockDigest(r)
	r.Sig = vdraw.SignLock(operator, r.Digest)
	return r, nil
}

// chooseRound says which round decides if the list is frozen at now, and how long that holds.
func (e *Event) chooseRound(r *LockRecord, chain vdraw.Chain, now time.Time) {
	due := roundTime(chain, e.Round)
	punctual := due.Add(-min(ahead, e.DrawAt.Sub(e.LockAt)/2))
	if now.Before(punctual) {
		r.Due, r.Within = due, Window{Until: punctual}
		return
	}
	r.LateRound = chain.RoundAt(uint64(now.Add(lateAhead + time.Second - 1).Unix()))
	r.Due = roundTime(chain, r.LateRound)
	// In these instants, and in no others, it is the first round that is lateAhead away.
	until := r.Due.Add(-lateAhead + time.Millisecond)
	r.Within = Window{From: until.Add(-time.Duration(chain.Period) * time.Second), Until: until}
	if r.Within.From.Before(punctual) {
		r.Within.From = punctual
	}
}

func roundTime(c vdraw.Chain, round uint64) time.Time {
	return time.Unix(int64(c.RoundTime(round)), 0).UTC()
}

func (e *Event) lockDigest(r LockRecord) vdraw.Digest {
	if r.LateRound != 0 {
		return vdraw.LateLockDigest(e.Manifest, r.Count, r.Root, r.LateRound)
	}
	return vdraw.LockDigest(e.Manifest, r.Count, r.Root)
}

// Draw is the draw: a pure function of the frozen list, the secret and the beacon, the same whoever runs it and however
// often. beacon is the verified signature of DecidingRound; nil in mode 0. picks are the winners' positions in the list, in
// order of place. Errors: ErrNoKey, ErrCommit, ErrRecord.
func (e *Event) Draw(keys *Keyring, beacon *vdraw.Signature) (result Result, picks []uint64, err error) {
	if e.Record == nil || e.manifest().Digest() != e.Manifest || e.lockDigest(*e.Record) != e.Record.Digest ||
		(e.Mode == vdraw.ModeBeacon) != (beacon != nil) {
		return Result{}, nil, fmt.Errorf("lottery: event %s: %w", e.ID, ErrRecord)
	}
	result = Result{Beacon: beacon}
	if result.Secret, err = e.revealed(keys); err != nil {
		return Result{}, nil, err
	}
	var randomness vdraw.Digest
	if beacon != nil {
		randomness = beacon.Beacon()
	}
	result.Seed = vdraw.Seed(e.Record.Digest, result.Secret, randomness)
	return result, vdraw.Picks(result.Seed, e.Record.Count, e.Quantity()), nil
}

// revealed is the secret as the lock record has published it; in mode 0, where it has not, the keys give it.
func (e *Event) revealed(keys *Keyring) ([32]byte, error) {
	published := e.Record.Secret
	switch {
	case e.Mode == vdraw.ModeTrusted:
		return e.secret(keys)
	case published == nil || vdraw.Commit(e.ID, *published) != e.Commit:
		return [32]byte{}, fmt.Errorf("lottery: event %s: %w", e.ID, ErrRecord)
	}
	return *published, nil
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
