package worker

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"wxlottery/internal/drandsim"
	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

var errNotOut = errors.New("not out yet")

// A stage is a service, a development chain, and a source of its rounds that does what the test wants.
type stage struct {
	*servicetest.Service
	key   *drandsim.Key
	chain vdraw.Chain
	terms lottery.Terms

	mu    sync.Mutex
	fail  error         // what the source says; nil: the round
	hang  time.Duration // before it says anything
	asked []uint64
}

func newStage(t *testing.T) *stage {
	t.Helper()
	key, err := drandsim.NewKey(make([]byte, 32))
	must(t, err)
	s := &stage{Service: servicetest.New(t), key: key, chain: key.Chain(), terms: servicetest.Terms}
	s.terms.Chain = &s.chain
	return s
}

// Round is the source.
func (s *stage) Round(ctx context.Context, round uint64) (vdraw.Signature, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, round)
	select {
	case <-ctx.Done():
		return vdraw.Signature{}, ctx.Err()
	case <-time.After(s.hang):
	}
	if s.fail != nil {
		return vdraw.Signature{}, s.fail
	}
	return s.key.Sign(round), nil
}

func (s *stage) set(fail error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.asked = fail, nil
}

func (s *stage) worker(later time.Duration) *Worker {
	return New(s.Later(later), s.Keys, lottery.Grace(s.terms.LockLead), Beacon{s.chain, s})
}

// tick does what is due when a while has passed. A worker of its own forgets that a source was left alone for a moment.
func (s *stage) tick(later time.Duration) {
	s.T.Helper()
	must(s.T, s.worker(later).Tick(context.Background(), 0))
}

// hourAhead is an event of mode 1 with some participants.
func (s *stage) hourAhead() *lottery.Event {
	s.T.Helper()
	e := s.EventUnder(s.terms, "owner", time.Hour, cups(3))
	s.Join(e, names(10)...)
	return e
}

// frozen is one whose lock record is out, in time.
func (s *stage) frozen() *lottery.Event {
	s.T.Helper()
	e := s.hourAhead()
	s.tick(time.Hour - 50*time.Second)
	s.tick(time.Hour - 30*time.Second)
	if got := read(s.T, s.Service, e); got.Record == nil || got.Record.LateRound != 0 {
		s.T.Fatalf("not frozen in time: %+v", got.Record)
	}
	return read(s.T, s.Service, e)
}

const due = time.Hour + 2*time.Second

// proof is what the service would publish, with the list as it is in the database now.
func (s *stage) proof(e *lottery.Event) ([]byte, []byte) {
	s.T.Helper()
	ctx := context.Background()
	p := e.Proof()
	if e.Result != nil {
		winners, err := s.Store.Winners(ctx, e.ID, 0, 1000)
		must(s.T, err)
		p.Winners = []vdraw.Winner{}
		for i, index := range vdraw.Picks(e.Result.Seed, e.Record.Count, e.Quantity()) {
			p.Winners = append(p.Winners, vdraw.Winner{Index: index, Ticket: winners[i].Ticket})
		}
	}
	tickets, err := s.Store.Tickets(ctx, e, 0, 1000)
	must(s.T, err)
	text, err := json.Marshal(p)
	must(s.T, err)
	return text, tickets
}

func (s *stage) check(e *lottery.Event, g vdraw.Given) vdraw.Report {
	s.T.Helper()
	text, tickets := s.proof(e)
	g.Tickets, g.Chains, g.Key = tickets, []vdraw.Chain{s.chain}, e.OperatorKey[:]
	return vdraw.Check(text, g)
}

func TestADrawWaitsForItsRound(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	e := s.frozen()
	s.set(errNotOut)
	s.tick(due)
	waiting := read(t, s.Service, e)
	if waiting.Status != lottery.Opening || len(s.asked) != 1 || s.asked[0] != e.Round {
		t.Fatalf("%s, asked %v", waiting.Status, s.asked)
	}
	var attempts int
	var reason string
	testdb.Row(t, s.DSN, `SELECT attempts, last_error FROM events WHERE id = ?`, []any{e.ID[:]}, &attempts, &reason)
	if attempts != 0 || !strings.Contains(reason, "waiting: round") {
		t.Errorf("%d attempts, %q", attempts, reason)
	}
	s.set(nil)
	s.tick(due + time.Minute)
	got := read(t, s.Service, e)
	if got.Status != lottery.Opened || got.Result.Beacon == nil || *got.Result.Beacon != s.key.Sign(e.Round) {
		t.Fatalf("%s, %+v", got.Status, got.Result)
	}
	r := s.check(got, vdraw.Given{Manifest: &e.Manifest, Lock: &e.Record.Digest, Rules: &e.RulesText})
	if r.Failed() || r.Late || len(r.NotChecked) != 2 { // the chain is a development one, and nobody looks for a ticket
		t.Errorf("%+v", r)
	}
}

