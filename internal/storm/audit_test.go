package storm_test

import (
	"bytes"
	"fmt"
	"testing"

	"wxlottery/shared/lottery"
)

// The audit sees what happens to events and winners, as it happens: keys and guards can only show that what is left is
// consistent, not that nothing was undone or done twice on the way.
var audit = []string{
	`CREATE TABLE audit (
		n        BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
		event_id BINARY(16)  NOT NULL,
		what     VARCHAR(40) NOT NULL,
		detail   VARBINARY(80) NULL,
		KEY (event_id)
	)`,
	`CREATE TRIGGER audit_event AFTER UPDATE ON events FOR EACH ROW
	BEGIN
		IF NOT NEW.status <=> OLD.status THEN
			INSERT INTO audit (event_id, what) VALUES (NEW.id, CONCAT('status ', OLD.status, ' to ', NEW.status));
		END IF;
		IF NOT NEW.list_root <=> OLD.list_root THEN
			INSERT INTO audit (event_id, what, detail) VALUES (NEW.id, 'root', NEW.list_root);
		END IF;
		IF NOT NEW.lock_digest <=> OLD.lock_digest THEN
			INSERT INTO audit (event_id, what, detail) VALUES (NEW.id, 'lock digest', NEW.lock_digest);
		END IF;
		IF NOT NEW.drawn_at_ms <=> OLD.drawn_at_ms OR NOT NEW.seed <=> OLD.seed THEN
			INSERT INTO audit (event_id, what, detail) VALUES (NEW.id, 'result', NEW.seed);
		END IF;
		IF NEW.lease_token <> OLD.lease_token THEN
			INSERT INTO audit (event_id, what, detail) VALUES (NEW.id, 'taken over', OLD.lease_token);
		END IF;
	END`,
	`CREATE TRIGGER audit_winner AFTER INSERT ON winners FOR EACH ROW
		INSERT INTO audit (event_id, what, detail) VALUES (NEW.event_id, CONCAT('winner ', NEW.place), NEW.ticket)`,
	`CREATE TRIGGER audit_changed AFTER UPDATE ON winners FOR EACH ROW
		INSERT INTO audit (event_id, what) VALUES (NEW.event_id, 'a winner was changed')`,
	`CREATE TRIGGER audit_removed AFTER DELETE ON winners FOR EACH ROW
		INSERT INTO audit (event_id, what) VALUES (OLD.event_id, 'a winner was removed')`,
}

// watch starts the audit.
func (g *ground) watch() {
	g.t.Helper()
	for _, statement := range audit {
		g.exec(statement)
	}
}

// abandoned counts the claims whose workers never came back to some event of theirs: others took it over.
func (g *ground) abandoned() int {
	g.t.Helper()
	return g.number(`SELECT COUNT(DISTINCT detail) FROM audit WHERE what = 'taken over'`)
}

// happened is what the audit saw of an event, and the last detail of each.
func (g *ground) happened(e *lottery.Event) (times map[string]int, detail map[string][]byte) {
	g.t.Helper()
	rows, err := g.db.Query(`SELECT what, detail FROM audit WHERE event_id = ? AND what <> 'taken over' ORDER BY n`, e.ID[:])
	must(g.t, err)
	defer rows.Close()
	times, detail = map[string]int{}, map[string][]byte{}
	for rows.Next() {
		var what string
		var d []byte
		must(g.t, rows.Scan(&what, &d))
		times[what]++
		detail[what] = d
	}
	must(g.t, rows.Err())
	return times, detail
}

// onceEach holds what the audit saw against what an event that is drawn once goes through.
func (g *ground) onceEach(e *lottery.Event, r outputs) {
	g.t.Helper()
	times, detail := g.happened(e)
	want := map[string][]byte{
		"status 0 to 1": nil, "status 1 to 2": nil,
		"root": r.root[:], "lock digest": r.lock[:], "result": r.seed[:],
	}
	for i, ticket := range r.winners {
		want[fmt.Sprint("winner ", i+1)] = ticket
	}
	complain(g.t, e, times, detail, want)
}

func complain(t testing.TB, e *lottery.Event, times map[string]int, detail, want map[string][]byte) {
	t.Helper()
	for what, value := range want {
		if times[what] != 1 {
			t.Errorf("event %s: %q happened %d times", e.ID, what, times[what])
		} else if !bytes.Equal(detail[what], value) {
			t.Errorf("event %s: %q was %x, recomputed %x", e.ID, what, detail[what], value)
		}
	}
	for what, n := range times {
		if _, ok := want[what]; !ok {
			t.Errorf("event %s: %q happened %d times, which it must not", e.ID, what, n)
		}
	}
}
