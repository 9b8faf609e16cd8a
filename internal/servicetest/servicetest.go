// Package servicetest sets up what a function needs to run in a test (a database of its own, Redis, keys, users who are
// logged in) and calls it as a client would, holding every answer to docs/openapi.yaml.
package servicetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"wxlottery/internal/contract"
	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// Service is the surroundings of a function.
type Service struct {
	T        testing.TB
	DSN      string
	Store    *store.Store
	Redis    *redis.Client
	Sessions *session.Sessions
	Keys     *lottery.Keyring
	salt     string // keeps the users of tests apart that share a Redis
}

// Terms are the times that events of tests have by default.
var Terms = lottery.Terms{LockLead: time.Minute, MinLead: 2 * time.Minute}

// New sets up a service.
func New(t testing.TB) *Service {
	t.Helper()
	keys, err := lottery.NewKeyring(1, map[int][]byte{1: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	rdb := testredis.New(t)
	dsn := testdb.DSN(t)
	return &Service{
		T: t, DSN: dsn, Store: testdb.Open(t, dsn), Redis: rdb, Sessions: session.New(rdb, session.Options{}), Keys: keys,
		salt: lottery.NewUserID().String(),
	}
}

// Later is the store as it will be when a while has passed.
func (s *Service) Later(d time.Duration) *store.Store { return store.ShiftClock(s.Store, d) }

// OpenID is the openid of a user of this test.
func (s *Service) OpenID(name string) string { return name + s.salt }

// User is a user of this test, made at the first mention.
func (s *Service) User(name string) lottery.UserID {
	s.T.Helper()
	id, _, err := s.Store.UserByOpenID(context.Background(), s.OpenID(name))
	if err != nil {
		s.T.Fatal(err)
	}
	return id
}

// Token is a fresh session of a user.
func (s *Service) Token(name string) string {
	s.T.Helper()
	token, _, err := s.Sessions.Create(context.Background(), session.Identity{UserID: s.User(name).String(), OpenID: s.OpenID(name)})
	if err != nil {
		s.T.Fatal(err)
	}
	return token
}

// Event makes an event of owner's whose draw is that far away.
func (s *Service) Event(owner string, ahead time.Duration, prizes ...lottery.Prize) *lottery.Event {
	s.T.Helper()
	return s.EventUnder(Terms, owner, ahead, prizes...)
}

// EventUnder is Event under other terms.
func (s *Service) EventUnder(terms lottery.Terms, owner string, ahead time.Duration, prizes ...lottery.Prize) *lottery.Event {
	s.T.Helper()
	e, _, _, err := s.Store.Create(context.Background(), store.Creation{
		Owner: s.User(owner),
		Make: func(place lottery.Place, now time.Time) (*lottery.Event, error) {
			d, err := lottery.Draft{Title: "Tee", DrawAt: now.Add(ahead).Truncate(time.Second), Prizes: prizes}.Check()
			if err != nil {
				return nil, err
			}
			return d.Event(lottery.NewEventID(), place, now, terms, s.Keys)
		},
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return e
}

// Join lets users into an event.
func (s *Service) Join(e *lottery.Event, names ...string) {
	s.T.Helper()
	for _, name := range names {
		who := store.Entrant{User: s.User(name), Version: 1, Ticket: func(v int) (vdraw.Ticket, error) {
			return s.Keys.Ticket(v, e.ID, s.OpenID(name))
		}}
		if _, _, err := s.Store.Join(context.Background(), e.ID, who, false, time.Now()); err != nil {
			s.T.Fatal(err)
		}
	}
}

// Client calls a function.
type Client struct {
	t testing.TB
	h http.Handler
}

// Serve puts around a function's routes what the cloud puts around them, and the contract.
func (s *Service) Serve(h http.Handler) *Client {
	s.T.Helper()
	return &Client{s.T, contract.Load(s.T).Handler(s.T, cloud.Wrap(h))}
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   map[string]any // nil where there is none
	Text   string
}

// Code is the error code of a refusal, "" of anything else.
func (a *Answer) Code() string {
	e, _ := a.Body["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

// Into decodes the body into v.
func (a *Answer) Into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Text), v); err != nil {
		t.Fatalf("%v: %s", err, a.Text)
	}
}

// Call sends a request: call is a method and a path, token may be "", body is a string that is sent as it is or a value
// that is sent as JSON (nil: none), headers are name, value, name, value.
func (c *Client) Call(call, token string, body any, headers ...string) *Answer {
	c.t.Helper()
	return c.CallContext(context.Background(), call, token, body, headers...)
}

// CallContext is Call under a context, such as one with the cloud's deadline.
func (c *Client) CallContext(ctx context.Context, call, token string, body any, headers ...string) *Answer {
	c.t.Helper()
	method, path, _ := strings.Cut(call, " ")
	r := httptest.NewRequestWithContext(ctx, method, path, encode(c.t, body))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	a := &Answer{Status: w.Code, Header: w.Header(), Text: w.Body.String()}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &a.Body); err != nil {
			c.t.Fatalf("%s: %v: %s", call, err, w.Body)
		}
	}
	return a
}

func encode(t testing.TB, body any) *strings.Reader {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return strings.NewReader("")
	case string:
		return strings.NewReader(b)
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReader(string(text))
}

// Want fails the test unless the answer has this status and error code ("" for none).
func (a *Answer) Want(t testing.TB, what string, status int, code string) *Answer {
	t.Helper()
	if a.Status != status || a.Code() != code {
		t.Errorf("%s: %d %s, want %d %s", what, a.Status, strings.TrimSpace(a.Text), status, fmt.Sprintf("%q", code))
	}
	return a
}
