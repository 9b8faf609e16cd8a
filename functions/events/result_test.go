package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/servicetest"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

func (b *bench) finish(t *testing.T, e *lottery.Event, later time.Duration, draw bool) {
	t.Helper()
	ctx, s := context.Background(), b.Later(later)
	b.lock(t, e, later)
	list, err := s.List(ctx, e, func(uint64) error { return nil })
	must(t, err)
	now, err := s.Now(ctx)
	must(t, err)
	record, err := e.Freeze(list.Count(), list.Root(), b.Keys, &b.chain, now)
	must(t, err)
	_, err = s.Freeze(ctx, e.ID, record, list.Pages(), time.Second)
	must(t, err)
	if draw {
		b.open(t, e, later)
	}
}

// open draws a frozen event.
func (b *bench) open(t *testing.T, e *lottery.Event, later time.Duration) {
	t.Helper()
	ctx, s := context.Background(), b.Later(later)
	e, now, err := s.Event(ctx, e.ID)
	must(t, err)
	result, picks, err := e.Draw(b.Keys, b.signature(e))
	must(t, err)
	winners, err := s.Entries(ctx, e, picks)
	must(t, err)
	done, err := s.Open(ctx, e, now, result, winners)
	must(t, err)
	if !done {
		t.Fatal("not drawn")
	}
}

func TestTheResultIsShownAndCanBeRecomputed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Pot", Quantity: 1}, lottery.Prize{Name: "Cup", Quantity: 4})
	b.Join(e, "alice", "bob", "carol")
	path := "GET /events/" + e.ID.String()
	b.Call(path+"/winners", "", nil).Want(t, "winners before the lock", 409, "not_drawn_yet")
	b.finish(t, e, 61*time.Minute, false)
	var locked, drawn eventView
	c := b.at(61 * time.Minute)
	c.Call(path, "", nil).Want(t, "locked", 200, "").Into(t, &locked)
	if l := locked.Fairness.Lock; locked.Status != "opening" || l == nil || l.Secret != nil || l.Count != 3 || locked.Participants != 3 {
		t.Fatalf("%+v", locked)
	}
	c.Call(path+"/winners", "", nil).Want(t, "winners after the lock", 409, "not_drawn_yet")
	b.open(t, e, 61*time.Minute)
	e, _, err := b.Store.Event(context.Background(), e.ID)
	must(t, err)
	c.Call(path, b.Token("bob"), nil).Want(t, "drawn", 200, "").Into(t, &drawn)
	if drawn.Status != "opened" || drawn.Undrawn != 2 || !drawn.Late || drawn.Me.Prize == "" || drawn.Me.Ticket == "" || drawn.DrawnAt == "" {
		t.Errorf("%+v", drawn)
	}
	recheck(t, b, e, drawn)
	var first, rest winnerList
	c.Call(path+"/winners?limit=2", "", nil).Want(t, "winners", 200, "").Into(t, &first)
	c.Call(path+"/winners?limit=2&cursor="+first.Next, "", nil).Want(t, "more winners", 200, "").Into(t, &rest)
	all := slices.Concat(first.Winners, rest.Winners)
	if len(all) != 3 || rest.Next != "" || all[0].Prize != "Pot" || all[1].Prize != "Cup" || all[2].Place != 3 {
		t.Errorf("%+v", all)
	}
	c.Call(path+"/winners?limit=100000", "", nil).Want(t, "a limit above the maximum", 200, "")
}

