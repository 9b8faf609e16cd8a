// Function join lets a user into a lottery, once, and out of it again.
package main

import (
	"context"
	"net/http"

	"wxlottery/functions/join/handler"
	"wxlottery/shared/cloud"
	"wxlottery/shared/config"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/setup"
	"wxlottery/shared/store"
)

type settings struct {
	Database config.Database
	Redis    config.Redis
	Keys     config.Keys
	Rules    config.Rules
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
	participant, _, err := setup.Messages(cfg.Messages)
	if err != nil {
		return nil, err
	}
	sessions := session.New(session.Open(session.RedisOptions(cfg.Redis)), session.Options{})
	return handler.New(db, sessions, keys, lottery.JoinBudget(cfg.Rules.LockLead), participant.ID), nil
}
