package worker

import (
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// TestWhoeverOwnsTheDatabaseCannotChooseWinnersUnseen plays the operator: he lets the program freeze, waits for the round, and
// then changes what the program reads. Either it does not draw, or whoever kept the lock's digest sees it.
func TestWhoeverOwnsTheDatabaseCannotChooseWinnersUnseen(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]func(t *testing.T, s *stage, e *lottery.Event){
		"a participant is removed": func(t *testing.T, s *stage, e *lottery.Event) {
			must(t, testdb.Exec(t, s.DSN, `DELETE FROM participants WHERE user_id = ?`, user(s, "user-3")))
		},
		"a participant is added": func(t *testing.T, s *stage, e *lottery.Event) { stuff(t, s, e) },
		"the list is changed and frozen again": func(t *testing.T, s *stage, e *lottery.Event) {
			stuff(t, s, e)
			refreeze(t, s, e)
		},
		"the list is frozen again": func(t *testing.T, s *stage, e *lottery.Event) { refreeze(t, s, e) },
		"another round": func(t *testing.T, s *stage, e *lottery.Event) {
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET beacon_round = beacon_round - 100 WHERE id = ?`, e.ID[:]))
		},
		"a late round": func(t *testing.T, s *stage, e *lottery.Event) {
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET late_round = beacon_round + 1 WHERE id = ?`, e.ID[:]))
		},
		"a late round with its digest": func(t *testing.T, s *stage, e *lottery.Event) {
			digest := vdraw.LateLockDigest(e.Manifest, e.Record.Count, e.Record.Root, e.Round+1)
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET late_round = beacon_round + 1, lock_digest = ? WHERE id = ?`, digest[:], e.ID[:]))
		},
		"another secret": func(t *testing.T, s *stage, e *lottery.Event) {
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET secret = lock_digest WHERE id = ?`, e.ID[:]))
		},
		"another secret with its commitment and manifest": func(t *testing.T, s *stage, e *lottery.Event) {
			changed := *e
			secret := [32]byte{5}
			changed.Commit = vdraw.Commit(e.ID, secret)
			remake(t, s, &changed, secret)
		},
		"mode 0 instead": func(t *testing.T, s *stage, e *lottery.Event) {
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET mode = 0, beacon_chain = NULL, beacon_round = NULL, secret = NULL WHERE id = ?`, e.ID[:]))
		},
		"more winners": func(t *testing.T, s *stage, e *lottery.Event) {
			must(t, testdb.Exec(t, s.DSN, `UPDATE prizes SET quantity = 9 WHERE event_id = ?`, e.ID[:]))
		},
		"other rules": func(t *testing.T, s *stage, e *lottery.Event) {
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET rules_text = 'another prize' WHERE id = ?`, e.ID[:]))
		},
		"an earlier draw time": func(t *testing.T, s *stage, e *lottery.Event) {
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET draw_at_ms = draw_at_ms - 10000 WHERE id = ?`, e.ID[:]))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			e := s.frozen()
			attack(t, s, e)
			s.tick(due + time.Minute)
			s.tick(due + 2*time.Minute)
			s.tick(due + 3*time.Minute)
			got := read(t, s.Service, e)
			if got.Result == nil {
				return // it was not drawn
			}
			seen := vdraw.Given{Manifest: &e.Manifest, Lock: &e.Record.Digest, Rules: &e.RulesText}
			if r := s.check(got, seen); !r.Failed() {
				t.Errorf("drawn, and nobody notices: %+v", r)
			}
		})
	}
}

func TestAWinnerChangedAfterTheDrawIsSeen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	e := s.frozen()
	s.tick(due)
	drawn := read(t, s.Service, e)
	if r := s.check(drawn, vdraw.Given{}); r.Failed() {
		t.Fatalf("before: %+v", r)
	}
	must(t, testdb.Exec(t, s.DSN, `UPDATE winners SET ticket = (
			SELECT MIN(p.ticket) FROM participants AS p
			WHERE p.event_id = ? AND p.ticket NOT IN (SELECT ticket FROM (SELECT ticket FROM winners) AS w))
		WHERE event_id = ? AND place = 1`, e.ID[:], e.ID[:]))
	if r := s.check(drawn, vdraw.Given{}); !r.Failed() {
		t.Errorf("after: %+v", r)
	}
}

func user(s *stage, name string) []byte {
	id := s.User(name)
	return id[:]
}

func stuff(t *testing.T, s *stage, e *lottery.Event) {
	t.Helper()
	must(t, testdb.Exec(t, s.DSN, `INSERT INTO participants (event_id, ticket, user_id, joined_at) VALUES (?, ?, ?, ?)`,
		e.ID[:], []byte("stuffed-ticket-1"), user(s, "friend"), e.CreatedAt.Unix()))
}

// refreeze throws the lock record away, so that the program makes another one.
func refreeze(t *testing.T, s *stage, e *lottery.Event) {
	t.Helper()
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET list_count = NULL, list_root = NULL, lock_digest = NULL, lock_sig = NULL,
		frozen_at_ms = NULL, secret = NULL, late_round = NULL, next_at_ms = 1 WHERE id = ?`, e.ID[:]))
}

// remake stores a secret with everything that follows from it.
func remake(t *testing.T, s *stage, e *lottery.Event, secret [32]byte) {
	t.Helper()
	p := e.Proof() // recomputes the manifest
	md := p.Event.Digest()
	digest := vdraw.LockDigest(md, e.Record.Count, e.Record.Root)
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET secret = ?, commitment = ?, manifest_digest = ?, lock_digest = ? WHERE id = ?`,
		secret[:], e.Commit[:], md[:], digest[:], e.ID[:]))
}
