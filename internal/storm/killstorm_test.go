package storm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"wxlottery/cmd/local/function"
	"wxlottery/internal/drandsim"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testmysql"
	"wxlottery/internal/wechatsim"
	"wxlottery/shared/lottery"
)

// storm is one run of the kill storm.
type storm struct {
	*ground
	server *testmysql.Server
	crowd  *crowd
	draws  []*function.Function
	random *rand.Rand // of the one goroutine that makes and kills

	begin, end time.Time // of the draws
	events     []*lottery.Event
	entries    [][]*entry // by event
	kills      int        // delivered to a process that had a tick in hand
	restarts   int
}

// TestAKillStormDrawsEveryEventExactlyOnce has processes of draw killed all the time, and the database twice, while users
// race the locks, half of them wishing a message by a WeChat that never answers. Of either program one process has a clock that is five seconds ahead, and one is five seconds behind. In
// the end every event must have been drawn once, from the list that its users were told of.
func TestAKillStormDrawsEveryEventExactlyOnce(t *testing.T) {
	t.Parallel()
	const seed = 20261126
	t.Logf("seed %d", seed)
	server := testmysql.Start(t)
	s := &storm{ground: newGround(t, server.DSN(), quick), server: server, random: rand.New(rand.NewPCG(seed, 0))}
	s.watch()
	s.wechat(wechatsim.Fault{LatencyMS: 60_000}) // every message hangs
	s.crowd = newCrowd(s.ground, 60, seed)
	s.draws = []*function.Function{s.function("draw", 0, 2), s.function("draw", 5, 1), s.function("draw", -5, 1)}
	s.makeEvents(testdb.Scale(40, 500), time.Duration(testdb.Scale(18, 240))*time.Second)
	stop := s.ticking(s.draws[0], s.draws[0], s.draws[1], s.draws[2])
	kills := testdb.Scale(15, 200)
	well := s.troubleRelay()
	s.rage(kills)
	well()
	// A list that could not be frozen in time waits for a round half a minute later.
	left := s.allDrawn(s.end.Add(2 * time.Minute))
	stop()
	if left > 0 {
		t.Errorf("%d events are not drawn two minutes after the last was due", left)
	}
	if s.kills < kills {
		t.Errorf("%d kills of %d met nobody", kills-s.kills, kills)
	}
	if s.log.sawPanic() {
		t.Error("a program panicked")
	}
	s.check()
}

// troubleRelay has the only relay fail in one way after the other, until well is called.
func (s *storm) troubleRelay() (well func()) {
	faults := []drandsim.Kind{
		drandsim.None, drandsim.TooEarly, drandsim.Hang, drandsim.None, drandsim.Garbage, drandsim.WrongRound, drandsim.None,
		drandsim.BadSignature, drandsim.Down, drandsim.Error, drandsim.NotFound, drandsim.Stall,
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			if err := s.relay.Set(drandsim.Fault{Kind: faults[i%len(faults)]}); err != nil {
				s.t.Error(err)
			}
			select {
			case <-stop:
				return
			case <-time.After(700 * time.Millisecond):
			}
		}
	}()
	return func() {
		close(stop)
		<-done
		s.relay.Reset()
	}
}

// makeEvents makes events that are drawn in a period to come, of all sizes: some that nobody joins, some with fewer users
// than prizes, some with lists of several pages and hundreds of winners.
func (s *storm) makeEvents(n int, period time.Duration) {
	s.t.Helper()
	s.begin = time.Now().Add(s.pace.lead + 6*time.Second + time.Duration(n)*25*time.Millisecond).Truncate(time.Second)
	s.end = s.begin.Add(period)
	for i := range n {
		owner := s.user(fmt.Sprint("owner-", i%10))
		prizes := []int{1, 1 + s.random.IntN(3)}
		if i%4 == 0 {
			prizes = append(prizes, 100+s.random.IntN(1000))
		}
		make := s.event
		if i%2 == 1 {
			make = s.provable
		}
		e := make(owner, s.begin.Add(upTo(s.random, period)).Truncate(3*time.Second), 0, prizes...)
		if i%3 == 0 {
			s.fill(e, s.random.IntN(3000))
		}
		s.events = append(s.events, e)
	}
	s.entries = make([][]*entry, n)
}

