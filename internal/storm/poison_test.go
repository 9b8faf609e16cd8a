package storm_test

import (
	"strings"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
)

// poison breaks one event, and puts it right again.
type poison interface {
	spoil(*ground, *lottery.Event)            // before its lock
	check(*ground, *lottery.Event, []attempt) // while it is broken
	heal(*ground, *lottery.Event)
}

// TestOnePoisonedEventAmongAHundredIsAlone has a hundred events due at the same second and one of them broken. The others
// are drawn on time; the broken one is tried ever less often, and drawn when it is put right.
func TestOnePoisonedEventAmongAHundredIsAlone(t *testing.T) {
	testdb.MySQL(t)
	t.Parallel()
	for name, p := range map[string]poison{
		"a participant who joined after the lock":    lateParticipant{},
		"a list that was changed once it was frozen": &changedList{},
		"a row that somebody holds":                  &heldRow{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			poisonOne(t, p)
		})
	}
}

func poisonOne(t *testing.T, p poison) {
	g := newGround(t, testdb.DSN(t), quick)
	draw := g.function("draw", 0, 2)
	owner, drawAt := g.user("owner"), time.Now().Add(g.pace.lead+5*time.Second).Truncate(time.Second)
	var events []*lottery.Event
	for range 100 {
		e := g.event(owner, drawAt, 0, 1, 2)
		g.fill(e, 5)
		events = append(events, e)
	}
	bad := events[37]
	p.spoil(g, bad)
	g.ticking(draw, draw)
	attempts := g.attempts(bad, drawAt.Add(punctual))
	if drawn := g.number(`SELECT COUNT(*) FROM events WHERE status = 2`); drawn != 99 {
		t.Errorf("%s after the draw %d of 99 are drawn", punctual, drawn)
	}
	p.check(g, bad, attempts)
	p.heal(g, bad)
	g.allDrawn(time.Now().Add(30 * time.Second))
	var worst time.Duration
	for _, e := range events {
		if x, _ := g.verify(e); x != nil && e != bad {
			worst = max(worst, x.lag)
		}
	}
	t.Logf("the last of the others came %s after draw_at", worst)
	if worst > punctual {
		t.Errorf("one of the others was drawn %s after its time", worst)
	}
}

// attempt is a failure as it is recorded on an event.
type attempt struct {
	at     time.Time // when it was seen
	number int
	reason string
}

// attempts watches an event fail until an instant.
func (g *ground) attempts(e *lottery.Event, until time.Time) (seen []attempt) {
	g.t.Helper()
	last := 0
	for time.Now().Before(until) {
		var a attempt
		must(g.t, g.db.QueryRow(`
			SELECT attempts, COALESCE(last_error, '')
			FROM events
			WHERE id = ?`, e.ID[:]).Scan(&a.number, &a.reason))
		if a.number > last {
			last, a.at = a.number, time.Now()
			seen = append(seen, a)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return seen
}

// backedOff requires that an event was tried again, for the same reason, after one second, two, four and so on.
func backedOff(t testing.TB, seen []attempt, reason string) {
	t.Helper()
	if len(seen) < 2 {
		t.Errorf("it was tried %d times", len(seen))
	}
	for i, a := range seen {
		if !strings.Contains(a.reason, reason) {
			t.Errorf("after attempt %d its reason is %q", a.number, a.reason)
		}
		if i == 0 {
			continue
		}
		pause, want := a.at.Sub(seen[i-1].at), time.Second<<(i-1)
		if a.number != i+1 || pause < want-200*time.Millisecond || pause > want+2*time.Second {
			t.Errorf("attempt %d came %s after the one before it, not %s", a.number, pause, want)
		}
	}
}
