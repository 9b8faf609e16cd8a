package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/redis/go-redis/v9"

	"wxlottery/functions/join/handler"
	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
)

// longRunning is the same handler as one server: one process, one pool, connections that are kept.
type longRunning struct {
	url    string
	http   *http.Server
	client *http.Client
	store  *store.Store
	redis  *redis.Client
}

func (b *bench) newServer(clients int) (*longRunning, error) {
	s, err := b.openStore(clients)
	if err != nil {
		return nil, err
	}
	few := session.Open(session.RedisOptions{Addr: b.redis})
	defer few.Close()
	options := *few.Options()
	options.PoolSize = clients
	l := &longRunning{store: s, redis: redis.NewClient(&options)}
	l.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	l.http = &http.Server{Handler: cloud.Wrap(handler.New(s, session.New(l.redis, session.Options{}), b.keys, budget, ""))}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return l, errors.Join(err, l.close())
	}
	l.url = "http://" + listener.Addr().String()
	go l.http.Serve(listener)
	return l, nil
}

func (l *longRunning) close() error {
	l.client.CloseIdleConnections()
	return errors.Join(l.http.Close(), l.store.Close(), l.redis.Close())
}

// join lets the user of a token into an event.
func (l *longRunning) join(ctx context.Context, id lottery.EventID, token string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url+"/join/"+id.String(), strings.NewReader("{}"))
	if err != nil {
		return err
	}
	for name, value := range clientHeaders(token) {
		r.Header.Set(name, value)
	}
	res, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		return fmt.Errorf("the server answered %d %s", res.StatusCode, answer)
	}
	return err
}
