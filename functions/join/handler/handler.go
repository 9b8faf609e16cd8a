// Package handler answers the calls under /join: it lets a user into a lottery, once, and out of it again.
package handler

import (
	"context"
	"net/http"
	"time"

	"wxlottery/shared/api"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

type server struct {
	store    *store.Store
	sessions *session.Sessions
	keys     *lottery.Keyring
	budget   time.Duration // a join or leave ends within it, so that none outlives the grace after the lock
	template string        // of the messages that participants may agree to; "": none are sent
	now      func() time.Time
}

// New makes the handler of function join. A join or leave ends within budget (lottery.JoinBudget). template is the id of the
// messages that participants may agree to, "" where none are sent.
func New(db *store.Store, sessions *session.Sessions, keys *lottery.Keyring, budget time.Duration, template string) http.Handler {
	return (&server{store: db, sessions: sessions, keys: keys, budget: budget, template: template, now: time.Now}).routes().Handler()
}

func (s *server) routes() api.Routes {
	return api.Routes{
		"POST /join/{id}":   api.User(s.sessions, s.join),
		"GET /join/{id}":    api.User(s.sessions, s.get),
		"DELETE /join/{id}": api.User(s.sessions, s.leave),
	}
}

type joinRequest struct {
	Notify bool `json:"notify"`
}

// OptionalBody lets a join without wishes have no body.
func (joinRequest) OptionalBody() {}

type participation struct {
	Ticket       vdraw.Ticket  `json:"ticket"`
	Receipt      vdraw.Receipt `json:"receipt"`
	JoinedAt     string        `json:"joined_at"`
	Notify       bool          `json:"notify"`
	*vdraw.Place               // in the frozen list, from the lock on
}

func (s *server) view(o store.Origin, p store.Participation) (participation, error) {
	receipt, err := s.keys.Receipt(o.KeyVersion, o.Manifest, p.Ticket, p.JoinedAt.Unix())
	return participation{Ticket: p.Ticket, Receipt: receipt, JoinedAt: p.JoinedAt.Format(time.RFC3339), Notify: p.Notify}, err
}

func (s *server) join(ctx context.Context, caller api.Caller, r *http.Request, in joinRequest) (api.Answer, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return api.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.budget)
	defer cancel()
	origin, err := s.store.Origin(ctx, id) // first, so that nothing is left to fail once he has joined
	if err != nil {
		return api.Answer{}, err
	}
	p, created, err := s.store.Join(ctx, id, s.entrant(caller, id, origin), in.Notify, s.now())
	if err != nil {
		return api.Answer{}, err
	}
	v, err := s.view(origin, p)
	if created {
		return api.Created(v), err
	}
	return api.OK(v), err
}

func (s *server) get(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return api.Answer{}, err
	}
	origin, err := s.store.Origin(ctx, id)
	if err != nil {
		return api.Answer{}, err
	}
	p, e, err := s.store.Participation(ctx, id, s.entrant(caller, id, origin))
	if err != nil {
		return api.Answer{}, err
	}
	v, err := s.view(origin, p)
	if err != nil || e.Record == nil {
		return api.OK(v), err
	}
	place, err := s.store.PlaceOf(ctx, e, p.Ticket)
	v.Place = &place
	return api.OK(v), err
}

func (s *server) leave(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return api.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.budget)
	defer cancel()
	origin, err := s.store.Origin(ctx, id)
	if err != nil {
		return api.Answer{}, err
	}
	return api.NoContent(), s.store.Leave(ctx, id, s.entrant(caller, id, origin), s.now())
}

func (s *server) entrant(caller api.Caller, id lottery.EventID, o store.Origin) store.Entrant {
	return store.Entrant{User: caller.User, Version: o.KeyVersion, Template: s.template, Ticket: func(version int) (vdraw.Ticket, error) {
		return s.keys.Ticket(version, id, caller.OpenID)
	}}
}
