package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"wxlottery/functions/join/handler"
	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
)

const (
	functionName = "join-function"
	callsName    = "join-function-to-calls"
	serverName   = "join-function-to-server"
)

// functions measures the hot join through a whole function, from the event as JSON to the answer as JSON: beside the same SQL
// alone, beside that and a GET, as long as sessions are in Redis, and beside one long-running server with the same handler.
func functions() subject {
	return subject{
		names: []string{functionName, callsName, serverName},
		run: func(ctx context.Context, b *bench, _ func(string) bool) (err error) {
			f, err := b.newFleet()
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, f.close()) }()
			if err := f.measure(ctx); err != nil {
				return err
			}
			return b.exec(ctx, "TRUNCATE participants")
		},
	}
}

// invocation is what a platform calls.
type invocation func(ctx context.Context, payload []byte) ([]byte, error)

// fleet is as many instances of the function as requests come at once, each with connections of its own, and one server.
type fleet struct {
	*bench
	tokens    []string // of users that are logged in
	stores    []*store.Store
	redises   []*redis.Client
	instances []invocation
	running   *longRunning
}

// mostUsers bounds how many sessions are made.
const mostUsers = 10_000

// budget is what a deployment with the usual minute between lock and draw gives a join.
var budget = lottery.JoinBudget(time.Minute)

func (b *bench) newFleet() (*fleet, error) {
	f := &fleet{bench: b}
	for range b.sizes.instances {
		s, err := b.openStore(0)
		if err != nil {
			return f, err
		}
		rdb := session.Open(session.RedisOptions{Addr: b.redis})
		h := handler.New(s, session.New(rdb, session.Options{}), b.keys, budget, "")
		f.stores, f.redises = append(f.stores, s), append(f.redises, rdb)
		f.instances = append(f.instances, cloud.HTTPHandler(h))
	}
	var err error
	f.running, err = b.newServer(b.sizes.instances)
	return f, err
}

// logIn makes sessions for n users.
func (f *fleet) logIn(ctx context.Context, n int) error {
	begin := len(f.tokens)
	if n <= begin {
		return nil
	}
	f.tokens = append(f.tokens, make([]string, n-begin)...)
	return together(ctx, len(f.redises), n-begin, func(ctx context.Context, w, i int) (err error) {
		i += begin
		f.tokens[i], _, err = session.New(f.redises[w], session.Options{}).Create(ctx, f.identity(i))
		return err
	})
}

func (f *fleet) identity(i int) session.Identity {
	return session.Identity{UserID: f.user(i).String(), OpenID: f.openid(i)}
}

// close takes the sessions out of Redis again.
func (f *fleet) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := together(ctx, len(f.redises), len(f.tokens), func(ctx context.Context, w, i int) error {
		return session.New(f.redises[w], session.Options{}).RevokeAll(ctx, f.identity(i))
	})
	for i := range f.stores {
		err = errors.Join(err, f.stores[i].Close(), f.redises[i].Close())
	}
	return errors.Join(err, f.running.close())
}

func (f *fleet) measure(ctx context.Context) error {
	sides, err := f.sized(ctx, mostUsers, way{"function", f.function}, way{"SQL alone", f.alone},
		way{"SQL and GET", f.calls}, way{"server", f.serve})
	if err != nil {
		return err
	}
	laps, err := f.alternate(ctx, functionName, f.pairs, sides...)
	if err != nil {
		return err
	}
	r := rates(functionName, "store.Join alone", laps[0], laps[1])
	r.Notes = fmt.Sprintf("this process takes %.0f µs for each beside %.0f", sum(laps[0]).ownEach(), sum(laps[1]).ownEach())
	f.add(r.with(atLeast("ratio", r.Ratio.Median, 0.7)))
	f.add(rates(callsName, "store.Join and a GET", laps[0], laps[2]))
	f.add(rates(serverName, "one net/http server, with its clients in this process", laps[0], laps[3]))
	return nil
}

// freshEvent is an event that nobody has joined, in an empty table.
func (f *fleet) freshEvent(ctx context.Context, ops int) (*lottery.Event, error) {
	if err := f.logIn(ctx, ops); err != nil {
		return nil, err
	}
	if err := f.exec(ctx, "TRUNCATE participants"); err != nil {
		return nil, err
	}
	return f.openEvent(ctx)
}

// function invokes the instances, each with one event at a time.
func (f *fleet) function(ctx context.Context, ops int) (lap, error) {
	e, err := f.freshEvent(ctx, ops)
	if err != nil {
		return lap{}, err
	}
	payloads := make([][]byte, ops)
	for i := range payloads {
		if payloads[i], err = json.Marshal(gatewayEvent(http.MethodPost, "/join/"+e.ID.String(), f.tokens[i])); err != nil {
			return lap{}, err
		}
	}
	return f.lap(ops, func() error {
		return together(ctx, len(f.instances), ops, func(ctx context.Context, w, i int) error {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second) // a platform sets one
			defer cancel()
			answer, err := f.instances[w](ctx, payloads[i])
			if err == nil && !bytes.Contains(answer, []byte(`"statusCode":201`)) {
				return fmt.Errorf("the function answered %s", answer)
			}
			return err
		})
	})
}

// alone is the same through the same connections to the database, and nothing else.
func (f *fleet) alone(ctx context.Context, ops int) (lap, error) {
	return f.without(ctx, ops, func(context.Context, int) error { return nil })
}

// calls is alone with the other call over the network that a join makes.
func (f *fleet) calls(ctx context.Context, ops int) (lap, error) {
	return f.without(ctx, ops, func(ctx context.Context, w int) error {
		if err := f.redises[w].Get(ctx, "lottery_bench:"+f.random).Err(); !errors.Is(err, redis.Nil) {
			return fmt.Errorf("a key is there that nobody made: %w", err)
		}
		return nil
	})
}

// without joins without a function around it; before is done before each.
func (f *fleet) without(ctx context.Context, ops int, before func(ctx context.Context, worker int) error) (lap, error) {
	e, err := f.freshEvent(ctx, ops)
	if err != nil {
		return lap{}, err
	}
	who, err := f.entrants(e, ops)
	if err != nil {
		return lap{}, err
	}
	return f.lap(ops, func() error {
		return together(ctx, len(f.stores), ops, func(ctx context.Context, w, i int) error {
			if err := before(ctx, w); err != nil {
				return err
			}
			_, _, err := f.stores[w].Join(ctx, e.ID, who[i], false, time.Now())
			return err
		})
	})
}

// serve asks the server, with as many clients.
func (f *fleet) serve(ctx context.Context, ops int) (lap, error) {
	e, err := f.freshEvent(ctx, ops)
	if err != nil {
		return lap{}, err
	}
	return f.lap(ops, func() error {
		return together(ctx, len(f.instances), ops, func(ctx context.Context, _, i int) error {
			return f.running.join(ctx, e.ID, f.tokens[i])
		})
	})
}

const userAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50 NetType/WIFI Language/zh_CN"

func clientHeaders(token string) map[string]string {
	return map[string]string{
		"accept": "*/*", "accept-encoding": "gzip,compress,br,deflate", "authorization": "Bearer " + token, "content-length": "2",
		"content-type": "application/json", "host": "lottery.example", "referer": "https://servicewechat.com/wx0123456789abcdef/1/page-frame.html",
		"user-agent": userAgent,
	}
}
