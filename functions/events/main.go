// Function events creates, shows, lists and cancels lotteries, and shows their winners and the proofs of their draws.
package main

import (
	"context"
	"net/http"

	"wxlottery/shared/cloud"
	"wxlottery/shared/config"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/setup"
)

type settings struct {
	Database config.Database
	Redis    config.Redis
	Keys     config.Keys
	Rules    config.Rules
}

func main() {
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
	terms := lottery.Terms{LockLead: cfg.Rules.LockLead, MinLead: cfg.Rules.MinLead, Chain: setup.NewEvents(cfg.Rules, chains)}
	rdb := session.Open(session.RedisOptions(cfg.Redis))
	return (&server{
		store: db, sessions: session.New(rdb, session.Options{}), counts: counts{rdb, db}, keys: keys, terms: terms, chains: chains,
	}).routes().Handler(), nil
}