// TestARoundIsFoundAsSoonAsItIsOut waits with a tick that looks ahead, as a timer's does.
func TestARoundIsFoundAsSoonAsItIsOut(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	e := s.frozen()
	s.set(errNotOut)
	out := time.AfterFunc(time.Second, func() { s.set(nil) })
	defer out.Stop()
	begin := time.Now()
	must(t, s.worker(due-time.Second).Tick(context.Background(), 4*time.Second))
	if got := read(t, s.Service, e); got.Status != lottery.Opened {
		t.Fatalf("%s after %v", got.Status, time.Since(begin))
	}
}

// A thousand draws of one second wait for one round. They do not ask a thousand times.
func TestEventsThatWaitForOneRoundShareTheQuestion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var events []*lottery.Event
	for range 30 {
		events = append(events, s.EventUnder(s.terms, "owner", time.Hour, cups(1)))
	}
	s.tick(time.Hour - 50*time.Second)
	s.tick(time.Hour - 30*time.Second)
	s.set(errNotOut)
	w := s.worker(due)
	must(t, w.Tick(context.Background(), 0))
	if len(s.asked) > 8 { // one for each lane, and again after each rest
		t.Errorf("asked %d times", len(s.asked))
	}
	s.set(nil)
	time.Sleep(rest)
	must(t, s.worker(due+time.Minute).Tick(context.Background(), 0))
	for _, e := range events {
		if got := read(t, s.Service, e); got.Status != lottery.Opened {
			t.Errorf("%s", got.Status)
		}
	}
}

func TestASignatureThatWasBroughtNeedsNoRelay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	e := s.frozen()
	s.set(errors.New("no relay answers"))
	s.tick(due)
	stored, err := s.Later(due).PutBeacon(context.Background(), e, s.key.Sign(e.Round))
	if err != nil || !stored {
		t.Fatal(stored, err)
	}
	s.set(errors.New("no relay answers"))
	s.tick(due)
	if got := read(t, s.Service, e); got.Status != lottery.Opened || len(s.asked) > 0 {
		t.Errorf("%s, asked %v", got.Status, s.asked)
	}
}

// What is in the database is checked like what a relay says.
func TestAForgedSignatureInTheDatabaseIsNotDrawnBy(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	e := s.frozen()
	forged := s.key.Sign(e.Round + 1)
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET beacon_signature = ? WHERE id = ?`, forged[:], e.ID[:]))
	s.set(errNotOut)
	s.tick(due)
	if got := read(t, s.Service, e); got.Status != lottery.Opening {
		t.Fatalf("%s by a forged signature", got.Status)
	}
	s.set(nil)
	s.tick(due + time.Minute)
	if got := read(t, s.Service, e); got.Status != lottery.Opened || *got.Result.Beacon != s.key.Sign(e.Round) {
		t.Errorf("%s", got.Status)
	}
}

func TestWithoutItsRoundAnEventIsVoidAfterSevenDays(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*stage) *Worker{
		"the relays are gone": func(s *stage) *Worker {
			s.set(errors.New("no relay answers"))
			return s.worker(time.Hour + lottery.VoidAfter + time.Second)
		},
		"its chain is not configured": func(s *stage) *Worker {
			return New(s.Later(time.Hour+lottery.VoidAfter+time.Second), s.Keys, time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			e := s.frozen()
			s.set(errors.New("no relay answers"))
			s.tick(lottery.VoidAfter - time.Hour)
			if got := read(t, s.Service, e); got.Status != lottery.Opening {
				t.Fatalf("%s before seven days", got.Status)
			}
			for range lastTries {
				if got := read(t, s.Service, e); got.Status != lottery.Opening {
					t.Fatalf("%s after a try or two", got.Status)
				}
				must(t, testdb.Exec(t, s.DSN, `UPDATE events SET next_at_ms = 1 WHERE status = 1`))
				must(t, fail(s).Tick(context.Background(), 0))
			}
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET next_at_ms = 1 WHERE status = 1`))
			must(t, fail(s).Tick(context.Background(), 0))
			got := read(t, s.Service, e)
			if got.Status != lottery.Canceled || got.Reason != lottery.ReasonVoid || got.Secret() == nil {
				t.Errorf("%s %s", got.Status, got.Reason)
			}
			if p := got.Proof(); p.Lock.Digest != e.Record.Digest || p.Drawn() {
				t.Errorf("the lock record is not there any more: %+v", p.Lock)
			}
		})
	}
}

