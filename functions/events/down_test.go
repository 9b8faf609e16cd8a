package main

import (
	"context"
	"testing"
	"time"

	"wxlottery/internal/testdb"
	"wxlottery/internal/testproxy"
	"wxlottery/shared/session"
)

func TestRedisDownLeavesPublicAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(t, b.Token("owner"))
	proxy := testproxy.New(t, b.Redis.Options().Addr)
	rdb := session.Open(session.RedisOptions{Addr: proxy.Addr})
	t.Cleanup(func() { rdb.Close() })
	s := newServer(b.Service, b.Store)
	s.sessions, s.counts.redis = session.New(rdb, session.Options{}), rdb
	c, token := b.Serve(s.routes().Handler()), b.Token("owner")
	for name, down := range map[string]func(){"refused": proxy.Refuse, "hanging": proxy.Swallow} {
		down()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		c.CallContext(ctx, "GET /events/"+e.ID, "", nil).Want(t, name+": anyone looks", 200, "")
		c.CallContext(ctx, "GET /events", token, nil).Want(t, name+": a user's list", 503, "unavailable")
		c.CallContext(ctx, "POST /events", token, good()).Want(t, name+": create", 503, "unavailable")
		cancel()
		proxy.Forward()
		c.Call("GET /events", token, nil).Want(t, name+", then back", 200, "")
	}
}

func TestTheDatabaseDownIsUnavailableAndThenWorksAgain(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	b := newBench(t)
	e := b.create(t, b.Token("owner"))
	proxy, dsn := testdb.Proxied(t, b.DSN)
	c, token := b.Serve(newServer(b.Service, testdb.Open(t, dsn)).routes().Handler()), b.Token("owner")
	for name, down := range map[string]func(){"refused": proxy.Refuse, "hanging": proxy.Swallow} {
		down()
		for _, call := range []string{"GET /events/" + e.ID, "GET /events", "POST /events", "POST /events/" + e.ID + "/cancel"} {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			var body any
			if call == "POST /events" {
				body = good()
			}
			a := c.CallContext(ctx, call, token, body).Want(t, name+": "+call, 503, "unavailable")
			if ctx.Err() != nil || a.Header.Get("Retry-After") == "" {
				t.Errorf("%s: %s: too late, or without Retry-After", name, call)
			}
			cancel()
		}
		proxy.Forward()
		c.Call("GET /events/"+e.ID, token, nil).Want(t, name+", then back", 200, "")
	}
	if a := c.Call("GET /events", token, nil).Want(t, "list", 200, ""); len(a.Body["events"].([]any)) != 1 {
		t.Errorf("a refused creation left an event: %s", a.Text)
	}
}
