package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// signature stands for that of a round; the store does not look at it.
var signature = vdraw.Signature{0x8d, 1}

// provable is terms with public randomness.
func provable() lottery.Terms {
	chain := vdraw.Quicknet()
	t := terms
	t.Chain = &chain
	return t
}

// freezeBeacon locks and freezes an event of mode 1 on the clock of s.
func (w *world) freezeBeacon(s *store.Store, e *lottery.Event) *lottery.Event {
	w.t.Helper()
	must(w.t, lock(s, e, time.Second))
	if done, err := w.tryFreeze(s, e, w.now(s)); err != nil || !done {
		w.t.Fatalf("done %v, %v", done, err)
	}
	return w.read(s, e)
}

// tryFreeze offers the record that is true at an instant.
func (w *world) tryFreeze(s *store.Store, e *lottery.Event, at time.Time) (bool, error) {
	w.t.Helper()
	chain := vdraw.Quicknet()
	var list vdraw.List
	record, err := e.Freeze(0, list.Root(), w.keys, &chain, at)
	must(w.t, err)
	return s.Freeze(context.Background(), e.ID, record, nil, time.Second)
}

func TestAnEventOfMode1ComesBackAsItWasMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.event(time.Hour, provable())
	got := w.read(w.store, e)
	if got.Mode != 1 || got.Chain != e.Chain || got.Round != e.Round || got.Round == 0 || got.Secret() != nil || got.Beacon != nil {
		t.Errorf("%+v", got)
	}
	frozen := w.freezeBeacon(w.later(time.Hour-40*time.Second), e)
	if frozen.Record.LateRound != 0 || frozen.Secret() == nil || vdraw.Commit(e.ID, *frozen.Secret()) != e.Commit {
		t.Errorf("frozen: %+v", frozen.Record)
	}
	late := w.freezeBeacon(w.later(3*time.Hour), w.event(time.Hour, provable()))
	if late.Record.LateRound <= late.Round || !late.Late() {
		t.Errorf("late: %+v", late.Record)
	}
}

// TestTheDatabasesClockDecidesWhetherALockIsPunctual offers records that were true a moment ago, or will be.
func TestTheDatabasesClockDecidesWhetherALockIsPunctual(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		clock time.Duration // of the database, from draw_at on
		at    time.Duration // for which the record was made
		done  bool
	}{
		"punctual":                      {-20 * time.Second, -40 * time.Second, true},
		"punctual, offered too late":    {-2 * time.Second, -40 * time.Second, false},
		"late":                          {time.Minute, time.Minute, true},
		"late, by a clock that is fast": {-20 * time.Second, time.Minute, false},
		"late, of another moment":       {2 * time.Minute, time.Minute, false},
	} {
		e := w.event(time.Hour, provable())
		chain := vdraw.Quicknet()
		middle := time.Unix(int64(chain.RoundTime(e.Round)), 0).Add(-1500 * time.Millisecond) // between two rounds
		s := w.later(middle.Add(tt.clock).Sub(w.now(w.store)))
		must(t, lock(s, e, time.Second))
		done, err := w.tryFreeze(s, e, middle.Add(tt.at))
		if err != nil || done != tt.done {
			t.Errorf("%s: done %v, %v", name, done, err)
		}
		if got := w.read(s, e); (got.Record != nil) != tt.done {
			t.Errorf("%s: record %+v", name, got.Record)
		}
	}
}

func TestADrawByPublicRandomnessKeepsItsSignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	e := w.freezeBeacon(w.later(time.Hour-40*time.Second), w.event(time.Hour, provable()))
	s := w.later(time.Hour + 10*time.Second)
	result, _, err := e.Draw(w.keys, &signature)
	must(t, err)
	if done, err := s.Open(ctx, e, w.now(s), result, nil); err != nil || !done {
		t.Fatalf("done %v, %v", done, err)
	}
	got := w.read(s, e)
	if got.Status != lottery.Opened || got.Result.Beacon == nil || *got.Result.Beacon != signature || got.Result.Seed != result.Seed {
		t.Errorf("%+v", got.Result)
	}
}

