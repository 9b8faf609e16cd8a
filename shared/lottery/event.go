// Package lottery holds the rules: what an event is, which steps it may take, who may do what and when. It is pure: it
// reads no clock, no network and no database; `now` is an argument and the caller says whose clock it is.
package lottery

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"wxlottery/shared/vdraw"
)

// EventID names an event: 16 random bytes, so that only those who were given it can look.
type EventID [16]byte

// UserID names a user: 16 random bytes, never shown to others.
type UserID [16]byte

// NewEventID and NewUserID return fresh random ids.
func NewEventID() (id EventID) {
	rand.Read(id[:]) // never fails: crypto/rand ends the process rather than return less
	return id
}

// NewUserID returns a fresh random id.
func NewUserID() (id UserID) {
	rand.Read(id[:])
	return id
}

// OrganiserID is how an organiser is known in public: the same on all his events, and telling nothing about the user.
type OrganiserID [16]byte

// Organiser is the user's public id as an organiser. It is a hash of an id that nobody else knows.
func (id UserID) Organiser() OrganiserID {
	sum := sha256.Sum256(append([]byte("lottery/organiser\x00"), id[:]...))
	return OrganiserID(sum[:16])
}

// String is the form of the API: 22 characters of unpadded base64url.
func (id OrganiserID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// ParseOrganiserID reads the form of the API. A malformed id is one that nobody has: ErrNoOrganiser.
func ParseOrganiserID(s string) (OrganiserID, error) {
	raw, ok := parseID(s)
	if !ok {
		return OrganiserID{}, ErrNoOrganiser
	}
	return OrganiserID(raw), nil
}

// String is the form of the API: 22 characters of unpadded base64url.
func (id EventID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// String is the form in a session: 22 characters of unpadded base64url.
func (id UserID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// ParseEventID reads the form of the API. A malformed id is an id that no event has: ErrNotFound.
func ParseEventID(s string) (EventID, error) {
	raw, ok := parseID(s)
	if !ok {
		return EventID{}, ErrNotFound
	}
	return EventID(raw), nil
}

// ParseUserID reads what UserID.String wrote.
func ParseUserID(s string) (UserID, error) {
	raw, ok := parseID(s)
	if !ok {
		return UserID{}, errors.New("lottery: malformed user id")
	}
	return UserID(raw), nil
}

// parseID is strict, so that an event has one name only: the four bits beyond the sixteenth byte must be zero.
func parseID(s string) (id [16]byte, ok bool) {
	if len(s) != 22 {
		return id, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(id[:], []byte(s))
	return id, err == nil && n == len(id)
}

// Prize is one rank of prizes: Quantity users win one each.
type Prize struct {
	Name     string // at most 40 runes
	Quantity int    // at least 1
	Value    int    // of one of them in whole yuan (CNY), as the organiser declares it; 0: not declared
}

// Event is one lottery. Instants are UTC.
type Event struct {
	ID          EventID
	Owner       UserID
	Seq         uint64 // counts the owner's events from 1
	Status      Status // as stored; StatusAt is what counts
	Reason      Reason // why it was canceled
	Held        bool   // the text check has not passed it
	Hidden      bool   // deleted from the owner's lists
	Title       string
	Description string
	Prizes      []Prize // in order: the first is drawn first
	Organiser   Organiser
	OwnerName   string // the organiser's display name as it is now; "" where he has none
	Conditions  string // who may take part; "" is everybody
	ClaimTerms  string // how and until when a prize is to be claimed; "" is not said
	NotifyOwner bool   // the organiser wants a message with the result

	CreatedAt  time.Time
	LockAt     time.Time // joining ends; whole seconds
	DrawAt     time.Time // winners are drawn; whole seconds
	CanceledAt time.Time // zero unless Canceled

	Mode        uint8        // vdraw's mode: 0, operator-trusted, or 1, public randomness
	Chain       vdraw.Digest // hash of the chain whose rounds decide; zero in mode 0
	Round       uint64       // of the chain, the first at or after DrawAt; 0 in mode 0
	KeyVersion  int          // which master key its secrets come from
	OperatorKey [32]byte     // Ed25519 public key that its lock record is signed with
	Prev        vdraw.Digest
	Commit      vdraw.Digest
	Manifest    vdraw.Digest
	RulesText   string

	Record *LockRecord      // nil until the list is frozen
	Beacon *vdraw.Signature // of the deciding round, once somebody has brought it; nil in mode 0
	Result *Result          // nil until drawn
}

// LockRecord is the frozen list, as published before the draw.
type LockRecord struct {
	Count    uint64
	Root     vdraw.Digest // RFC 9162 root of the tickets in ascending order
	Digest   vdraw.Digest // binds manifest, count and root
	Sig      []byte       // Ed25519 over Digest by the operator key, 64 bytes
	FrozenAt time.Time
	// LateRound decides instead of the manifest's round, because the list was frozen too late for that; 0 where it was not.
	LateRound uint64
	// Secret is published with the record in mode 1. In mode 0, where it is the result, it is nil here.
	Secret *[32]byte
	// What is not stored, but decides whether and how it may be: the instants of the database's clock between which the record
	// is true, and when the draw is due.
	Within Window
	Due    time.Time
}

// Window is the instants from From on and before Until. A zero Until is no end.
type Window struct{ From, Until time.Time }

// Result is what the draw makes public; the winners follow from it.
type Result struct {
	Secret  [32]byte
	Beacon  *vdraw.Signature // nil in mode 0
	Seed    vdraw.Digest
	DrawnAt time.Time
}

// lateAfter is how long after DrawAt a result still counts as punctual.
const lateAfter = 5 * time.Second

// Late reports whether participants should be told that the draw did not keep its time: the result came more than five
// seconds after DrawAt, or the list was frozen only when the draw was due, in mode 1 too shortly before it.
func (e *Event) Late() bool {
	return e.Result != nil && e.Result.DrawnAt.After(e.DrawAt.Add(lateAfter)) ||
		e.Record != nil && (e.Record.LateRound != 0 || !e.Record.FrozenAt.Before(e.DrawAt))
}

// DecidingRound is the round whose signature decides the draw: the event's, or the late one of its lock record.
func (e *Event) DecidingRound() uint64 {
	if e.Record != nil && e.Record.LateRound != 0 {
		return e.Record.LateRound
	}
	return e.Round
}

// Secret is the event's secret as far as it is public: in mode 1 from the lock record on, in mode 0 with the result; else nil.
func (e *Event) Secret() *[32]byte {
	switch {
	case e.Record != nil && e.Record.Secret != nil:
		return e.Record.Secret
	case e.Result != nil:
		return &e.Result.Secret
	}
	return nil
}

// Quantity is how many may win at most.
func (e *Event) Quantity() int { return quantity(e.Prizes) }

func quantity(prizes []Prize) (n int) {
	for _, p := range prizes {
		n += p.Quantity
	}
	return n
}

// Undrawn is how many prizes found no winner because too few had joined; 0 before the draw.
func (e *Event) Undrawn() int {
	if e.Result == nil || e.Record == nil {
		return 0
	}
	return max(0, e.Quantity()-int(min(e.Record.Count, uint64(e.Quantity()))))
}

// PrizeAt is the prize of the winner at place, which counts from 1: the first prize takes the first Quantity places, and
// so on. A place beyond the last prize has none.
func (e *Event) PrizeAt(place int) (Prize, bool) {
	for _, p := range e.Prizes {
		if place <= p.Quantity {
			return p, place >= 1
		}
		place -= p.Quantity
	}
	return Prize{}, false
}
