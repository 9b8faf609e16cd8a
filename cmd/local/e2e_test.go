package main

import (
	"crypto/rand"
	"database/sql"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
)

func TestWholeLottery(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, cloud string) {
		t.Run("embedded", func(t *testing.T) {
			t.Parallel()
			playLottery(t, cloud)
		})
		t.Run("without public randomness", func(t *testing.T) {
			t.Parallel()
			playLottery(t, cloud, "-beacon", "none")
		})
		t.Run("MySQL and Redis", func(t *testing.T) {
			t.Parallel()
			testdb.MySQL(t)
			flags := []string{"-mysql", ownDatabase(t, os.Getenv("LOTTERY_TEST_MYSQL"))}
			if redis := os.Getenv(testredis.Env); redis != "" {
				flags = append(flags, "-redis", redis)
			}
			playLottery(t, cloud, flags...)
		})
	})
}

// onEachCloud runs a test for each cloud, at the same time: most of what these tests do is wait.
func onEachCloud(t *testing.T, test func(t *testing.T, cloud string)) {
	t.Helper()
	for cloud := range platforms {
		t.Run(cloud, func(t *testing.T) {
			t.Parallel()
			test(t, cloud)
		})
	}
}

// ownDatabase makes a database that is dropped at the end of the test, and returns its DSN.
func ownDatabase(t *testing.T, dsn string) string {
	t.Helper()
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DBName = "lottery_e2e_" + strings.ToLower(rand.Text()[:8])
	if _, err := db.Exec("CREATE DATABASE " + cfg.DBName + " CHARACTER SET utf8mb4"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Exec("DROP DATABASE " + cfg.DBName)
		db.Close()
	})
	return cfg.FormatDSN()
}

// event is what the test reads of GET /events/{id}.
type event struct {
	ID       string
	Status   string
	Late     bool
	DrawAt   time.Time `json:"draw_at"`
	LockAt   time.Time `json:"lock_at"`
	Fairness struct {
		Mode        int
		Label       string
		Manifest    string
		Round       uint64
		Waiting     uint64 `json:"waiting_for_round"`
		OperatorKey string `json:"operator_key"`
		Seed        string
		Lock        *struct {
			Count     int
			Root      string
			Digest    string
			Secret    *string
			LateRound uint64 `json:"late_round"`
		}
	}
}

type winner struct {
	Place               int
	Prize, Ticket, Name string
}

func playLottery(t *testing.T, cloud string, more ...string) {
	p := start(t, t.TempDir(), cloud, more...)
	run := rand.Text()[:8]
	owner := p.logIn("owner-" + run)
	p.call("PATCH", "/login", owner, map[string]string{"name": "Organiser 🎲"}).is(200, "")
	e := p.create(owner)
	tickets := p.joinFive(e, run, owner)
	p.mustLock(e, run)
	p.mustOpen(e)
	p.mustHaveWinners(e, tickets)

	version := p.call("GET", "/nowhere", "", nil).is(404, "route_not_found").header.Get("X-Lottery-Version")
	if !regexp.MustCompile(`^\S+\+([0-9a-f]{12}(-dirty)?|unknown)$`).MatchString(version) {
		t.Errorf("X-Lottery-Version %q", version)
	}
	p.call("POST", "/_sim/draw", "", nil).is(200, "")
	pids := p.functions()
	if code := p.interrupt(); code != 0 {
		t.Errorf("exit code %d after an interrupt:\n%s", code, p.stderr.String())
	}
	mustBeGone(t, pids)
}

func (p *process) logIn(openid string) (token string) {
	p.t.Helper()
	token, _ = p.logInAs(openid)
	return token
}

func (p *process) logInAs(openid string) (token string, isNew bool) {
	p.t.Helper()
	var code struct{ Code string }
	p.call("POST", "/_sim/wechat/code", "", map[string]string{"openid": openid}).is(200, "").into(&code)
	var login struct {
		Token string
		IsNew bool `json:"is_new"`
	}
	p.call("POST", "/login", "", map[string]string{"code": code.Code}).is(200, "").into(&login)
	return login.Token, login.IsNew
}