func TestABeaconIsStoredOnlyWhereItIsAwaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	e := w.freezeBeacon(w.later(time.Hour-40*time.Second), w.event(time.Hour, provable()))
	if stored, err := w.later(time.Hour-30*time.Second).PutBeacon(ctx, e, signature); err != nil || stored {
		t.Errorf("before the draw is due: %v, %v", stored, err)
	}
	s := w.later(time.Hour + 10*time.Second)
	for _, want := range []bool{true, false} { // once more is no harm, and changes nothing
		if stored, err := s.PutBeacon(ctx, e, signature); err != nil || stored != want {
			t.Errorf("when it is due: %v, %v", stored, err)
		}
	}
	if got := w.read(s, e); got.Beacon == nil || *got.Beacon != signature {
		t.Errorf("%+v", got.Beacon)
	}
	changed := *e
	record := *e.Record
	changed.Record = &record
	record.Digest[0]++
	if stored, err := s.PutBeacon(ctx, &changed, signature); err != nil || stored {
		t.Errorf("for another lock record: %v, %v", stored, err)
	}
	result, _, err := e.Draw(w.keys, &signature)
	must(t, err)
	must(t, second(s.Open(ctx, e, w.now(s), result, nil)))
	if stored, err := s.PutBeacon(ctx, e, signature); err != nil || stored {
		t.Errorf("after the draw: %v, %v", stored, err)
	}
	trusted := w.freeze(w.later(2*time.Hour-30*time.Second), w.event(2*time.Hour, terms))
	if stored, err := w.later(3*time.Hour).PutBeacon(ctx, trusted, signature); err != nil || stored {
		t.Errorf("for mode 0: %v, %v", stored, err)
	}
}

// claimedBeacon is a frozen event of mode 1 whose draw is due on the clock of the store, and claimed.
func claimedBeacon(t *testing.T) (*world, *store.Store, *lottery.Event, store.Claim) {
	t.Helper()
	w := newWorld(t)
	e := w.freezeBeacon(w.later(time.Hour-40*time.Second), w.event(time.Hour, provable()))
	s := w.later(time.Hour + 10*time.Second)
	claim, err := s.Claim(context.Background(), 10)
	must(t, err)
	return w, s, e, claim
}

// A signature that was brought makes the draw due at once, also where a worker had put it off.
func TestABeaconMakesTheDrawDue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	_, s, e, claim := claimedBeacon(t)
	must(t, s.Await(ctx, claim, e.ID, time.Hour, "waiting", false))
	if c, err := s.Claim(ctx, 10); err != nil || len(c.Events) > 0 {
		t.Fatalf("put off, and claimed: %v, %v", c.Events, err)
	}
	must(t, second(s.PutBeacon(ctx, e, signature)))
	if c, err := s.Claim(ctx, 10); err != nil || len(c.Events) != 1 {
		t.Errorf("%v, %v", c.Events, err)
	}
}

// Waiting is no failure: the pauses after failures do not grow by it.
func TestWaitingLeavesTheCountOfFailuresAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w, s, e, claim := claimedBeacon(t)
	must(t, s.Await(ctx, store.Claim{}, e.ID, time.Hour, "somebody else's", true))
	must(t, s.Await(ctx, claim, e.ID, 0, "round 1", false))
	var attempts int
	var reason string
	testdb.Row(t, w.dsn, `SELECT attempts, last_error FROM events WHERE id = ?`, []any{e.ID[:]}, &attempts, &reason)
	if attempts != 0 || reason != "waiting: round 1" {
		t.Errorf("%d attempts, %q", attempts, reason)
	}
}

// Only tries that follow each other count as the last ones: what failed before them does not.
func TestTheLastTriesAreCountedByThemselves(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w, s, e, claim := claimedBeacon(t)
	again := func() store.Claim {
		must(t, testdb.Exec(t, w.dsn, `UPDATE events SET next_at_ms = 1 WHERE id = ?`, e.ID[:]))
		c, err := s.Claim(ctx, 1)
		must(t, err)
		return c
	}
	must(t, s.PutBack(ctx, claim, e.ID, "something else"))
	must(t, testdb.Exec(t, w.dsn, `UPDATE events SET attempts = 9 WHERE id = ?`, e.ID[:]))
	for want := 1; want <= 3; want++ {
		must(t, s.Await(ctx, again(), e.ID, 0, "round 1", true))
		var attempts int
		testdb.Row(t, w.dsn, `SELECT attempts FROM events WHERE id = ?`, []any{e.ID[:]}, &attempts)
		if attempts != want {
			t.Errorf("%d attempts, want %d", attempts, want)
		}
	}
}

