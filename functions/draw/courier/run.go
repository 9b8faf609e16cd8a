package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/message"
	"wxlottery/shared/pause"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

// run is one turn of a courier. Messages go from the clerk, who claims them, through as many lanes as may be on their way at once
// to the recorder. A slot is held from when a message is handed out until its outcome is recorded: a kill leaves no more
// messages than slots of which nobody knows whether they were sent.
type run struct {
	*Courier
	hold   func() bool
	token  [16]byte
	events map[lottery.EventID]*lottery.Event
	slots  chan struct{}
	work   chan letter
	done   chan store.Outcome

	mu     sync.Mutex
	pauses pauses
	silent int  // messages in a row without an answer
	probe  bool // nobody has answered since the last pause: one message at a time
	failed error
	count  Count // the recorder's, until deliver returns
}

// letter is a message and the event it tells of.
type letter struct {
	store.Delivery
	event *lottery.Event
}

// maxAge is how long after its event's end a message is still news.
const maxAge = 48 * time.Hour

func (r *run) deliver(ctx context.Context) error {
	known, err := r.store.Pauses(ctx)
	if err != nil {
		return err
	}
	now, err := r.store.Now(ctx)
	if err != nil {
		return err
	}
	r.pauses = r.Courier.pauses(known, now)
	if r.pauses.all.After(now) {
		return nil
	}
	r.probe = r.pauses.probing
	r.events = map[lottery.EventID]*lottery.Event{}
	r.slots = make(chan struct{}, r.options.Concurrency)
	r.work = make(chan letter)
	r.done = make(chan store.Outcome, r.options.Concurrency)
	var lanes, recorder sync.WaitGroup
	for range r.options.Concurrency {
		lanes.Go(func() { r.lane(ctx) })
	}
	recorder.Go(func() { r.record(ctx) })
	err = r.clerkOrSay(ctx)
	close(r.work)
	lanes.Wait()
	close(r.done)
	recorder.Wait()
	if err == nil {
		err = r.failed
	}
	return err
}

// clerkOrSay makes an error of a panic, so that lanes and recorder end in order.
func (r *run) clerkOrSay(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("courier: panic: %v", p)
		}
	}()
	return r.clerk(ctx)
}

// clerk hands out what is due until nothing is.
func (r *run) clerk(ctx context.Context) error {
	for ctx.Err() == nil {
		// A claim is not longer than what can be sent while it lasts.
		limit := min(4*r.options.Concurrency, max(1, r.options.Rate*int(claimTime/time.Second)))
		if r.probing() {
			limit = 1
		}
		claimed := time.Now()
		post, err := r.claim(ctx, limit)
		if err != nil {
			return errors.Join(ignoreEnd(ctx, err), r.giveBack(ctx, post.Deliveries))
		}
		if len(post.Deliveries) == 0 {
			return nil
		}
		for i, d := range post.Deliveries {
			if !r.handOut(ctx, claimed, post.Now, d) {
				return r.giveBack(ctx, post.Deliveries[i:])
			}
		}
		r.awaitProbe(ctx)
		if r.stopped() {
			return nil
		}
	}
	return nil
}

// awaitProbe waits for the one message that finds out whether WeChat is there.
func (r *run) awaitProbe(ctx context.Context) {
	for r.probing() && len(r.slots) > 0 && pause.For(ctx, 5*time.Millisecond) {
	}
}

// claimWithin is how long a claim may take: if the time is up meanwhile, what it brings can still be given back.
const claimWithin = Reserve - farewell - time.Second

// claimTime is how long handing out a claim may take; what is begun later would outlive the lease.
const claimTime = store.DeliveryLease - sendTime - farewell

// ignoreEnd is err, unless it says only that the time is up.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// claim takes messages and reads their events, in time of its own: a claim that was cut off would hold what nobody sends.
func (r *run) claim(ctx context.Context, limit int) (store.Post, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimWithin)
	defer cancel()
	r.mu.Lock()
	fresh := !r.pauses.any()
	r.mu.Unlock()
	post, err := r.store.ClaimDeliveries(ctx, r.token, r.templates, limit, fresh)
	for _, fault := range post.Faults {
		slog.ErrorContext(ctx, "list whom to tell", "request_id", cloud.RequestID(ctx), "error", fault.Error())
	}
	if err != nil {
		return post, err
	}
	var unknown []lottery.EventID
	for _, d := range post.Deliveries {
		if _, known := r.events[d.Event]; !known {
			r.events[d.Event] = nil
			unknown = append(unknown, d.Event)
		}
	}
	if len(unknown) == 0 {
		return post, nil
	}
	events, _, err := r.store.EventsByID(ctx, unknown)
	for id, e := range events {
		r.events[id] = e
	}
	return post, err
}