func (p *process) create(owner string) event {
	p.t.Helper()
	drawAt := time.Now().Add(7 * time.Second).Truncate(time.Second)
	order := map[string]any{
		"title": "End to end 🎁", "draw_at": drawAt.UTC().Format(time.RFC3339),
		"prizes": []map[string]any{{"name": "first", "quantity": 1}, {"name": "second", "quantity": 2}},
	}
	var e, again event
	p.call("POST", "/events", owner, order, "Idempotency-Key", "once").is(201, "").into(&e)
	p.call("POST", "/events", owner, order, "Idempotency-Key", "once").into(&again)
	if again.ID != e.ID || e.Status != "init" || !e.DrawAt.Equal(drawAt) || !e.LockAt.Equal(drawAt.Add(-3*time.Second)) {
		p.t.Fatalf("created %+v, and with the same key %+v", e, again)
	}
	return e
}

// joinFive has six users join, one of them twice, and one leave; it returns the tickets of those who stay.
func (p *process) joinFive(e event, run, owner string) []string {
	p.t.Helper()
	var tickets []string
	var joined struct{ Ticket string }
	for _, name := range []string{"ann", "ben", "cai", "dan", "eve"} {
		token := p.logIn(name + "-" + run)
		p.call("POST", "/join/"+e.ID, token, map[string]any{}).is(201, "").into(&joined)
		tickets = append(tickets, joined.Ticket)
		if name == "ann" {
			p.call("POST", "/join/"+e.ID, token, map[string]any{}).is(200, "").into(&joined)
			if joined.Ticket != tickets[0] {
				p.t.Error("joining twice gave another ticket")
			}
		}
	}
	p.call("POST", "/join/"+e.ID, owner, map[string]any{}).is(403, "own_event")
	p.call("POST", "/join/"+e.ID, "", map[string]any{}).is(401, "login_required")
	leaver := p.logIn("leaver-" + run)
	p.call("POST", "/join/"+e.ID, leaver, map[string]any{}).is(201, "")
	p.call("DELETE", "/join/"+e.ID, leaver, nil).is(204, "")
	return tickets
}

func (p *process) mustLock(e event, run string) {
	p.t.Helper()
	late := p.logIn("late-" + run)
	seen := p.await(e, e.DrawAt, func(now event) bool { return now.Status == "opening" && now.Fairness.Lock != nil })
	hidden := seen.Fairness.Mode == 0
	if lock := seen.Fairness.Lock; lock.Count != 5 || len(lock.Root) != 64 || (lock.Secret == nil) != hidden || seen.Fairness.Seed != "" {
		p.t.Errorf("locked event %+v, lock %+v", seen, *lock)
	}
	p.call("POST", "/join/"+e.ID, late, map[string]any{}).is(409, "event_locked")
}

func (p *process) mustOpen(e event) {
	p.t.Helper()
	seen := p.await(e, e.DrawAt.Add(2*time.Second), func(now event) bool { return now.Status == "opened" })
	if lock := seen.Fairness.Lock; lock == nil || lock.Secret == nil || len(seen.Fairness.Seed) != 64 {
		p.t.Errorf("drawn event %+v shows no lock, secret or seed", seen)
	}
}

