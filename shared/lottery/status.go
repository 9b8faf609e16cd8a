package lottery

import (
	"errors"
	"time"

	"wxlottery/shared/fault"
	"wxlottery/shared/vdraw"
)

// Status is where an event stands; the numbers are what the database holds.
type Status uint8

// The four statuses. Names in the API: init, opening, opened, canceled.
const (
	Init     Status = 0 // users may join
	Opening  Status = 1 // locked: the list is frozen, the draw is due
	Opened   Status = 2 // drawn: winners are stored
	Canceled Status = 9 // ended without a draw
)

// String returns the API's name of the status.
func (s Status) String() string {
	switch s {
	case Init:
		return "init"
	case Opening:
		return "opening"
	case Opened:
		return "opened"
	case Canceled:
		return "canceled"
	}
	return "unknown"
}

// Final reports whether nothing can happen to an event any more.
func (s Status) Final() bool { return s == Opened || s == Canceled }

// Reason says why an event was canceled.
type Reason string

// The reasons; ReasonNone belongs to every status but Canceled.
const (
	ReasonNone  Reason = ""
	ReasonOwner Reason = "owner" // the organiser canceled it before the lock
	ReasonHeld  Reason = "held"  // the text check still held it when it should have locked
	ReasonVoid  Reason = "void"  // the draw could not be made provable
)

// Transition is one legal step of an event. Its fields are closed: the rules of this package make transitions and nobody
// else can, so a step that the table does not have cannot be written. The zero value is no step and is refused by the
// store.
type Transition struct {
	from, to Status
	reason   Reason
}

// From, To and Reason say what the step is.
func (t Transition) From() Status { return t.from }

// To is the status after the step.
func (t Transition) To() Status { return t.to }

// Reason is why an event is canceled, ReasonNone for the other steps.
func (t Transition) Reason() Reason { return t.reason }

// IsZero reports whether t is no step at all.
func (t Transition) IsZero() bool { return t == Transition{} }

// The whole table. docs/state_machine.md draws it, and a test compares the two.
var (
	cancelByOwner = Transition{Init, Canceled, ReasonOwner}
	cancelHeld    = Transition{Init, Canceled, ReasonHeld}
	lock          = Transition{Init, Opening, ReasonNone}
	open          = Transition{Opening, Opened, ReasonNone}
	void          = Transition{Opening, Canceled, ReasonVoid}
)

// Transitions returns every legal step.
func Transitions() []Transition {
	return []Transition{cancelByOwner, cancelHeld, lock, open, void}
}

// Refusals of the state machine.
var (
	ErrLocked      = fault.New(fault.Conflict, "event_locked", "the event is locked for the draw")
	ErrCanceled    = fault.New(fault.Conflict, "event_canceled", "the event was canceled")
	ErrOpened      = fault.New(fault.Conflict, "event_opened", "the event has been drawn")
	ErrNotLocked   = fault.New(fault.Conflict, "not_locked_yet", "the list of the event is not locked yet")
	ErrNotDrawn    = fault.New(fault.Conflict, "not_drawn_yet", "the event has not been drawn yet")
	ErrNotFound    = fault.New(fault.NotFound, "event_not_found", "there is no such event")
	ErrNotJoined   = fault.New(fault.NotFound, "not_joined", "you have not joined this event")
	ErrNotOwner    = fault.New(fault.Forbidden, "not_owner", "only the organiser may do this")
	ErrOwnEvent    = fault.New(fault.Forbidden, "own_event", "an organiser cannot join his own event")
	ErrNotAwaited  = fault.New(fault.Conflict, "beacon_not_awaited", "the event does not wait for a round of public randomness")
	ErrNoOrganiser = fault.New(fault.NotFound, "organiser_not_found", "there is no such organiser")
	ErrIdempotency = fault.New(fault.Conflict, "idempotency_conflict", "this Idempotency-Key was used for another request")
)

// StatusAt is the status as the clock has it: from LockAt on, an event that no timer has locked yet counts as opening.
func (e *Event) StatusAt(now time.Time) Status {
	if e.Status == Init && !now.Before(e.LockAt) {
		return Opening
	}
	return e.Status
}

