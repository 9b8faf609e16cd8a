package storm_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"wxlottery/internal/testdb"
)

// slow is the pace of a deployment, at which a busy machine is no reason to give a join up.
var slow = pace{lead: time.Minute, period: time.Minute, horizon: 240 * time.Second, limit: 300 * time.Second}

// TestAWrongClockNeverAcceptsAfterTheLock shows that programs with a wrong clock are what they are called, or else the storm
// would not have any: one that is ahead refuses to let users in while there is time, one that is behind tries to for longer
// than that, and the database's clock stops it.
func TestAWrongClockNeverAcceptsAfterTheLock(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	g := newGround(t, testdb.DSN(t), slow)
	c := newCrowd(g, 9, 1)
	doors := map[string]http.Handler{"right": c.doors[0], "ahead": c.doors[4], "behind": c.doors[5]}
	e := g.event(g.user("owner"), time.Now().Add(g.pace.lead+8*time.Second), 0, 1)
	for i, step := range []struct {
		before time.Duration // the lock
		want   map[string]int
	}{
		{6500 * time.Millisecond, map[string]int{"right": 201, "ahead": 201, "behind": 201}},
		{3500 * time.Millisecond, map[string]int{"right": 201, "ahead": 409, "behind": 201}},
		{-500 * time.Millisecond, map[string]int{"right": 409, "ahead": 409, "behind": 409}},
	} {
		time.Sleep(time.Until(e.LockAt.Add(-step.before)))
		for j, name := range []string{"right", "ahead", "behind"} {
			status, code := c.call(doors[name], "POST", e, c.token[3*i+j], "")
			if status != step.want[name] {
				t.Errorf("%s before the lock, by a clock that is %s: %d %s, want %d", step.before, name, status, code, step.want[name])
			}
		}
	}
	if n := g.number(fmt.Sprintf(`SELECT COUNT(*) FROM participants WHERE event_id = 0x%x`, e.ID[:])); n != 5 {
		t.Errorf("%d participants", n)
	}
}

// TestTheSkewedProgramsReadAShiftedClock asks the rows: when somebody joined is what the program's clock said.
func TestTheSkewedProgramsReadAShiftedClock(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	g := newGround(t, testdb.DSN(t), slow)
	c := newCrowd(g, 3, 2)
	e := g.event(g.user("owner"), time.Now().Add(time.Hour), 0, 1)
	for i, door := range []int{0, 4, 5} {
		want := []time.Duration{0, 5 * time.Second, -5 * time.Second}[i]
		sent := time.Now()
		if status, code := c.call(c.doors[door], "POST", e, c.token[i], ""); status != 201 {
			t.Fatalf("%d %s", status, code)
		}
		user := g.user(c.openid[i])
		joined := time.Unix(int64(g.number(`SELECT joined_at FROM participants WHERE user_id = ?`, user[:])), 0)
		if off := joined.Sub(sent.Add(want)); off < -time.Second || off > 2*time.Second {
			t.Errorf("a clock that is %s off said %s, which is %s off", want, joined, joined.Sub(sent))
		}
	}
}
