package lottery

import "wxlottery/shared/vdraw"

// Proof is the public record of the event as far as it goes: from the frozen list on, without the winners. The caller adds
// those of a drawn event. It panics on an event without a lock record.
func (e *Event) Proof() vdraw.Proof {
	r := e.Record
	p := vdraw.Proof{Spec: vdraw.Spec, Event: e.manifest(), Manifest: e.Manifest}
	sig := vdraw.OperatorSignature(r.Sig)
	p.Lock = vdraw.Lock{Count: r.Count, Root: r.Root, Digest: r.Digest, Sig: &sig, LateRound: r.LateRound}
	if s := e.Secret(); s != nil {
		secret := vdraw.Digest(*s)
		p.Lock.Secret = &secret
	}
	if e.Result == nil {
		return p
	}
	p.Seed = &e.Result.Seed
	if b := e.Result.Beacon; b != nil {
		p.Beacon = &vdraw.Round{Round: e.DecidingRound(), Signature: *b}
	}
	return p
}

// Receipt is the operator's word for a ticket, the same whenever it is asked for; joinedAt is in Unix seconds. Errors:
// ErrNoKey.
func (k *Keyring) Receipt(version int, md vdraw.Digest, t vdraw.Ticket, joinedAt int64) (vdraw.Receipt, error) {
	operator, err := k.Operator(version)
	if err != nil {
		return vdraw.Receipt{}, err
	}
	return vdraw.NewReceipt(operator, md, t, uint64(joinedAt)), nil
}