// Joinable says why nobody may join or leave at now, or nil. Of an event that the text check holds nobody but its owner knows.
func (e *Event) Joinable(now time.Time) error {
	if e.Held {
		return ErrNotFound
	}
	switch e.StatusAt(now) {
	case Init:
		return nil
	case Opening:
		return ErrLocked
	case Opened:
		return ErrOpened
	}
	return ErrCanceled
}

// Cancel is the owner's step before the lock. On an event that is canceled already it returns the zero Transition and no
// error: there is nothing to do and the answer is the same. Errors: ErrNotOwner, ErrNotFound (a held one of another
// owner), ErrLocked, ErrOpened.
func (e *Event) Cancel(by UserID, now time.Time) (Transition, error) {
	if by != e.Owner && e.Held {
		return Transition{}, ErrNotFound // nobody else knows of it
	}
	if by != e.Owner {
		return Transition{}, ErrNotOwner
	}
	switch e.StatusAt(now) {
	case Init:
		return cancelByOwner, nil
	case Opening:
		return Transition{}, ErrLocked
	case Opened:
		return Transition{}, ErrOpened
	}
	return Transition{}, nil
}

// Lock is the step at LockAt: to Opening, or to Canceled where the text check still holds the event. Errors: ErrNotLocked
// before LockAt, or what the event has become instead.
func (e *Event) Lock(now time.Time) (Transition, error) {
	switch {
	case e.Status == Opening:
		return Transition{}, ErrLocked
	case e.Status == Opened:
		return Transition{}, ErrOpened
	case e.Status == Canceled:
		return Transition{}, ErrCanceled
	case now.Before(e.LockAt):
		return Transition{}, ErrNotLocked
	case e.Held:
		return cancelHeld, nil
	}
	return lock, nil
}

// Open is the step of the draw. Errors: ErrNotLocked without a frozen list, ErrNotDrawn before DrawAt, or what the event
// has become instead.
func (e *Event) Open(now time.Time) (Transition, error) {
	if err := e.opening(); err != nil {
		return Transition{}, err
	}
	switch {
	case e.Record == nil:
		return Transition{}, ErrNotLocked
	case now.Before(e.DrawAt):
		return Transition{}, ErrNotDrawn
	}
	return open, nil
}

// VoidAfter is how long after DrawAt an event that cannot be drawn waits for what it lacks. A missing key is more often a
// mistake that somebody will put right than a loss, and public randomness may be late.
const VoidAfter = 7 * 24 * time.Hour

// Void ends a locked event without a draw because its secret or the public randomness could not be had until VoidAfter had
// passed. Errors:
// ErrNotDrawn before that, or what the event has become instead.
func (e *Event) Void(now time.Time) (Transition, error) {
	if err := e.opening(); err != nil {
		return Transition{}, err
	}
	if now.Before(e.VoidAt()) {
		return Transition{}, ErrNotDrawn
	}
	return void, nil
}

// lateRoundWait is how long after the freeze the round of a late lock is waited for at least, also where the seven days are over.
const lateRoundWait = time.Hour

// VoidAt is when an event that still lacks something is given up: seven days after its draw, as its rules say. One whose list was
// frozen so late that they are over has an hour for its round, which comes half a minute after the freeze.
func (e *Event) VoidAt() time.Time {
	at := e.DrawAt.Add(VoidAfter)
	if e.Record != nil && e.Record.LateRound != 0 && e.Record.FrozenAt.Add(lateRoundWait).After(at) {
		return e.Record.FrozenAt.Add(lateRoundWait)
	}
	return at
}

// AwaitsBeacon says whether a round's signature would help the event at now: nil, or ErrNotAwaited, or what the event has
// become instead. The round itself is for the chain to say.
func (e *Event) AwaitsBeacon(now time.Time) error {
	switch err := e.opening(); {
	case errors.Is(err, ErrNotLocked):
		return ErrNotAwaited
	case err != nil:
		return err
	case e.Mode != vdraw.ModeBeacon || e.Record == nil || now.Before(e.DrawAt):
		return ErrNotAwaited
	}
	return nil
}

func (e *Event) opening() error {
	switch e.Status {
	case Init:
		return ErrNotLocked
	case Opened:
		return ErrOpened
	case Canceled:
		return ErrCanceled
	}
	return nil
}
