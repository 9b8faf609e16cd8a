package main

import (
	"crypto/rand"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/drandsim"
	"wxlottery/internal/testlog"
	"wxlottery/internal/wechatsim"
)

// A ground is what the functions stand on in a test. What is not there yet is to be there later.
type ground struct {
	dsn, redis string // as DB_DSN and REDIS_ADDR want them
}

// stand runs the functions of a cloud as cmd/local does, on a ground that need not be ready, and without the timer. change
// may change their variables.
func stand(t *testing.T, p platform, g ground, change func(map[string]string)) *process {
	t.Helper()
	b, err := functionsOf[p.name]()
	if err != nil {
		t.Fatal(err)
	}
	o := options{cloud: p, lockLead: 3 * time.Second, minLead: 5 * time.Second, tick: time.Second, beacon: "drand"}
	key := newKey(t)
	if !strings.HasPrefix(g.dsn, "sqlite:") {
		o.mysql = g.dsn
	}
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String()
	variables := functionVariables(o, backing{dsn: g.dsn, redis: g.redis, keys: "1:" + strings.Repeat("07", 32), chain: key}, url, "s")
	if change != nil {
		change(variables)
	}
	var log testlog.Buffer
	c := newCloud(o, b, variables, &log)
	server.Config.Handler = newFront(c, world{
		wechatsim.New(wechatsim.Config{AppID: appID, Secret: "s", Now: time.Now}), drandsim.New(drandsim.Config{Key: key}), http.NotFoundHandler(),
	}, "test")
	server.Start()
	t.Cleanup(func() {
		server.Close()
		c.close()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return &process{t: t, url: server.URL}
}

// newKey is a key of a development chain.
func newKey(t testing.TB) *drandsim.Key {
	t.Helper()
	key, err := drandsim.NewKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// works calls every function for something it needs all its configuration and all its servers for.
func (p *process) works() {
	p.t.Helper()
	token := p.logIn("ann")
	p.call("GET", "/events/AAAAAAAAAAAAAAAAAAAAAA", "", nil).is(404, "event_not_found")
	p.call("POST", "/join/AAAAAAAAAAAAAAAAAAAAAA", token, nil).is(404, "event_not_found")
	p.call("POST", "/_sim/draw", "", nil).is(200, "")
}

// fails makes calls, each a method and a path, that are to be answered 500 or 503.
func (p *process) fails(calls ...[2]string) {
	p.t.Helper()
	for _, c := range calls {
		if a := p.call(c[0], c[1], "", nil); a.status != 500 && a.status != 503 {
			p.t.Errorf("%s: %d %s", a.what, a.status, a.body)
		}
	}
}

// mustBeThe same processes that were there before.
func (p *process) mustBeThe(before []int) {
	p.t.Helper()
	if after := p.functions(); !slices.Equal(after, before) || len(after) != len(names) {
		p.t.Errorf("processes %v became %v", before, after)
	}
}

// quietAddr is an address where nobody listens, and where the kernel lets nobody listen who does not ask for it by number.
func quietAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(10_000))
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 20_000 + int(n.Int64())})
		if err == nil {
			l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}
