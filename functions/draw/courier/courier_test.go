package courier

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/wechatsim"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

func (p *post) fault(f wechatsim.Fault) {
	p.t.Helper()
	f.API = "subscribe_send"
	must(p.t, p.sim.Fault(f))
}

func diff(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// TestEverybodyEndsInOneStateThoughWeChatFails has every tenth message refused as busy, every hundredth hang until the client
// gives up, and the access token revoked twice.
func TestEverybodyEndsInOneStateThoughWeChatFails(t *testing.T) {
	t.Parallel()
	const n = 10_000
	p := newPost(t)
	e, openids := p.canceled(n)
	p.fault(wechatsim.Fault{ErrCode: -1, Every: 10, N: 1_000_000})
	p.fault(wechatsim.Fault{LatencyMS: 30_000, Every: 100, N: 1_000_000})
	var revoked sync.WaitGroup
	revoked.Go(func() {
		for _, at := range []int{n / 4, n / 2} {
			for p.sim.SentCount() < at && !t.Failed() {
				time.Sleep(time.Millisecond)
			}
			p.sim.Revoke()
		}
	})
	total := p.deliverAll(p.courier(p.Store, 50))
	revoked.Wait()
	notice := p.notice(e)
	diff(t, "notice", notice, store.Notice{Wanted: n, Sent: n, Done: true})
	diff(t, "states", p.states(e), map[string]int{"sent": n})
	if total.Sent != n || total.Refused+total.Dead != 0 || total.Again < n/10 {
		t.Errorf("%+v", total)
	}
	got := p.received()
	for _, openid := range openids {
		if got[openid] != 1 {
			t.Fatalf("one of them got %d messages", got[openid])
		}
	}
	var left int
	must(t, p.db.QueryRow(`SELECT COALESCE(SUM(credits), 0) FROM credits`).Scan(&left))
	diff(t, "credits left", left, 0)
	calls := map[string]int{}
	for _, c := range p.sim.Log() {
		if c.API == "stable_token" {
			calls[c.API]++
		}
	}
	if calls["stable_token"] > 10 { // the log keeps the last calls only
		t.Errorf("%d tokens were fetched", calls["stable_token"])
	}
}

func TestEachAnswerHasItsEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code   int
		state  string
		credit int
		paused []string // templates, "" for all
	}{
		{0, "sent", 0, nil},
		{43101, "refused 43101", 0, nil},
		{40003, "dead 40003", 1, nil},
		{47003, "waiting 47003", 1, []string{result}},
		{40037, "waiting 40037", 1, []string{result}},
		{41030, "waiting 41030", 1, []string{result}},
		{40013, "waiting 40013", 1, []string{""}},
		{48001, "waiting 48001", 1, []string{""}},
		{45009, "waiting 45009", 1, []string{""}},
		{-1, "waiting -1", 1, nil},
		{12345, "waiting 12345", 1, nil},
	} {
		t.Run(fmt.Sprint(c.code), func(t *testing.T) {
			t.Parallel()
			p := newPost(t)
			e, _ := p.canceled(1)
			if c.code != 0 {
				p.fault(wechatsim.Fault{ErrCode: c.code})
			}
			p.deliver(p.courier(p.Store, 1))
			diff(t, "state", p.states(e), map[string]int{c.state: 1})
			var credits int
			must(t, p.db.QueryRow(`SELECT SUM(credits) FROM credits`).Scan(&credits))
			diff(t, "credits", credits, c.credit)
			pauses, err := p.Store.Pauses(context.Background())
			must(t, err)
			diff(t, "paused", slices.Sorted(maps.Keys(pauses)), c.paused)
		})
	}
}

func TestALostAnswerIsTriedAgainAndMayTurnOutAsRefused(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(1)
	p.fault(wechatsim.Fault{Drop: true})
	p.deliverAll(p.courier(p.Store, 1))
	diff(t, "state", p.states(e), map[string]int{"refused 43101": 1})
	diff(t, "received", p.sim.SentCount(), 1)
}

