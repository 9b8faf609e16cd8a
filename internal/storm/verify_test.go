package storm_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// ending is what the database holds of a drawn event when all is over.
type ending struct {
	manifest, commitment     []byte
	count                    int
	root, lock, secret, seed []byte
	signature                []byte            // of the round that decided; nil in mode 0
	late                     int               // the round of a lock that came too late
	users                    map[string]string // user by ticket
	tickets                  [][]byte          // in order
	ahead                    time.Duration     // of the lock record before draw_at
	lag                      time.Duration     // of the result behind draw_at
}

// ending reads one; nil, after a complaint, where the event is not drawn.
func (g *ground) ending(e *lottery.Event) *ending {
	g.t.Helper()
	x := &ending{users: map[string]string{}}
	var frozenAt, drawnAt int64
	err := g.db.QueryRow(`
		SELECT manifest_digest, commitment, list_count, list_root, lock_digest, secret, seed, frozen_at_ms, drawn_at_ms,
			COALESCE(late_round, 0), beacon_signature
		FROM events
		WHERE id = ? AND status = 2`, e.ID[:]).Scan(
		&x.manifest, &x.commitment, &x.count, &x.root, &x.lock, &x.secret, &x.seed, &frozenAt, &drawnAt, &x.late, &x.signature)
	if err == sql.ErrNoRows {
		g.t.Errorf("event %s, due at %s: not drawn", e.ID, e.DrawAt)
		return nil
	}
	must(g.t, err)
	x.ahead, x.lag = e.DrawAt.Sub(time.UnixMilli(frozenAt)), time.UnixMilli(drawnAt).Sub(e.DrawAt)
	g.pairs(`SELECT ticket, user_id FROM participants WHERE event_id = ? ORDER BY ticket`, e, func(ticket, user []byte) {
		x.tickets = append(x.tickets, ticket)
		x.users[string(ticket)] = string(user)
	})
	return x
}

// pairs reads rows of two columns about an event.
func (g *ground) pairs(query string, e *lottery.Event, each func(a, b []byte)) {
	g.t.Helper()
	rows, err := g.db.Query(query, e.ID[:])
	must(g.t, err)
	defer rows.Close()
	for rows.Next() {
		var a, b []byte
		must(g.t, rows.Scan(&a, &b))
		each(a, b)
	}
	must(g.t, rows.Err())
}

// verify draws an event once more, from what is in the database, and complains about every difference. It returns nil where
// there is nothing to compare.
func (g *ground) verify(e *lottery.Event) (*ending, outputs) {
	g.t.Helper()
	x := g.ending(e)
	if x == nil {
		return nil, outputs{}
	}
	in := inputs{manifest: x.manifest, secret: x.secret, late: x.late, tickets: x.tickets, prizes: e.Quantity()}
	if e.Mode == vdraw.ModeBeacon {
		in.beacon = g.verifyBeacon(e, x)
	}
	r := in.draw()
	commitment := tagged("vdraw/1/commit", e.ID[:], x.secret)
	for what, pair := range map[string][2][]byte{
		"commitment":  {x.commitment, commitment[:]},
		"root":        {x.root, r.root[:]},
		"lock digest": {x.lock, r.lock[:]},
		"seed":        {x.seed, r.seed[:]},
	} {
		if !bytes.Equal(pair[0], pair[1]) {
			g.t.Errorf("event %s: its %s is %x, recomputed %x", e.ID, what, pair[0], pair[1])
		}
	}
	if x.count != len(x.tickets) {
		g.t.Errorf("event %s: %d were frozen, %d rows are there", e.ID, x.count, len(x.tickets))
	}
	g.verifyWinners(e, x, r)
	return x, r
}

// verifyBeacon wants the signature of the round that had to decide, and returns what follows from it.
func (g *ground) verifyBeacon(e *lottery.Event, x *ending) [32]byte {
	g.t.Helper()
	round := e.Round
	if x.late != 0 {
		round = uint64(x.late)
	}
	if want := g.beacon.Sign(round); !bytes.Equal(x.signature, want[:]) {
		g.t.Errorf("event %s was not drawn by round %d", e.ID, round)
	}
	return sha256.Sum256(x.signature)
}

// verifyWinners also sees to it that nobody is in the list, or wins, twice.
func (g *ground) verifyWinners(e *lottery.Event, x *ending, r outputs) {
	g.t.Helper()
	place, users := 0, map[string]bool{}
	g.pairs(`SELECT ticket, user_id FROM winners WHERE event_id = ? ORDER BY place`, e, func(ticket, user []byte) {
		if place >= len(r.winners) || !bytes.Equal(ticket, r.winners[place]) || x.users[string(ticket)] != string(user) {
			g.t.Errorf("event %s: place %d went to ticket %x, which did not win it", e.ID, place+1, ticket)
		}
		users[string(user)] = true
		place++
	})
	if place != len(r.winners) || len(users) != place {
		g.t.Errorf("event %s: %d places are given to %d users, %d are to be", e.ID, place, len(users), len(r.winners))
	}
	everybody := map[string]bool{}
	for _, user := range x.users {
		everybody[user] = true
	}
	if len(everybody) != len(x.tickets) {
		g.t.Errorf("event %s: %d tickets belong to %d users", e.ID, len(x.tickets), len(everybody))
	}
}
