package main

import (
	"context"
	"net/http"

	"wxlottery/shared/api"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

type server struct {
	store    *store.Store
	sessions *session.Sessions
	wechat   *wechat.Client
}

func (s *server) routes() api.Routes {
	return api.Routes{
		"POST /login":   api.Public(s.logIn),
		"PATCH /login":  api.User(s.sessions, s.rename),
		"PUT /login":    api.User(s.sessions, s.rename), // wx.request has no PATCH
		"DELETE /login": api.User(s.sessions, s.logOut),
	}
}

type loginRequest struct {
	Code string `json:"code"`
}

type loginAnswer struct {
	Token     string `json:"token"`
	ExpiresIn int64  `json:"expires_in"` // seconds
	IsNew     bool   `json:"is_new"`
}

func (s *server) logIn(ctx context.Context, _ *http.Request, in loginRequest) (api.Answer, error) {
	who, err := s.wechat.Code2Session(ctx, in.Code)
	if err != nil {
		return api.Answer{}, err
	}
	user, isNew, err := s.store.UserByOpenID(ctx, who.OpenID)
	if err != nil {
		return api.Answer{}, err
	}
	if !isNew {
		s.recheckName(ctx, user, who.OpenID)
	}
	token, expiresIn, err := s.sessions.Create(ctx, session.Identity{UserID: user.String(), OpenID: who.OpenID})
	if err != nil {
		return api.Answer{}, err
	}
	return api.OK(loginAnswer{token, int64(expiresIn.Seconds()), isNew}), nil
}

type nameBody struct {
	Name string `json:"name"`
}

type nameAnswer struct {
	Name string `json:"name"`
	Held bool   `json:"held,omitempty"` // the text check has not passed it: nobody else sees it
}

func (s *server) rename(ctx context.Context, caller api.Caller, _ *http.Request, in nameBody) (api.Answer, error) {
	name, err := lottery.DisplayName(in.Name)
	if err != nil {
		return api.Answer{}, err
	}
	verdict := s.check(ctx, caller.OpenID, name)
	if verdict == wechat.Risky {
		return api.Answer{}, lottery.ErrText
	}
	held := verdict != wechat.Pass
	if err := s.store.Rename(ctx, caller.User, name, held); err != nil {
		return api.Answer{}, err
	}
	return api.OK(nameAnswer{name, held}), nil
}

func (s *server) logOut(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	switch all := r.URL.Query()["all"]; {
	case len(all) == 0, len(all) == 1 && all[0] == "false":
		return api.NoContent(), s.sessions.Revoke(ctx, caller.Token)
	case len(all) == 1 && all[0] == "true":
		return api.NoContent(), s.sessions.RevokeAll(ctx, session.Identity{UserID: caller.User.String(), OpenID: caller.OpenID})
	}
	return api.Answer{}, fault.Invalid("all", "all must be true or false, once")
}