func TestAMessageWithoutAnAnswerIsGivenUpInTheEnd(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(1)
	p.fault(wechatsim.Fault{ErrCode: -1, N: 100})
	ahead := time.Duration(0)
	for range maxTries {
		p.deliver(p.courier(p.Later(ahead), 1))
		ahead += 65 * time.Second
	}
	diff(t, "state", p.states(e), map[string]int{"dead -1": 1})
	diff(t, "notice", p.notice(e), store.Notice{Wanted: 1, Dead: 1, Done: true})
	diff(t, "calls", len(slices.DeleteFunc(p.sim.Log(), func(c wechatsim.Call) bool { return c.API != "subscribe_send" })), maxTries)
}

// TestAnOutageCostsNobodyHisMessage has WeChat down for longer than a message would be tried.
func TestAnOutageCostsNobodyHisMessage(t *testing.T) {
	t.Parallel()
	const n, lanes = 200, 25
	p := newPost(t)
	e, _ := p.canceled(n)
	p.fault(wechatsim.Fault{Status: 502, N: 1_000_000})
	sends := func() int {
		return len(slices.DeleteFunc(p.sim.Log(), func(c wechatsim.Call) bool { return c.API != "subscribe_send" }))
	}
	p.deliver(p.courier(p.Store, lanes))
	first := sends()
	if first < lanes || first > 3*lanes {
		t.Errorf("%d messages were sent to find out that nobody answers", first)
	}
	now, err := p.Store.Now(context.Background())
	must(t, err)
	if next, _, err := p.courier(p.Store, lanes).Next(context.Background(), now.Add(outage/2)); err != nil || !next.IsZero() {
		t.Errorf("next %v, %v: while WeChat rests, nothing is due", next, err)
	}
	p.deliver(p.courier(p.Store, lanes))
	diff(t, "messages while it rests", sends(), first)
	ahead := time.Duration(0)
	for i := range 2 * maxTries {
		ahead += outage + time.Second
		p.deliver(p.courier(p.Later(ahead), lanes))
		diff(t, "messages that find out", sends(), first+i+1)
	}
	must(t, p.sim.Fault(wechatsim.Fault{API: "jscode2session", Status: 502})) // of another call: it changes nothing
	p.sim.Heal("subscribe_send")
	ahead += outage + time.Second
	for range 10 { // those that were sent in vain wait a little longer
		p.deliver(p.courier(p.Later(ahead), lanes))
		ahead += 10 * time.Second
	}
	diff(t, "states", p.states(e), map[string]int{"sent": n})
	pauses, err := p.Store.Pauses(context.Background())
	must(t, err)
	diff(t, "pauses", len(pauses), 0)
}

func TestTheDaysQuotaIsWaitedForUntilTheNextDayInChina(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(50)
	p.fault(wechatsim.Fault{ErrCode: 45009, N: 10})
	p.deliver(p.courier(p.Store, 10))
	pauses, err := p.Store.Pauses(context.Background())
	must(t, err)
	until := pauses[""].Until.In(time.FixedZone("", 8*3600))
	if left := time.Until(until); until.Hour() != 0 || until.Minute() != 1 || left <= 0 || left > 24*time.Hour+time.Minute {
		t.Errorf("until %v", until)
	}
	p.deliver(p.courier(p.Later(time.Until(until)-time.Minute), 10))
	if n := p.states(e)["sent"]; n != 0 {
		t.Errorf("%d were sent before", n)
	}
	p.sim.Heal("subscribe_send")
	p.deliver(p.courier(p.Later(time.Until(until)+time.Second), 10))
	if n := p.states(e)["sent"]; n != 50 {
		t.Errorf("%d of 50 were sent on the next day", n)
	}
}

// TestATemplateThatWeChatRefusesStopsAlone has the participants' template wrong; the organiser's goes on.
func TestATemplateThatWeChatRefusesStopsAlone(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(100)
	p.fault(wechatsim.Fault{ErrCode: 47003, N: 1_000_000})
	c := p.courier(p.Store, 5)
	p.deliver(c)
	sent := len(p.sim.Log())
	p.deliver(c)
	if more := len(p.sim.Log()) - sent; more != 0 {
		t.Errorf("%d more messages of a template that rests", more)
	}
	p.sim.Heal("subscribe_send")
	p.organiserCredit("second", 1)
	held := p.heldAndCanceled("second")
	p.deliver(c)
	diff(t, "the organiser's", p.states(held), map[string]int{})
	diff(t, "received", p.sim.SentCount(), 0) // lists wait while a template rests, so that none of them is written down for nothing
	p.deliver(p.courier(p.Later(mending+time.Second), 5))
	diff(t, "the organiser's after it", p.states(held), map[string]int{"sent": 1})
	p.deliver(p.courier(p.Later(2*mending+2*time.Second), 5))
	diff(t, "states", p.states(e), map[string]int{"sent": 100})
}

