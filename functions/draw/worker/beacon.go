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

// beacon is a Beacon that is asked for one round at a time, and left alone for a moment after it could not help: a thousand events
// that wait for one round do not ask a thousand times, and relays that hang hold up one lane of a worker at most.
type beacon struct {
	Beacon
	mu     sync.Mutex
	asking uint64        // the round that is being asked for, while there are askers
	askers int           // of that round
	free   chan struct{} // closed when the last of them has his answer
	quiet  time.Time     // until then nobody asks, on this machine's clock
	from   uint64        // for this round, or a later one
}

// Why an event waits that did not ask.
var (
	errQuiet = errors.New("the relays have just been asked in vain")
	errBusy  = errors.New("the relays are being asked for another round")
)

// rest is how long a chain is left alone, at least. One whose relays hang is left alone for four times as long as it took to see
// it, so that the other events get most of the time.
const rest = 200 * time.Millisecond

func (b *beacon) round(ctx context.Context, round uint64) (vdraw.Signature, error) {
	if err := b.begin(ctx, round); err != nil {
		return vdraw.Signature{}, err
	}
	begin := time.Now()
	failed := true // also where the source panics, which would hold up whoever waits for its end
	defer func() { b.end(round, time.Since(begin), failed) }()
	s, err := b.Source.Round(ctx, round)
	failed = err != nil && ctx.Err() == nil
	return s, err
}

// begin waits until the source may be asked for a round, but not for long. Who asks for the round that is being asked for shares
// the question. Errors: errQuiet, errBusy, the context's.
func (b *beacon) begin(ctx context.Context, round uint64) error {
	patience := time.After(rest)
	for {
		free, err := b.take(round)
		if free == nil {
			return err
		}
		select {
		case <-free:
		case <-patience:
			return errBusy
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take begins a question, or says why not, or what to wait for.
func (b *beacon) take(round uint64) (wait <-chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case time.Now().Before(b.quiet) && round >= b.from:
		return nil, errQuiet
	case b.askers > 0 && b.asking != round:
		return b.free, nil
	case b.askers == 0:
		b.asking, b.free = round, make(chan struct{})
	}
	b.askers++
	return nil, nil
}

func (b *beacon) end(round uint64, took time.Duration, failed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.askers--; b.askers == 0 {
		close(b.free)
	}
	switch {
	case failed && took > time.Second: // it does not matter for which round relays hang
		b.quiet, b.from = time.Now().Add(4*took), 0
	case failed:
		b.quiet, b.from = time.Now().Add(rest), round
	}
}

// waiting is the state of an event whose round is not there.
type waiting struct {
	reason error
	round  uint64
	pause  time.Duration // until it is looked at again
}

// inVain reports whether the round was asked for, by this event itself.
func (w waiting) inVain() bool {
	return !errors.Is(w.reason, errQuiet) && !errors.Is(w.reason, errBusy)
}

func (w waiting) Error() string {
	return fmt.Sprintf("round %d: %v", w.round, w.reason)
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
	if errors.Is(why, errBusy) {
		pause = rest
	}
	return waiting{why, e.DecidingRound(), pause}
}
