// Package testproxy stands between a client and a server in tests that need the server to fail: it can refuse
// connections, swallow what is sent, and work again.
package testproxy

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy forwards connections to a server. Its address never changes.
type Proxy struct {
	Addr   string // host:port to connect to
	target string

	mu    sync.Mutex
	mode  mode
	conns map[net.Conn]struct{}
}

type mode int

const (
	forward mode = iota
	refuse
	swallow
)

// New starts a proxy to a server, which ends with the test.
func New(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), target: target, conns: map[net.Conn]struct{}{}}
	t.Cleanup(func() {
		l.Close()
		p.set(refuse)
	})
	go p.accept(l)
	return p
}

// Forward makes the server reachable, as at the start.
func (p *Proxy) Forward() { p.set(forward) }

// Refuse breaks every connection, now and at once when it is made.
func (p *Proxy) Refuse() { p.set(refuse) }

// Swallow breaks every connection and lets new ones hang: they are accepted and never answered.
func (p *Proxy) Swallow() { p.set(swallow) }

func (p *Proxy) set(m mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
	for c := range p.conns {
		c.Close()
	}
	clear(p.conns)
}

func (p *Proxy) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go p.serve(c)
	}
}

func (p *Proxy) serve(c net.Conn) {
	switch p.admit(c) {
	case refuse:
		c.Close()
	case swallow:
		_, _ = io.Copy(io.Discard, c)
	case forward:
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			c.Close()
			return
		}
		if p.admit(server) != forward { // it has just stopped forwarding
			server.Close()
			c.Close()
			return
		}
		go func() {
			_, _ = io.Copy(server, c)
			server.Close()
		}()
		_, _ = io.Copy(c, server)
		c.Close()
	}
}

// admit remembers a connection and says what is to be done with it.
func (p *Proxy) admit(c net.Conn) mode {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode != refuse {
		p.conns[c] = struct{}{}
	}
	return p.mode
}