// organiserCredit lets a user agree to reports.
func (p *post) organiserCredit(name string, n int) {
	p.t.Helper()
	must(p.t, p.sim.Subscribe(p.OpenID(name), report, n))
	id := p.User(name)
	p.exec(`INSERT INTO credits (user_id, template_id, credits) VALUES (?, ?, ?)`, id[:], []byte(report), n)
}

// heldAndCanceled is an event whose lock found it held; its organiser wants to hear of it.
func (p *post) heldAndCanceled(owner string) *lottery.Event {
	p.t.Helper()
	e := p.Event(owner, time.Hour, lottery.Prize{Name: "Cup", Quantity: 3})
	p.exec(`UPDATE events SET held = 1, notify_owner = 1 WHERE id = ?`, e.ID[:])
	later := p.Later(time.Hour)
	got, now, err := later.Event(context.Background(), e.ID)
	must(p.t, err)
	_, err = later.Lock(context.Background(), got, now, 0)
	must(p.t, err)
	p.exec(`UPDATE events SET tell_at_ms = 1 WHERE id = ?`, e.ID[:])
	return e
}

func TestWhoHasNotAgreedIsNotAskedAbout(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(3)
	p.exec(`UPDATE credits SET credits = 0`)
	p.deliver(p.courier(p.Store, 2))
	diff(t, "states", p.states(e), map[string]int{"refused no credit": 3})
	diff(t, "calls", len(p.sim.Log()), 0)
}

func TestNewsThatIsOldIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(3)
	p.deliver(p.courier(p.Later(maxAge+time.Minute), 2))
	diff(t, "states", p.states(e), map[string]int{"dead too old": 3})
	diff(t, "calls", len(p.sim.Log()), 0)
}

func TestATurnThatEndsEarlyLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	const n = 600
	p := newPost(t)
	e, _ := p.canceled(n)
	p.fault(wechatsim.Fault{LatencyMS: 20, N: 1_000_000})
	turns := 0
	for p.notice0(e).Sent < n {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		_, err := p.courier(p.Store, 10).Deliver(ctx, free)
		cancel()
		must(t, err)
		if turns++; turns > 200 {
			t.Fatal("it does not get on")
		}
	}
	if turns < 3 {
		t.Errorf("only %d turns: the test has not tried what it is about", turns)
	}
	diff(t, "states", p.states(e), map[string]int{"sent": n})
	diff(t, "received", p.sim.SentCount(), n)
	doubts, err := p.Store.Doubts(context.Background(), e.ID)
	must(t, err)
	diff(t, "doubts", doubts, 0)
}

// notice0 is the notice, or a zero one before it is there.
func (p *post) notice0(e *lottery.Event) store.Notice {
	p.t.Helper()
	n, _, err := p.Store.Notice(context.Background(), e.ID)
	must(p.t, err)
	return n
}

// TestWhatSomebodyLeftUnsaidIsSentAgainAndCounted claims messages as somebody does who is killed then.
func TestWhatSomebodyLeftUnsaidIsSentAgainAndCounted(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(30)
	killed, err := p.Store.ClaimDeliveries(context.Background(), [16]byte{1}, store.Templates{Participant: result}, 10, true)
	must(t, err)
	diff(t, "claimed", len(killed.Deliveries), 10)
	c := p.courier(p.Store, 5)
	p.deliver(c)
	diff(t, "sent while the claim lasts", p.states(e)["sent"], 20)
	p.deliver(p.courier(p.Later(store.DeliveryLease+time.Second), 5))
	diff(t, "sent after it", p.states(e)["sent"], 30)
	doubts, err := p.Store.Doubts(context.Background(), e.ID)
	must(t, err)
	diff(t, "doubts", doubts, 10)
}

