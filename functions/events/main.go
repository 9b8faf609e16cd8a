// Function events creates, shows, lists and cancels lotteries, and shows their winners and the proofs of their draws.
package main

import (
	"context"
	"net/http"
	"time"

	"wxlottery/shared/cloud"
	"wxlottery/shared/config"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/setup"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

type settings struct {
	Database config.Database
	Redis    config.Redis
	Keys     config.Keys
	Rules    config.Rules
	Platform config.Platform
	Messages config.Messages
}

func main() {
	cloud.Count("queries", store.Statements)
	cloud.StartHTTP(cloud.Lazy(open))
}

// open makes the handler from its configuration. Neither database nor Redis is dialed before it is needed.
func open(ctx context.Context) (http.Handler, error) {
	cfg, err := setup.Load[settings](ctx)
	if err != nil {
		return nil, err
	}
	keys, err := setup.Keys(cfg.Keys)
	if err != nil {
		return nil, err
	}
	db, err := setup.Store(cfg.Database, 0)
	if err != nil {
		return nil, err
	}
	chains, err := setup.Chains(cfg.Rules)
	if err != nil {
		return nil, err
	}
	participant, organiser, err := setup.Messages(cfg.Messages)
	if err != nil {
		return nil, err
	}
	rdb := session.Open(session.RedisOptions(cfg.Redis))
	srv := &server{
		store: db, sessions: session.New(rdb, session.Options{}), counts: counts{rdb, db}, keys: keys, chains: chains,
		terms:     lottery.Terms{LockLead: cfg.Rules.LockLead, MinLead: cfg.Rules.MinLead, Chain: setup.NewEvents(cfg.Rules, chains)},
		templates: store.Templates{Participant: participant.ID, Organiser: organiser.ID},
		page:      cfg.Platform.Page, version: cfg.Platform.Version, now: time.Now,
	}
	if p := cfg.Platform; p.On() {
		tokens := wechat.NewRedisTokens(rdb, p.AppID)
		if srv.platform, err = wechat.New(wechat.Config{AppID: p.AppID, Secret: p.Secret, BaseURL: p.BaseURL, Tokens: tokens}); err != nil {
			return nil, err
		}
	}
	return srv.routes().Handler(), nil
}