func (p *process) await(e event, until time.Time, wanted func(event) bool) event {
	p.t.Helper()
	for {
		asked := time.Now()
		var now event
		p.call("GET", "/events/"+e.ID, "", nil).is(200, "").into(&now)
		if wanted(now) {
			return now
		}
		if asked.After(until) {
			p.t.Fatalf("%v after its time the event is %+v", time.Since(until), now)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (p *process) mustHaveWinners(e event, tickets []string) {
	p.t.Helper()
	var page struct{ Winners []winner }
	p.call("GET", "/events/"+e.ID+"/winners", "", nil).is(200, "").into(&page)
	if len(page.Winners) != 3 {
		p.t.Fatalf("winners %+v", page.Winners)
	}
	var won []string
	for i, w := range page.Winners {
		if prize := []string{"first", "second", "second"}[i]; w.Place != i+1 || w.Prize != prize {
			p.t.Errorf("winner %d is %+v", i+1, w)
		}
		if slices.Contains(won, w.Ticket) || !slices.Contains(tickets, w.Ticket) {
			p.t.Errorf("ticket %s won twice, or never joined", w.Ticket)
		}
		won = append(won, w.Ticket)
	}
}

// TestADeadTimersDrawIsMadeUpForAndShownLate has nobody lock or draw until long after the draw was due.
func TestADeadTimersDrawIsMadeUpForAndShownLate(t *testing.T) {
	t.Parallel()
	onEachCloud(t, mustMakeUpForADeadTimer)
}

func mustMakeUpForADeadTimer(t *testing.T, cloud string) {
	p := start(t, t.TempDir(), cloud, "-tick", "0", "-beacon", "none")
	owner, ann := p.logIn("owner"), p.logIn("ann")
	e := p.create(owner)
	p.call("POST", "/join/"+e.ID, ann, nil).is(201, "")
	time.Sleep(time.Until(e.DrawAt.Add(5500 * time.Millisecond)))
	var seen event
	p.call("GET", "/events/"+e.ID, "", nil).is(200, "").into(&seen)
	if seen.Status != "opening" || seen.Fairness.Lock != nil {
		t.Errorf("with a dead timer it is %+v", seen)
	}
	p.call("POST", "/join/"+e.ID, p.logIn("cy"), nil).is(409, "event_locked")
	p.call("POST", "/_sim/draw", "", nil).is(200, "")
	p.call("GET", "/events/"+e.ID, "", nil).is(200, "").into(&seen)
	if seen.Status != "opened" || !seen.Late || seen.Fairness.Lock == nil || seen.Fairness.Lock.Count != 1 {
		t.Errorf("after the tick it is %+v", seen)
	}
}

func TestDemoPlaysAndChecksALottery(t *testing.T) {
	t.Parallel()
	onEachCloud(t, mustPlayTheDemo)
}

func mustPlayTheDemo(t *testing.T, cloud string) {
	p := start(t, t.TempDir(), cloud, "-demo")
	code, story := p.wait(time.Minute)
	if code != 0 || !strings.Contains(story, "409 event_locked") || !strings.Contains(story, "\nRechecked: ") {
		t.Errorf("exit code %d:\n%s%s", code, story, p.stderr.String())
	}
	for _, prize := range []string{"  1. a bicycle ", "  3. a tea set ", "  8. a book "} {
		if !strings.Contains(story, prize) {
			t.Errorf("no %q in\n%s", prize, story)
		}
	}
}

// The data are the same for both clouds, the functions are not.
func TestDataSurviveARestartButNotFresh(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, run := range []struct {
		cloud string
		flags []string
		isNew bool
	}{{"aws", nil, true}, {"scf", nil, false}, {"aws", nil, false}, {"scf", []string{"-fresh"}, true}} {
		p := start(t, data, run.cloud, run.flags...)
		if _, isNew := p.logInAs("zoe"); isNew != run.isNew {
			t.Errorf("on %s with %q the user is new: %v", run.cloud, run.flags, isNew)
		}
		if code := p.interrupt(); code != 0 {
			t.Errorf("exit code %d:\n%s", code, p.stderr.String())
		}
	}
}

func TestKilledCommandLeavesNoProcess(t *testing.T) {
	t.Parallel()
	onEachCloud(t, func(t *testing.T, cloud string) {
		p := start(t, t.TempDir(), cloud)
		pids := p.functions()
		p.cmd.Process.Signal(syscall.SIGKILL)
		p.wait(20 * time.Second)
		mustBeGone(t, pids)
	})
}

func TestCrashedFunctionIsReplaced(t *testing.T) {
	t.Parallel()
	onEachCloud(t, mustReplaceTheCrashed)
}

func mustReplaceTheCrashed(t *testing.T, cloud string) {
	p := start(t, t.TempDir(), cloud)
	killed := p.functions()
	for _, pid := range killed {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	for _, pid := range killed { // a zombie is not enough: the gateway has to know
		for end := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("nobody noticed the end of process %d", pid)
			}
		}
	}
	p.logIn("yan")
	p.call("POST", "/_sim/draw", "", nil).is(200, "")
	p.call("GET", "/events/AAAAAAAAAAAAAAAAAAAAAA", "", nil).is(404, "event_not_found")
}
