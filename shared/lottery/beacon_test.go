package lottery

import (
	"errors"
	"testing"
	"time"

	"wxlottery/shared/vdraw"
)

// signature stands for the round's; whether it is genuine is not for this package to say.
var signature = vdraw.Signature{0x8d, 1}

// provable is an event of mode 1 whose draw is at 13:00:00, quicknet's round of 13:00:00.
func provable(t *testing.T, lead time.Duration) (*Event, vdraw.Chain) {
	t.Helper()
	chain := vdraw.Quicknet()
	d, err := good.Check()
	if err != nil {
		t.Fatal(err)
	}
	place := Place{Owner: UserID{1}, Seq: 1}
	e, err := d.Event(EventID{1}, place, now, Terms{LockLead: lead, MinLead: 2 * time.Minute, Chain: &chain}, keyring(t))
	if err != nil {
		t.Fatal(err)
	}
	return e, chain
}

func TestAnEventOfMode1AnnouncesItsRound(t *testing.T) {
	e, chain := provable(t, time.Minute)
	at := e.DrawAt.Unix()
	if e.Mode != 1 || e.Chain != chain.Hash || int64(chain.RoundTime(e.Round)) < at || int64(chain.RoundTime(e.Round-1)) >= at {
		t.Errorf("mode %d, chain %s, round %d", e.Mode, e.Chain, e.Round)
	}
	if got := e.manifest(); got.Chain != chain.Hash || got.Round != e.Round || got.Digest() != e.Manifest {
		t.Errorf("manifest %+v", got)
	}
	trusted := event(t)
	if trusted.RulesText == e.RulesText || trusted.Manifest == e.Manifest {
		t.Error("the modes share rules or manifest")
	}
}

// TestALockIsPunctualOrLate asks for the lock record at every moment around the one that decides. The window of each record is
// exactly the moments at which it is the one to be made.
func TestALockIsPunctualOrLate(t *testing.T) {
	for _, lead := range []time.Duration{time.Minute, 6 * time.Second} {
		e, chain := provable(t, lead)
		due := time.Unix(int64(chain.RoundTime(e.Round)), 0)
		limit := due.Add(-min(5*time.Second, lead/2))
		for offset := -4 * time.Second; offset <= 8*time.Second; offset += 250 * time.Millisecond {
			for _, at := range []time.Time{limit.Add(offset), limit.Add(offset - time.Millisecond)} {
				r, err := e.Freeze(9, vdraw.Digest{1}, keyring(t), &chain, at)
				if err != nil {
					t.Fatal(err)
				}
				if at.Before(r.Within.From) || !at.Before(r.Within.Until) {
					t.Errorf("%v: not within its own window %v", at.Sub(limit), r.Within)
				}
				if r.Secret == nil || vdraw.Commit(e.ID, *r.Secret) != e.Commit {
					t.Error("the secret is not published with the record")
				}
				if at.Before(limit) {
					punctual(t, e, r, due)
				} else {
					late(t, e, chain, r, at)
				}
			}
		}
	}
}

func punctual(t *testing.T, e *Event, r LockRecord, due time.Time) {
	t.Helper()
	if r.LateRound != 0 || r.Digest != vdraw.LockDigest(e.Manifest, 9, r.Root) || !r.Due.Equal(due) {
		t.Errorf("punctual record %+v", r)
	}
}

func late(t *testing.T, e *Event, chain vdraw.Chain, r LockRecord, at time.Time) {
	t.Helper()
	first := func(at time.Time) bool { // it is the first round that is 30 s away
		away := func(round uint64) time.Duration { return time.Unix(int64(chain.RoundTime(round)), 0).Sub(at) }
		return away(r.LateRound) >= 30*time.Second && away(r.LateRound-1) < 30*time.Second
	}
	if r.LateRound <= e.Round || !first(at) || r.Digest != vdraw.LateLockDigest(e.Manifest, 9, r.Root, r.LateRound) {
		t.Errorf("late record %+v", r)
	}
	if !first(r.Within.Until.Add(-time.Millisecond)) || first(r.Within.Until) {
		t.Errorf("round %d is right until another moment than %v", r.LateRound, r.Within.Until)
	}
	if r.Due.Unix() != int64(chain.RoundTime(r.LateRound)) {
		t.Errorf("due %v", r.Due)
	}
}