// The schema refuses what the code promises not to do.
func TestTheSchemaKnowsTheModes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trusted, open := w.hourAhead(), w.event(time.Hour, provable())
	frozen := w.freezeBeacon(w.later(time.Hour-40*time.Second), w.event(time.Hour, provable()))
	for what, statement := range map[string]string{
		"a third mode":                      `UPDATE events SET mode = 2 WHERE id = ?`,
		"mode 1 without a chain":            `UPDATE events SET beacon_chain = NULL WHERE id = ?`,
		"mode 1 without a round":            `UPDATE events SET beacon_round = NULL WHERE id = ?`,
		"round 0":                           `UPDATE events SET beacon_round = 0 WHERE id = ?`,
		"a late round before the lock":      `UPDATE events SET late_round = beacon_round + 1 WHERE id = ?`,
		"a signature before the lock":       `UPDATE events SET beacon_signature = X'` + hex(48) + `' WHERE id = ?`,
		"the secret before the lock":        `UPDATE events SET secret = X'` + hex(32) + `' WHERE id = ?`,
		"a change of mode without anything": `UPDATE events SET mode = 0 WHERE id = ?`,
	} {
		if err := testdb.Exec(t, w.dsn, statement, open.ID[:]); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	for what, statement := range map[string]string{
		"no secret after the lock":   `UPDATE events SET secret = NULL WHERE id = ?`,
		"an early late round":        `UPDATE events SET late_round = beacon_round WHERE id = ?`,
		"a draw without a signature": `UPDATE events SET status = 2, seed = secret, drawn_at_ms = draw_at_ms, next_at_ms = NULL WHERE id = ?`,
	} {
		if err := testdb.Exec(t, w.dsn, statement, frozen.ID[:]); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	if strings.HasPrefix(w.dsn, "sqlite:") { // MySQL fills a BINARY column up
		half := `UPDATE events SET beacon_signature = X'` + hex(47) + `' WHERE id = ?`
		if err := testdb.Exec(t, w.dsn, half, frozen.ID[:]); err == nil {
			t.Error("half a signature is accepted")
		}
	}
	for what, statement := range map[string]string{
		"a chain in mode 0": `UPDATE events SET beacon_chain = commitment WHERE id = ?`,
		"a round in mode 0": `UPDATE events SET beacon_round = 5 WHERE id = ?`,
	} {
		if err := testdb.Exec(t, w.dsn, statement, trusted.ID[:]); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
}

func hex(bytes int) string {
	text := ""
	for range bytes {
		text += "ab"
	}
	return text
}

// A damaged record is no reason to draw from it.
func TestADrawOfADamagedLockRecordIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, damage := range []string{
		`UPDATE events SET late_round = beacon_round + 100 WHERE id = ?`,
		`UPDATE events SET secret = lock_digest WHERE id = ?`,
		`UPDATE events SET list_root = lock_digest WHERE id = ?`,
		`UPDATE events SET list_count = 7 WHERE id = ?`,
		`UPDATE events SET beacon_round = beacon_round + 1 WHERE id = ?`,
		`UPDATE events SET beacon_chain = lock_digest WHERE id = ?`,
		`UPDATE events SET commitment = lock_digest WHERE id = ?`,
		`UPDATE events SET rules_text = 'another prize' WHERE id = ?`,
		`UPDATE prizes SET quantity = 9 WHERE event_id = ?`,
	} {
		e := w.freezeBeacon(w.later(time.Hour-40*time.Second), w.event(time.Hour, provable()))
		must(t, testdb.Exec(t, w.dsn, damage, e.ID[:]))
		if _, _, err := w.read(w.store, e).Draw(w.keys, &signature); !errors.Is(err, lottery.ErrRecord) {
			t.Errorf("%s: %v", damage, err)
		}
	}
}
