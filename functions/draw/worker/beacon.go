package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// Beacon is a chain of public randomness and where its rounds come from.
type Beacon struct {
	Chain  vdraw.Chain
	Source Source
}

// Source brings the signature of a round, verified. It answers within a few seconds, with an error where the round is not there
// yet or cannot be had; *beacon.Client is one.
type Source interface {
	Round(ctx context.Context, round uint64) (vdraw.Signature, error)
}

// beacon is a Beacon that is left alone for a moment after it could not help, so that a thousand events which wait for one round
// do not ask a thousand times.
type beacon struct {
	Beacon
	mu    sync.Mutex
	quiet time.Time // until then nobody asks, on this machine's clock
	from  uint64    // this round, or a later one
	why   error
}

// rest is how long a chain is left alone, at least. One whose relays hang is left alone for four times as long as it took to see
// it, so that the other events get most of the time.
const rest = 200 * time.Millisecond

func (b *beacon) round(ctx context.Context, round uint64) (vdraw.Signature, error) {
	b.mu.Lock()
	quiet := time.Now().Before(b.quiet) && round >= b.from
	why := b.why
	b.mu.Unlock()
	if quiet {
		return vdraw.Signature{}, why
	}
	begin := time.Now()
	s, err := b.Source.Round(ctx, round)
	if err != nil && ctx.Err() == nil {
		pause := rest
		if took := time.Since(begin); took > time.Second {
			pause = 4 * took
		}
		b.mu.Lock()
		b.quiet, b.from, b.why = time.Now().Add(pause), round, err
		b.mu.Unlock()
	}
	return s, err
}

// waiting is the state of an event whose round is not there.
type waiting struct {
	reason error
	round  uint64
	pause  time.Duration // until it is looked at again
}

func (w waiting) Error() string {
	return fmt.Sprintf("draw: waiting for round %d: %v", w.round, w.reason)
}

func (w waiting) Unwrap() error { return w.reason }

// errUnasked is why an event waits whose chain is not configured.
var errUnasked = errors.New("no source of the event's chain is configured")

// chain is the chain of an event, nil where there is none or it is not configured.
func (b *claimed) chain(e *lottery.Event) *vdraw.Chain {
	if known := b.beacons[e.Chain]; known != nil {
		return &known.Chain
	}
	return nil
}

// signature is the verified signature of the round that decides an event: one that was brought to it, or the source's; nil in
// mode 0. Error: waiting.
func (b *claimed) signature(ctx context.Context, e *lottery.Event) (*vdraw.Signature, error) {
	if e.Mode == vdraw.ModeTrusted {
		return nil, nil
	}
	round := e.DecidingRound()
	known := b.beacons[e.Chain]
	if known == nil {
		return nil, b.wait(e, errUnasked)
	}
	if e.Beacon != nil && known.Chain.Verify(round, *e.Beacon) == nil {
		return e.Beacon, nil
	}
	s, err := known.round(ctx, round)
	if err != nil {
		return nil, b.wait(e, err)
	}
	return &s, nil
}

// wait says how long: an eighth of how long it has been waited already, so that a round is found as soon as it is out, and a
// relay that is gone for hours is not asked all the time.
func (b *claimed) wait(e *lottery.Event, why error) waiting {
	due := e.DrawAt
	if known := b.beacons[e.Chain]; known != nil {
		due = time.Unix(int64(known.Chain.RoundTime(e.DecidingRound())), 0)
	}
	pause := min(max(b.now.Sub(due)/8, rest), time.Minute)
	return waiting{why, e.DecidingRound(), pause}
}