func TestAListIsNotFrozenWithoutItsChain(t *testing.T) {
	e, chain := provable(t, time.Minute)
	chain.Hash[0]++
	for _, c := range []*vdraw.Chain{nil, &chain} {
		if _, err := e.Freeze(1, vdraw.Digest{}, keyring(t), c, e.LockAt); !errors.Is(err, ErrNoChain) {
			t.Error(err)
		}
	}
}

// frozen is an event of mode 1 with its lock record.
func frozen(t *testing.T, at func(*Event) time.Time) *Event {
	t.Helper()
	e, chain := provable(t, time.Minute)
	r, err := e.Freeze(100, vdraw.Digest{7}, keyring(t), &chain, at(e))
	if err != nil {
		t.Fatal(err)
	}
	e.Status, e.Record = Opening, &r
	e.Record.FrozenAt = at(e)
	return e
}

func inTime(e *Event) time.Time  { return e.LockAt.Add(10 * time.Second) }
func tooLate(e *Event) time.Time { return e.DrawAt.Add(time.Hour) }

// The draw needs no key any more: what it needs was published with the lock record.
func TestADrawByPublicRandomnessFollowsFromWhatIsPublished(t *testing.T) {
	for _, at := range []func(*Event) time.Time{inTime, tooLate} {
		e := frozen(t, at)
		none, _ := NewKeyring(1, map[int][]byte{1: make([]byte, 32)})
		result, picks, err := e.Draw(none, &signature)
		if err != nil || len(picks) != 5 {
			t.Fatalf("%d picks, %v", len(picks), err)
		}
		if want := vdraw.Seed(e.Record.Digest, *e.Record.Secret, signature.Beacon()); result.Seed != want {
			t.Error("the seed does not follow from lock record, secret and beacon")
		}
		if result.Beacon == nil || *result.Beacon != signature || result.Secret != *e.Record.Secret {
			t.Errorf("%+v", result)
		}
	}
}

