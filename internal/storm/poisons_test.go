package storm_test

import (
	"database/sql"
	"time"

	"wxlottery/shared/lottery"
)

// lateParticipant is a row that no guard can have let through.
type lateParticipant struct{}

func (lateParticipant) spoil(g *ground, e *lottery.Event) {
	g.exec(`UPDATE participants SET joined_at = joined_at + 100000 WHERE event_id = ?`, e.ID[:])
}

func (lateParticipant) check(g *ground, _ *lottery.Event, seen []attempt) {
	g.t.Helper()
	backedOff(g.t, seen, "not before the lock")
}

func (lateParticipant) heal(g *ground, e *lottery.Event) {
	g.exec(`UPDATE participants SET joined_at = joined_at - 100000 WHERE event_id = ?`, e.ID[:])
}

// changedList loses somebody between the lock record and the draw.
type changedList struct {
	ticket, user []byte
	joinedAt     int64
}

func (p *changedList) spoil(g *ground, e *lottery.Event) {
	must(g.t, g.db.QueryRow(`
		SELECT ticket, user_id, joined_at
		FROM participants
		WHERE event_id = ?
		LIMIT 1`, e.ID[:]).Scan(&p.ticket, &p.user, &p.joinedAt))
	time.AfterFunc(time.Until(e.DrawAt.Add(-time.Second)), func() {
		if _, err := g.db.Exec(`DELETE FROM participants WHERE ticket = ?`, p.ticket); err != nil {
			g.t.Error(err)
		}
	})
}

func (p *changedList) check(g *ground, e *lottery.Event, seen []attempt) {
	g.t.Helper()
	backedOff(g.t, seen, "lock record")
	if g.read(e).Record == nil {
		g.t.Error("the list was changed too early, the event is not frozen")
	}
}

func (p *changedList) heal(g *ground, e *lottery.Event) {
	g.exec(`
		INSERT INTO participants (event_id, ticket, user_id, joined_at)
		VALUES (?, ?, ?, ?)`, e.ID[:], p.ticket, p.user, p.joinedAt)
}

// heldRow is an operator who has begun a transaction and gone for lunch.
type heldRow struct{ tx *sql.Tx }

func (p *heldRow) spoil(g *ground, e *lottery.Event) {
	tx, err := g.db.Begin()
	must(g.t, err)
	g.t.Cleanup(func() { tx.Rollback() })
	_, err = tx.Exec(`SELECT id FROM events WHERE id = ? FOR UPDATE`, e.ID[:])
	must(g.t, err)
	p.tx = tx
}

func (p *heldRow) check(g *ground, e *lottery.Event, seen []attempt) {
	g.t.Helper()
	if got := g.read(e); got.Status != lottery.Init || len(seen) > 0 {
		g.t.Errorf("behind the back of him who holds it: %s, failures %v", got.Status, seen)
	}
}

func (p *heldRow) heal(g *ground, _ *lottery.Event) { must(g.t, p.tx.Rollback()) }
