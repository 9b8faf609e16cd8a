// Function login turns a code of wx.login into a session, and keeps the caller's display name.
package main

import (
	"context"
	"net/http"

	"wxlottery/shared/cloud"
	"wxlottery/shared/config"
	"wxlottery/shared/session"
	"wxlottery/shared/setup"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

type settings struct {
	Database config.Database
	Redis    config.Redis
	WeChat   config.WeChat
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
	rdb := session.Open(session.RedisOptions(cfg.Redis))
	client, err := wechat.New(wechat.Config{
		AppID: cfg.WeChat.AppID, Secret: cfg.WeChat.Secret, BaseURL: cfg.WeChat.BaseURL,
		Tokens: wechat.NewRedisTokens(rdb, cfg.WeChat.AppID),
	})
	if err != nil {
		return nil, err
	}
	db, err := setup.Store(cfg.Database, 0)
	if err != nil {
		return nil, err
	}
	return (&server{db, session.New(rdb, session.Options{}), client}).routes().Handler(), nil
}
