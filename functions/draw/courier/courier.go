// Package courier tells users by WeChat message what became of the events they joined or held. The database knows whom there is
// to tell, and what became of each message; a courier claims messages, sends them and records it. One courier at a time has the
// turn, so that the bounds hold for all instances together. Whoever is killed leaves claims that run out: a message comes twice
// only if it was on its way then, and never not at all.
package courier

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"wxlottery/shared/cloud"
	"wxlottery/shared/message"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

// Sender sends one message once; *wechat.Client is one. wechat.FateOf understands its errors.
type Sender interface {
	Send(ctx context.Context, m wechat.Message) error
}

// Options are what messages look like and how they are sent.
type Options struct {
	Participant message.Template // to those who joined; zero: they are told by nothing but the inbox
	Organiser   message.Template // to organisers
	Page        string           // that shows an event, by the query id
	State       string           // of the mini program: formal, trial or developer
	Concurrency int              // messages on their way at once, at least 1
	Rate        int              // messages a second, at least 1
}

// Courier delivers messages. It is safe for concurrent use, and needs two connections of its store.
type Courier struct {
	store     *store.Store
	sender    Sender
	options   Options
	templates store.Templates
	limiter   *rate.Limiter
}

// New makes a courier.
func New(db *store.Store, sender Sender, o Options) *Courier {
	return &Courier{
		store: db, sender: sender, options: o,
		templates: store.Templates{Participant: o.Participant.ID, Organiser: o.Organiser.ID},
		limiter:   rate.NewLimiter(rate.Limit(o.Rate), max(1, o.Rate/10)),
	}
}

// Nobody is who delivers where no messages are sent: what there is to tell is forgotten, so that it does not come all at once when
// messages are turned on.
type Nobody struct{ Store *store.Store }

// Next forgets what there is to tell.
func (n Nobody) Next(ctx context.Context, _ time.Time) (next, now time.Time, err error) {
	return next, now, n.Store.Hush(ctx)
}

// Deliver is never called, since Next never has anything.
func (n Nobody) Deliver(context.Context, func() bool) (Count, error) { return Count{}, nil }

// turn is the name of the turn that one courier at a time has.
const turn = "deliver"

const (
	turnLife = 15 * time.Second
	// sendTime is how long a message takes at most: three calls, since its token may have to be renewed, and a second try.
	sendTime = 9 * time.Second
	// farewell is how long it takes at most to record what became of the last ones.
	farewell = 2 * time.Second
)

// Reserve is how much time a courier needs after its context has ended: for messages on their way and for the records.
const Reserve = sendTime + farewell

// Count is what a courier did.
type Count struct{ Sent, Refused, Dead, Again int }

// Next says when there is next something to send before an instant on the database's clock, and what that clock says; a zero next
// is not before then, or it is somebody else's turn.
func (c *Courier) Next(ctx context.Context, until time.Time) (next, now time.Time, err error) {
	m, err := c.store.Mail(ctx, turn, until)
	if err != nil || m.Taken || m.Lists.IsZero() && m.Due.IsZero() {
		return time.Time{}, m.Now, err
	}
	pauses, err := c.store.Pauses(ctx)
	if err != nil {
		return time.Time{}, m.Now, err
	}
	p := c.pauses(pauses, m.Now)
	if next = m.Due; !m.Lists.IsZero() {
		if lists := later(m.Lists, p.lists()); next.IsZero() || lists.Before(next) {
			next = lists
		}
	}
	if next = later(next, p.all); next.After(until) {
		next = time.Time{}
	}
	return next, m.Now, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Deliver sends what is due until nothing is, or ctx ends; then it takes up to Reserve. While hold says so, it begins nothing
// new. It does nothing when it is somebody else's turn.
func (c *Courier) Deliver(ctx context.Context, hold func() bool) (Count, error) {
	r := &run{Courier: c, hold: hold}
	rand.Read(r.token[:])
	mine, err := c.store.TakeTurn(ctx, turn, r.token, turnLife)
	if err != nil || !mine {
		return Count{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		defer stop()
		r.keepTurn(ctx)
	}()
	err = r.deliver(ctx)
	stop()
	<-kept
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	return r.count, errors.Join(err, c.store.EndTurn(ctx, turn, r.token))
}

// keepTurn renews the turn until ctx ends or it is lost.
func (r *run) keepTurn(ctx context.Context) {
	for lasts := time.Now().Add(turnLife); ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(turnLife / 3):
		}
		begun := time.Now()
		mine, err := r.store.TakeTurn(ctx, turn, r.token, turnLife)
		switch {
		case err == nil && mine:
			lasts = begun.Add(turnLife)
		case err == nil || time.Now().After(lasts):
			slog.WarnContext(ctx, "the turn to deliver is lost", "request_id", cloud.RequestID(ctx))
			return
		}
	}
}