func TestADrawByPublicRandomnessFromChangedInputsIsRefused(t *testing.T) {
	for what, change := range map[string]func(*Event){
		"mode":          func(e *Event) { e.Mode = 0 },
		"chain":         func(e *Event) { e.Chain[0]++ },
		"round":         func(e *Event) { e.Round++ },
		"late round":    func(e *Event) { e.Record.LateRound = e.Round + 10 },
		"secret":        func(e *Event) { e.Record.Secret = &[32]byte{1} },
		"secret hidden": func(e *Event) { e.Record.Secret = nil },
	} {
		e := frozen(t, inTime)
		change(e)
		if _, _, err := e.Draw(keyring(t), &signature); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := frozen(t, inTime).Draw(keyring(t), nil); !errors.Is(err, ErrRecord) {
		t.Errorf("without a beacon: %v", err)
	}
	late := frozen(t, tooLate)
	late.Record.LateRound++
	if _, _, err := late.Draw(keyring(t), &signature); !errors.Is(err, ErrRecord) {
		t.Errorf("another late round: %v", err)
	}
}

func TestALateLockIsShownAsLate(t *testing.T) {
	if frozen(t, inTime).Late() {
		t.Error("a punctual one is late")
	}
	e := frozen(t, func(e *Event) time.Time { return e.DrawAt.Add(-2 * time.Second) })
	if !e.Late() || e.DecidingRound() != e.Record.LateRound || e.Record.LateRound == 0 {
		t.Errorf("round %d, %+v", e.DecidingRound(), e.Record)
	}
}

func TestTheSecretIsPublicWithTheLockOrWithTheResult(t *testing.T) {
	if e, _ := provable(t, time.Minute); e.Secret() != nil {
		t.Error("mode 1 before the lock")
	}
	if frozen(t, inTime).Secret() == nil {
		t.Error("mode 1 after the lock")
	}
	e := event(t)
	r, err := e.Freeze(1, vdraw.Digest{}, keyring(t), nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Record = &r; e.Secret() != nil {
		t.Error("mode 0 before the draw")
	}
	if e.Result = &(Result{Secret: [32]byte{1}}); *e.Secret() != [32]byte{1} {
		t.Error("mode 0 after the draw")
	}
}

func TestABeaconIsAwaitedFromTheDrawTimeOn(t *testing.T) {
	due := frozen(t, inTime)
	for what, tt := range map[string]struct {
		change func(*Event)
		at     time.Time
		want   error
	}{
		"due":      {func(*Event) {}, due.DrawAt, nil},
		"too soon": {func(*Event) {}, due.DrawAt.Add(-time.Millisecond), ErrNotAwaited},
		"mode 0":   {func(e *Event) { e.Mode = 0 }, due.DrawAt, ErrNotAwaited},
		"unfrozen": {func(e *Event) { e.Record = nil }, due.DrawAt, ErrNotAwaited},
		"unlocked": {func(e *Event) { e.Status = Init }, due.DrawAt, ErrNotAwaited},
		"opened":   {func(e *Event) { e.Status = Opened }, due.DrawAt, ErrOpened},
		"canceled": {func(e *Event) { e.Status = Canceled }, due.DrawAt, ErrCanceled},
	} {
		e := *due
		tt.change(&e)
		if err := e.AwaitsBeacon(tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestALateLockHasTimeForItsRoundWhenTheSevenDaysAreOver(t *testing.T) {
	e := frozen(t, inTime)
	if e.VoidAt() != e.DrawAt.Add(VoidAfter) {
		t.Error(e.VoidAt())
	}
	late := frozen(t, func(e *Event) time.Time { return e.DrawAt.Add(VoidAfter + time.Hour) })
	if _, err := late.Void(late.Record.FrozenAt.Add(time.Minute)); !errors.Is(err, ErrNotDrawn) {
		t.Errorf("given up before its round: %v", err)
	}
	if _, err := late.Void(late.Record.FrozenAt.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if early := frozen(t, tooLate); early.VoidAt() != early.DrawAt.Add(VoidAfter) {
		t.Errorf("late, but not by days: %v", early.VoidAt())
	}
}

func TestAnOrganisersIDIsStableAndTellsNothing(t *testing.T) {
	a, b := UserID{1}, UserID{2}
	if again := (UserID{1}); a.Organiser() != again.Organiser() || a.Organiser() == b.Organiser() || [16]byte(a.Organiser()) == [16]byte(a) {
		t.Error("organiser ids")
	}
	back, err := ParseOrganiserID(a.Organiser().String())
	if err != nil || back != a.Organiser() {
		t.Error(err)
	}
	for _, bad := range []string{"", "x", a.Organiser().String() + "A", "!!!!!!!!!!!!!!!!!!!!!!"} {
		if _, err := ParseOrganiserID(bad); !errors.Is(err, ErrNoOrganiser) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// The proof that the service publishes is the one that the checker takes, before the draw as after it.
func TestTheProofIsTheOneThatCheckersTake(t *testing.T) {
	e := frozen(t, inTime)
	p := e.Proof()
	if p.Drawn() || p.Beacon != nil || p.Lock.Secret == nil || p.Event.Digest() != e.Manifest {
		t.Errorf("before the draw: %+v", p)
	}
	result, _, err := e.Draw(keyring(t), &signature)
	if err != nil {
		t.Fatal(err)
	}
	e.Result = &result
	if p = e.Proof(); !p.Drawn() || p.Beacon.Round != e.Round || p.Beacon.Signature != signature {
		t.Errorf("after the draw: %+v", p)
	}
	late := frozen(t, tooLate)
	late.Result = &result
	if p = late.Proof(); p.Lock.LateRound == 0 || p.Beacon.Round != p.Lock.LateRound {
		t.Errorf("a late one: %+v", p)
	}
}

func TestAReceiptIsTheSameWheneverItIsAskedFor(t *testing.T) {
	e, keys := event(t), keyring(t)
	a, err := keys.Receipt(e.KeyVersion, e.Manifest, vdraw.Ticket{1}, 1790000000)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := keys.Receipt(e.KeyVersion, e.Manifest, vdraw.Ticket{1}, 1790000000)
	if a != b || !a.Verify(e.OperatorKey[:]) || a.Key != vdraw.Digest(e.OperatorKey) {
		t.Errorf("%+v %+v", a, b)
	}
	if _, err := keys.Receipt(9, e.Manifest, vdraw.Ticket{1}, 1); !errors.Is(err, ErrNoKey) {
		t.Error(err)
	}
}