// A timer that was dead over the draw time loses nothing: another round decides, and everybody is told.
func TestALateFreezeIsDrawnByALaterRoundAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{-3 * time.Second, 2 * time.Hour, lottery.VoidAfter + 24*time.Hour} {
		s := newStage(t)
		e := s.hourAhead()
		s.tick(time.Hour + after)
		s.tick(time.Hour + after + 30*time.Millisecond)
		frozen := read(t, s.Service, e)
		if frozen.Record == nil || frozen.Record.LateRound <= e.Round || frozen.Status != lottery.Opening {
			t.Fatalf("%v: %s %+v", after, frozen.Status, frozen.Record)
		}
		away := time.Duration(s.chain.RoundTime(frozen.Record.LateRound))*time.Second - time.Duration(frozen.Record.FrozenAt.UnixNano())
		if away < 30*time.Second || away >= 31*time.Second {
			t.Errorf("%v: the round is %v away", after, away)
		}
		s.tick(time.Hour + after + 20*time.Second)
		if len(s.asked) > 0 {
			t.Errorf("%v: asked for %v before it was due", after, s.asked)
		}
		s.tick(time.Hour + after + 33*time.Second)
		got := read(t, s.Service, e)
		if got.Status != lottery.Opened || !got.Late() {
			t.Fatalf("%v: %s, late %v", after, got.Status, got.Late())
		}
		r := s.check(got, vdraw.Given{Manifest: &e.Manifest, Lock: &frozen.Record.Digest})
		if r.Failed() || !r.Late || r.Exit() != 3 {
			t.Errorf("%v: %+v", after, r)
		}
	}
}

// A worker that was away for a week asks for the rounds, which have been out all the time, before it gives anything up; that the
// first question gets no answer voids nobody.
func TestAfterALongOutageTheRoundsAreAskedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var events []*lottery.Event
	for i := range 20 {
		events = append(events, s.EventUnder(s.terms, "owner", time.Hour+time.Duration(i)*time.Second, cups(1)))
	}
	s.tick(time.Hour - 40*time.Second)
	s.tick(time.Hour - 20*time.Second)
	s.set(errors.New("no relay answers"))
	week := time.Hour + lottery.VoidAfter + time.Hour
	for range lastTries - 1 {
		s.tick(week)
		must(t, testdb.Exec(t, s.DSN, `UPDATE events SET next_at_ms = 1 WHERE status = 1`))
	}
	s.set(nil)
	s.tick(week)
	for _, e := range events {
		if got := read(t, s.Service, e); got.Status != lottery.Opened {
			t.Errorf("%s %s", got.Status, got.Reason)
		}
	}
}

// Whoever brings the round just when an event is given up is not told yes for nothing.
func TestAnEventWithItsSignatureIsNotGivenUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	e := s.frozen()
	week := time.Hour + lottery.VoidAfter + time.Minute
	must(t, testdb.Exec(t, s.DSN, `UPDATE events SET attempts = 99 WHERE id = ?`, e.ID[:]))
	stored, err := s.Later(week).PutBeacon(context.Background(), e, s.key.Sign(e.Round))
	if err != nil || !stored {
		t.Fatal(stored, err)
	}
	if done, err := s.Later(week).Void(context.Background(), e.ID, lastTries); err != nil || done {
		t.Errorf("void: %v, %v", done, err)
	}
	s.set(errors.New("no relay answers"))
	s.tick(week)
	if got := read(t, s.Service, e); got.Status != lottery.Opened {
		t.Errorf("%s", got.Status)
	}
}

// Draws that need nobody are not held up by relays that hang.
func TestRelaysThatHangDoNotHoldUpOtherDraws(t *testing.T) {
	t.Parallel()
	for name, apart := range map[string]time.Duration{"one round": 0, "many rounds": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			for i := range 12 { // the earlier the round, the more participants: the later rounds come first
				e := s.EventUnder(s.terms, "owner", time.Hour+time.Duration(i)*apart, cups(1))
				s.Join(e, names(13-i)...)
			}
			plain := s.Event("owner", time.Hour, cups(1))
			s.tick(time.Hour - 40*time.Second)
			s.tick(time.Hour - 20*time.Second)
			unfrozen := s.Event("owner", time.Hour, cups(1))
			must(t, testdb.Exec(t, s.DSN, `UPDATE events SET status = 1 WHERE id = ?`, unfrozen.ID[:]))
			s.set(errors.New("no relay answers"))
			s.hang = 1500 * time.Millisecond
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			w, done := s.worker(due+15*time.Second), make(chan error, 1)
			go func() { done <- w.Tick(ctx, 20*time.Second) }()
			begin := time.Now()
			for read(t, s.Service, plain).Status != lottery.Opened || read(t, s.Service, unfrozen).Record == nil {
				if time.Since(begin) > 8*time.Second {
					t.Fatal("the other draw, or the freeze, is not made")
				}
				time.Sleep(20 * time.Millisecond)
			}
			cancel()
			must(t, <-done)
			if len(s.asked) > 3 {
				t.Errorf("relays that hang were asked %d times in %v", len(s.asked), time.Since(begin))
			}
		})
	}
}

// What panics in one draw is that draw's failure only: the others that ask for the round, or for another one, get their answers.
func TestASourceThatPanicsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := &beacon{Beacon: Beacon{Source: panics{}}}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		_, err := b.round(context.Background(), 7)
		t.Errorf("no panic, %v", err)
	}()
	time.Sleep(rest)
	b.Source = newStage(t)
	if _, err := b.round(context.Background(), 8); err != nil {
		t.Error(err)
	}
}

type panics struct{}

func (panics) Round(context.Context, uint64) (vdraw.Signature, error) { panic("of the source") }
