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
	now      func() time.Time
}

// New makes the handler of function join. A join or leave ends within budget (lottery.JoinBudget).
func New(db *store.Store, sessions *session.Sessions, keys *lottery.Keyring, budget time.Duration) http.Handler {
	return (&server{store: db, sessions: sessions, keys: keys, budget: budget, now: time.Now}).routes().Handler()
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
	Ticket   vdraw.Ticket `json:"ticket"`
	JoinedAt string       `json:"joined_at"`
	Notify   bool         `json:"notify"`
}

func view(p store.Participation) participation {
	return participation{p.Ticket, p.JoinedAt.Format(time.RFC3339), p.Notify}
}

func (s *server) join(ctx context.Context, caller api.Caller, r *http.Request, in joinRequest) (api.Answer, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return api.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.budget)
	defer cancel()
	p, created, err := s.store.Join(ctx, id, s.entrant(caller, id), in.Notify, s.now())
	if err != nil {
		return api.Answer{}, err
	}
	if created {
		return api.Created(view(p)), nil
	}
	return api.OK(view(p)), nil
}

func (s *server) get(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return api.Answer{}, err
	}
	p, err := s.store.Participation(ctx, id, s.entrant(caller, id))
	return api.OK(view(p)), err
}

func (s *server) leave(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return api.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.budget)
	defer cancel()
	return api.NoContent(), s.store.Leave(ctx, id, s.entrant(caller, id), s.now())
}

func (s *server) entrant(caller api.Caller, id lottery.EventID) store.Entrant {
	return store.Entrant{User: caller.User, Version: s.keys.Current(), Ticket: func(version int) (vdraw.Ticket, error) {
		return s.keys.Ticket(version, id, caller.OpenID)
	}}
}