func TestOneCourierAtATimeHasTheTurn(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(5)
	mine, err := p.Store.TakeTurn(context.Background(), turn, [16]byte{9}, turnLife)
	must(t, err)
	if !mine {
		t.Fatal("the turn is not free")
	}
	c := p.courier(p.Store, 2)
	diff(t, "somebody else's turn", p.deliver(c), Count{})
	now, err := p.Store.Now(context.Background())
	must(t, err)
	if next, _, err := c.Next(context.Background(), now.Add(time.Minute)); err != nil || !next.IsZero() {
		t.Errorf("next %v, %v: it is somebody else's", next, err)
	}
	diff(t, "after he has died", p.deliver(p.courier(p.Later(turnLife+time.Second), 2)), Count{Sent: 5})
	diff(t, "states", p.states(e), map[string]int{"sent": 5})
}

func TestNothingIsBegunWhileTheDrawsAreAtWork(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.canceled(5)
	c := p.courier(p.Store, 2)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	n, err := c.Deliver(ctx, func() bool { return true })
	must(t, err)
	diff(t, "while it holds", n.Sent+len(p.sim.Log()), 0)
	diff(t, "afterwards", p.deliver(c).Sent, 5)
}

// TestAnEventThatCannotBeListedHoldsNobodyUp makes one that no rule of ours lets be: the organiser among his participants.
func TestAnEventThatCannotBeListedHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	bad := p.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
	owner := p.User("owner")
	p.exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at, notify) VALUES (?, ?, ?, 1, 1)`, bad.ID[:], make16(1), owner[:])
	p.exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at, notify) VALUES (?, ?, ?, 1, 1)`, bad.ID[:], make16(2), owner[:])
	p.cancel(bad, "owner")
	good, _ := p.canceled(3)
	p.deliver(p.courier(p.Store, 2))
	diff(t, "the others", p.states(good), map[string]int{"sent": 3})
}

func make16(b byte) []byte { return append(make([]byte, 15), b) }

func TestWithoutTemplatesWhatThereIsToTellIsForgotten(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(3)
	next, _, err := Nobody{p.Store}.Next(context.Background(), time.Now().Add(time.Hour))
	must(t, err)
	if !next.IsZero() {
		t.Errorf("next %v", next)
	}
	p.deliver(p.courier(p.Store, 2))
	diff(t, "states", p.states(e), map[string]int{})
}

// panicking is a Sender that panics at its first message.
type panicking struct {
	Sender
	once sync.Once
}

func (p *panicking) Send(ctx context.Context, m wechat.Message) (err error) {
	first := false
	p.once.Do(func() { first = true })
	if first {
		panic("ouch")
	}
	return p.Sender.Send(ctx, m)
}

func TestAPanicStaysWithItsMessage(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(5)
	p.deliver(p.carrying(p.Store, &panicking{Sender: p.client}, 2))
	diff(t, "states", p.states(e), map[string]int{"sent": 4, "waiting panic": 1})
	p.deliver(p.courier(p.Later(2*time.Second), 2))
	diff(t, "states afterwards", p.states(e), map[string]int{"sent": 5})
}

func TestTheRateIsKept(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(60)
	c := p.courier(p.Store, 20)
	c.limiter.SetLimit(10)
	c.limiter.SetBurst(1)
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := c.Deliver(ctx, free)
	must(t, err)
	if n, most := p.states(e)["sent"], int(10*time.Since(begin).Seconds())+2; n > most {
		t.Errorf("%d messages were sent where %d are allowed", n, most)
	}
}

// TestWhatIsNotSentDoesNotWaitForTheRate has a rate that would take a minute.
func TestWhatIsNotSentDoesNotWaitForTheRate(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	e, _ := p.canceled(60)
	p.exec(`UPDATE credits SET credits = 0`)
	c := p.courier(p.Store, 2)
	c.limiter.SetLimit(1)
	c.limiter.SetBurst(1)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := c.Deliver(ctx, free)
	must(t, err)
	diff(t, "states", p.states(e), map[string]int{"refused no credit": 60})
}