func recheck(t *testing.T, b *bench, e *lottery.Event, v eventView) {
	t.Helper()
	var tickets []vdraw.Ticket
	for _, name := range []string{"alice", "bob", "carol"} {
		ticket, _ := b.Keys.Ticket(1, e.ID, b.OpenID(name))
		tickets = append(tickets, ticket)
	}
	slices.SortFunc(tickets, func(x, y vdraw.Ticket) int { return slices.Compare(x[:], y[:]) })
	var list vdraw.List
	for _, ticket := range tickets {
		must(t, list.Add(ticket))
	}
	lock := v.Fairness.Lock
	secret, _ := hex.DecodeString(*lock.Secret)
	key, _ := hex.DecodeString(v.Fairness.OperatorKey)
	sig, _ := hex.DecodeString(lock.Sig)
	switch {
	case list.Root() != lock.Root:
		t.Error("the root is not that of the participants")
	case vdraw.Commit(e.ID, [32]byte(secret)) != v.Fairness.Commit:
		t.Error("the secret does not open the commitment")
	case vdraw.LockDigest(v.Fairness.Manifest, lock.Count, lock.Root) != lock.Digest:
		t.Error("the lock digest does not follow")
	case !vdraw.VerifyLock(ed25519.PublicKey(key), lock.Digest, sig):
		t.Error("the lock record is not signed by the operator key")
	case vdraw.Seed(lock.Digest, [32]byte(secret), vdraw.Digest{}) != *v.Fairness.Seed:
		t.Error("the seed does not follow")
	}
	shown, err := b.Store.Winners(context.Background(), e.ID, 0, 10)
	must(t, err)
	for i, pick := range vdraw.Picks(*v.Fairness.Seed, lock.Count, 5) {
		if shown[i].Ticket != tickets[pick] {
			t.Errorf("place %d is not who the seed picks", i+1)
		}
	}
}

func TestNobodyJoinedIsAResultToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 3})
	b.finish(t, e, 61*time.Minute, true)
	var v eventView
	b.Call("GET /events/"+e.ID.String(), "", nil).Want(t, "get", 200, "").Into(t, &v)
	if v.Status != "opened" || v.Participants != 0 || v.Undrawn != 3 {
		t.Errorf("%+v", v)
	}
	if a := b.Call("GET /events/"+e.ID.String()+"/winners", "", nil).Want(t, "winners", 200, ""); strings.TrimSpace(a.Text) != `{"winners":[]}` {
		t.Error(a.Text)
	}
}

func TestWinnersOfACanceledEventAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.Token("owner")
	e := b.create(t, token)
	b.Call("POST /events/"+e.ID+"/cancel", token, nil).Want(t, "cancel", 200, "")
	b.Call("GET /events/"+e.ID+"/winners", "", nil).Want(t, "winners", 409, "event_canceled")
}

func TestCountsMayLagButAreExactAfterTheLock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.Event("owner", time.Hour, lottery.Prize{Name: "Cup", Quantity: 1})
	count := func(c *servicetest.Client) uint64 {
		var v eventView
		c.Call("GET /events/"+e.ID.String(), "", nil).Want(t, "get", 200, "").Into(t, &v)
		return v.Participants
	}
	if n := count(b.Client); n != 0 {
		t.Fatal(n)
	}
	b.Join(e, "alice", "bob")
	if ttl := b.Redis.PTTL(context.Background(), countKey(e)).Val(); ttl <= 0 || ttl > 2*time.Second {
		t.Errorf("the hint lives for %s", ttl)
	}
	must(t, b.Redis.Del(context.Background(), countKey(e)).Err())
	if n := count(b.Client); n != 2 {
		t.Errorf("%d after the hint is gone", n)
	}
	b.Join(e, "carol")
	b.lock(t, e, 59*time.Minute+2*time.Second)
	for range 2 { // counted, and then remembered
		if n := count(b.Client); n != 3 {
			t.Errorf("%d after the lock", n)
		}
	}
	locked, _, err := b.Store.Event(context.Background(), e.ID)
	must(t, err)
	if ttl := b.Redis.PTTL(context.Background(), countKey(locked)).Val(); ttl < time.Minute {
		t.Errorf("a count that cannot change any more is remembered for %s", ttl)
	}
}

// lock takes the lock as a worker would when a while has passed.
func (b *bench) lock(t *testing.T, e *lottery.Event, later time.Duration) {
	t.Helper()
	s := b.Later(later)
	now, err := s.Now(context.Background())
	must(t, err)
	_, err = s.Lock(context.Background(), e, now, time.Second)
	must(t, err)
}