// handOut gives a message to a lane as soon as it may be begun, or straight to the recorder where it is not to be sent. It is false
// where there is no time left for it. claimed is this machine's clock, at the database's at.
func (r *run) handOut(ctx context.Context, claimed, at time.Time, d store.Delivery) bool {
	select {
	case <-ctx.Done():
		return false
	case r.slots <- struct{}{}:
	}
	if o, ended := r.unsent(at.Add(time.Since(claimed)), d); ended {
		r.done <- o
		return true
	}
	if !r.begin(ctx, claimed) {
		<-r.slots
		return false
	}
	r.work <- letter{d, r.events[d.Event]}
	return true
}

// begin waits until one more message may be begun, for the draws and for the rate, and says whether there is time left.
func (r *run) begin(ctx context.Context, claimed time.Time) bool {
	held := r.hold()
	for held && pause.For(ctx, 5*time.Millisecond) {
		held = r.hold()
	}
	return !held && ctx.Err() == nil && r.limiter.Wait(ctx) == nil && time.Since(claimed) <= claimTime && !r.stopped()
}

// unsent is the outcome of a message that is not sent.
func (r *run) unsent(now time.Time, d store.Delivery) (store.Outcome, bool) {
	o := store.Outcome{Delivery: d}
	switch until := r.paused(d); {
	case r.events[d.Event] == nil:
		o.State, o.Reason = store.Dead, "event unreadable"
	case now.Sub(d.EndedAt) > maxAge:
		o.State, o.Reason = store.Dead, "too old"
	case r.template(d).IsZero():
		o.State, o.Reason = store.Dead, "no template"
	case d.Credits == 0:
		o.State, o.Reason = store.Refused, "no credit"
	case until.After(now):
		o.Pause, o.Reason = until.Sub(now), "template paused"
	default:
		return o, false
	}
	return o, true
}

func (r *run) template(d store.Delivery) message.Template {
	if d.Organiser {
		return r.options.Organiser
	}
	return r.options.Participant
}

// lane sends one message after the other.
func (r *run) lane(ctx context.Context) {
	for l := range r.work {
		r.done <- r.attempt(ctx, l)
	}
}

// attempt sends a message and says what became of it. A panic stays with its message, like an answer that nobody knows.
func (r *run) attempt(ctx context.Context, l letter) (o store.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "message", "request_id", cloud.RequestID(ctx), "event", l.Event.String(), "error", fmt.Sprintf("panic: %v", p))
			o = store.Outcome{Delivery: l.Delivery, Reason: "panic"}
			again(&o, time.Second<<l.Tries)
		}
	}()
	return r.judge(ctx, l.Delivery, r.send(ctx, l))
}

// send sends a message, in time of its own: what has begun is not cut off.
func (r *run) send(ctx context.Context, l letter) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer cancel()
	facts := message.ToParticipant(l.event, l.Place)
	if l.Organiser {
		facts = message.ToOrganiser(l.event)
	}
	t := r.template(l.Delivery)
	return r.sender.Send(ctx, wechat.Message{
		OpenID: l.OpenID, Template: t.ID, Page: r.options.Page + "?id=" + l.Event.String(), Data: t.Fill(facts), State: r.options.State,
	})
}

// record writes down what became of messages, as many at once as there are, and frees their slots.
func (r *run) record(ctx context.Context) {
	for o := range r.done {
		some := []store.Outcome{o}
		for more := true; more && len(some) < cap(r.done); {
			select {
			case o, open := <-r.done:
				if more = open; open {
					some = append(some, o)
				}
			default:
				more = false
			}
		}
		if err := r.settle(ctx, some); err != nil {
			r.fail(err)
		}
		for range some {
			<-r.slots
		}
	}
}

// settle tries to record for a while: what is not recorded will be sent again.
func (r *run) settle(ctx context.Context, some []store.Outcome) (err error) {
	patience := 10 * time.Second
	if ctx.Err() != nil {
		patience = farewell
	}
	for begin, wait := time.Now(), 50*time.Millisecond; time.Since(begin) < patience; wait *= 2 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		err = r.store.Settle(ctx, r.token, r.templates, some)
		cancel()
		if err == nil {
			r.add(some)
			return nil
		}
		time.Sleep(wait)
	}
	return err
}

func (r *run) add(some []store.Outcome) {
	for _, o := range some {
		switch o.State {
		case store.Sent:
			r.count.Sent++
		case store.Refused:
			r.count.Refused++
		case store.Dead:
			r.count.Dead++
		default:
			r.count.Again++
		}
	}
}

// giveBack lets others have what was claimed and not begun.
func (r *run) giveBack(ctx context.Context, rest []store.Delivery) error {
	if len(rest) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	var some []store.Outcome
	for _, d := range rest {
		some = append(some, store.Outcome{Delivery: d})
	}
	return r.store.Settle(ctx, r.token, r.templates, some)
}
