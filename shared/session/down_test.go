package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/testredis"
	"wxlottery/shared/fault"
	"wxlottery/shared/secret"
	"wxlottery/shared/session"
)

const password = "PASSWORDpasswordPASSWORD"

// open makes Sessions on the production client of a server at addr.
func open(t *testing.T, addr string, o session.Options) *session.Sessions {
	t.Helper()
	rdb := session.Open(session.RedisOptions{Addr: addr, Username: "lottery", Password: secret.New(password)})
	t.Cleanup(func() { _ = rdb.Close() })
	return session.New(rdb, o)
}

// wantNoLeak checks all the texts of an error and its causes.
func wantNoLeak(t *testing.T, err error, secrets ...string) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		text := fmt.Sprintf("%v %+v %#v", err, err, err)
		for _, s := range append(secrets, password) {
			if strings.Contains(text, s) {
				t.Errorf("%q is in the error %s", s, text)
			}
		}
	}
}

func TestRedisDownIsUnavailableAndMendsItself(t *testing.T) {
	t.Parallel()
	m := testredis.Mini(t)
	m.RequireUserAuth("lottery", password)
	s := open(t, m.Addr(), session.Options{})
	id := someone()
	token := login(t, s, id)
	for range 2 {
		m.Close()
		begin := time.Now()
		for range 5 { // more often than the pool has connections
			got, err := s.Check(t.Context(), token)
			wantFault(t, got, err, fault.Unavailable, "unavailable")
			wantNoLeak(t, err, token, id.OpenID)
			_, _, err = s.Create(t.Context(), id)
			wantFault(t, session.Identity{}, err, fault.Unavailable, "unavailable")
			wantNoLeak(t, err, id.OpenID)
			wantFault(t, session.Identity{}, s.Revoke(t.Context(), token), fault.Unavailable, "unavailable")
			wantFault(t, session.Identity{}, s.RevokeAll(t.Context(), id), fault.Unavailable, "unavailable")
		}
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("twenty refused calls took %s", d)
		}
		if err := m.Restart(); err != nil {
			t.Fatal(err)
		}
		wantLogin(t, s, token, id)
	}
}

func TestAFailedSlideDoesNotCostTheLogin(t *testing.T) {
	t.Parallel()
	m := testredis.Mini(t)
	m.RequireUserAuth("lottery", password)
	var c clock
	rdb := session.Open(session.RedisOptions{Addr: m.Addr(), Username: "lottery", Password: secret.New(password)})
	t.Cleanup(func() { _ = rdb.Close() })
	s := session.New(rdb, session.Options{Now: c.now})
	id := someone()
	token := login(t, s, id)
	rdb.AddHook(hooked(func(name string) {
		if name == "set" {
			m.SetError("READONLY You can't write against a read only replica.")
		}
	}))
	c.advance(day)
	wantLogin(t, s, token, id)
	m.SetError("")
	c.advance(6*day + time.Hour)
	wantNone(t, s, token) // the slide was not written
}

func TestASilentRedisIsLeftInTime(t *testing.T) {
	t.Parallel()
	addr := listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
	s := open(t, addr, session.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	got, err := s.Check(ctx, strings.Repeat("A", 43))
	wantFault(t, got, err, fault.Unavailable, "unavailable")
	if d := time.Since(begin); d > 900*time.Millisecond {
		t.Errorf("left after %s, want the caller's 100ms", d)
	}
}

func TestAnAnswerOfRedisIsNotQuoted(t *testing.T) {
	t.Parallel()
	id := someone()
	for name, reply := range map[string]func(request []byte) string{
		"unknown command, old": func(b []byte) string { return "-ERR unknown command `" + flat(b) },
		"unknown command":      func(b []byte) string { return "-ERR unknown command '" + flat(b) },
		"unknown command, new": func(b []byte) string { return `-ERR unknown command "` + flat(b) },
		"no such type":         func(b []byte) string { return "?" + flat(b) },
		"no array":             func(b []byte) string { return "*" + flat(b) },
		"no length":            func(b []byte) string { return "$" + flat(b) },
		"no number":            func(b []byte) string { return ":" + flat(b) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, echo(t, id.OpenID, reply), session.Options{})
			wantUnavailable := func(err error) {
				t.Helper()
				wantFault(t, session.Identity{}, err, fault.Unavailable, "unavailable")
				wantNoLeak(t, err, id.OpenID)
			}
			_, _, err := s.Create(t.Context(), id)
			wantUnavailable(err)
			wantUnavailable(s.RevokeAll(t.Context(), id))
			wantUnavailable(s.Revoke(t.Context(), strings.Repeat("A", 43)))
		})
	}
}

func flat(b []byte) string { return strings.Join(strings.Fields(string(b)), " ") }

// echo is a server that welcomes its clients and then answers each request with what reply makes of it and of an openid.
func echo(t *testing.T, openID string, reply func([]byte) string) string {
	return listen(t, func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		b := make([]byte, 4096)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			answer := reply(append([]byte(openID+" "), b[:n]...))
			if bytes.Contains(bytes.ToLower(b[:n]), []byte("hello")) && !strings.HasPrefix(answer, "-") {
				answer = "*0"
			}
			if _, err := conn.Write([]byte(answer + "\r\n")); err != nil {
				return
			}
		}
	})
}