// rage lets users race every lock and sees to the kills, until the last event should be drawn.
func (s *storm) rage(kills int) {
	s.t.Helper()
	var users sync.WaitGroup
	for i, e := range s.events {
		if i%10 == 9 {
			continue // nobody comes
		}
		users.Go(func() { s.entries[i] = s.crowd.race(e, i, 12) })
	}
	first := s.begin.Add(-s.pace.lead)
	span := s.end.Sub(first)
	if testdb.Scale(0, 1) == 1 {
		s.killing(first.Add(span/4), kills/4)
		s.restart(s.server.Stop)
	}
	s.killing(first.Add(span/2), kills/2)
	s.restart(s.server.Kill)
	s.killing(s.end, kills)
	users.Wait()
}

// restart takes the database away for a moment, about when the next list is locked: then users are on their way in and out,
// and other events are drawn.
func (s *storm) restart(end func()) {
	s.t.Helper()
	now, next := time.Now(), s.end
	for _, e := range s.events {
		if e.LockAt.After(now) && e.LockAt.Before(next) {
			next = e.LockAt
		}
	}
	time.Sleep(time.Until(next.Add(upTo(s.random, 250*time.Millisecond) - 200*time.Millisecond)))
	end()
	time.Sleep(upTo(s.random, time.Second))
	s.server.StartAgain()
	s.restarts++
}

// A shot is a kill to come.
type shot struct {
	at    time.Time
	aimed bool // at the one who works, and not at any
}

// killing spreads kills until an instant, up to a number in all. Half of them come at any moment; half come when some event
// is due and are aimed at the one who works on it, since ticks mostly wait.
func (s *storm) killing(until time.Time, upToNumber int) {
	var shots []shot
	now := time.Now()
	steps := s.steps(now, until)
	for i := range upToNumber - s.kills {
		if i%2 == 0 && len(steps) > 0 {
			shots = append(shots, shot{steps[s.random.IntN(len(steps))].Add(upTo(s.random, 40*time.Millisecond)), true})
		} else {
			shots = append(shots, shot{now.Add(upTo(s.random, until.Sub(now))), false})
		}
	}
	slices.SortFunc(shots, func(a, b shot) int { return a.at.Compare(b.at) })
	for _, shot := range shots {
		s.fire(shot)
	}
	time.Sleep(time.Until(until))
}

// steps are the instants in a period at which events are due to be locked, frozen and drawn.
func (s *storm) steps(from, until time.Time) (due []time.Time) {
	for _, e := range s.events {
		for _, at := range []time.Time{e.LockAt, e.LockAt.Add(lottery.Grace(s.pace.lead)), e.DrawAt} {
			if at.After(from) && at.Before(until) {
				due = append(due, at)
			}
		}
	}
	return due
}

// fire kills a process of draw that has a tick in hand; where the one aimed at is gone, any.
func (s *storm) fire(shot shot) {
	time.Sleep(time.Until(shot.at.Truncate(time.Second).Add(-3 * time.Millisecond)))
	before := usageOf(living(s.draws...))
	time.Sleep(time.Until(shot.at))
	pid, ok := before.busiest()
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if pids := living(s.draws...); len(pids) > 0 && !(ok && shot.aimed) {
			pid, ok = pids[s.random.IntN(len(pids))], true
		}
		if ok && kill(pid) {
			s.kills++
			return
		}
		ok = false
	}
}

// check compares what is in the database with what follows from it, with what the audit saw, and with what users were told.
func (s *storm) check() {
	s.t.Helper()
	var f figures
	participants, late := 0, 0
	var worst time.Duration
	for i, e := range s.events {
		x, r := s.verify(e)
		if x == nil {
			continue
		}
		s.onceEach(e, r)
		participants += len(x.tickets)
		worst = max(worst, x.lag)
		if x.late != 0 {
			late++
		}
		for _, told := range s.entries[i] {
			ticket, err := s.keys.Ticket(e.KeyVersion, e.ID, told.openid)
			must(s.t, err)
			f.settle(s.t, told, x.users[string(ticket[:])] != "")
		}
	}
	if f.joins == 0 || f.leaves == 0 {
		s.t.Error("nobody joined and left")
	}
	s.t.Logf("%d events, %d participants; %d joins and %d leaves acknowledged, %d users left in doubt, %d overtaken by a call given up",
		len(s.events), participants, f.joins, f.leaves, f.unknown, f.overtaken)
	s.t.Logf("half of the events by public randomness; %d lists were frozen too late for their round", late)
	s.t.Logf("%d kills, %d restarts of the database, by which %d workers lost events in hand; the worst result came %s after draw_at",
		s.kills, s.restarts, s.abandoned(), worst)
}
