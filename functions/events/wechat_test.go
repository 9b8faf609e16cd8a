package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wxlottery/internal/contract"
	"wxlottery/internal/servicetest"
	"wxlottery/internal/testdb"
	"wxlottery/internal/wechatsim"
	"wxlottery/shared/cloud"
	"wxlottery/shared/lottery"
	"wxlottery/shared/secret"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
	"wxlottery/shared/wechat"
)

const (
	codePage  = "pages/event/event"
	textCheck = "msg_sec_check"
	codeMaker = "getwxacodeunlimit"
)

// platformBench is the function as it is where it may ask WeChat, with a simulated one.
type platformBench struct {
	*bench
	sim    *wechatsim.Sim
	client *wechat.Client
	url    string
}

func newPlatformBench(t *testing.T, change ...func(*server)) *platformBench {
	t.Helper()
	sim := wechatsim.New(wechatsim.Config{AppID: "wx-app", Secret: "app-secret", Pages: []string{codePage}})
	api := httptest.NewServer(sim.API())
	t.Cleanup(api.Close)
	client, err := wechat.New(wechat.Config{AppID: "wx-app", Secret: secret.New("app-secret"), BaseURL: api.URL})
	must(t, err)
	b := &platformBench{bench: newBench(t), sim: sim, client: client, url: api.URL}
	b.Client = b.at(0, change...)
	return b
}

// server is the function as it will be when a while has passed.
func (b *platformBench) server(later time.Duration, change ...func(*server)) *server {
	s := newServer(b.Service, b.Later(later))
	s.platform, s.page, s.version = b.client, codePage, "release"
	s.now = func() time.Time { return time.Now().Add(later) }
	for _, c := range change {
		c(s)
	}
	return s
}

func (b *platformBench) at(later time.Duration, change ...func(*server)) *servicetest.Client {
	return b.Serve(b.server(later, change...).routes().Handler())
}

// withTemplates is a deployment that sends messages.
func withTemplates(s *server) {
	s.templates = store.Templates{Participant: "participant-template", Organiser: "organiser-template"}
}

func withoutPlatform(s *server) { s.platform = nil }

// user opens the mini program, so that WeChat knows him to be active, and logs in.
func (b *platformBench) user(t *testing.T, name string) (token string) {
	t.Helper()
	code, err := b.sim.Code(b.OpenID(name), "")
	must(t, err)
	_, err = b.client.Code2Session(t.Context(), code)
	must(t, err)
	return b.Token(name)
}

// asked is how often WeChat was asked for something.
func (b *platformBench) asked(api string) (n int) {
	for _, c := range b.sim.Log() {
		if c.API == api {
			n++
		}
	}
	return n
}

// fails makes calls of WeChat go wrong until they are healed.
func (b *platformBench) fails(t *testing.T, f wechatsim.Fault) {
	t.Helper()
	if f.N == 0 {
		f.N = 1000
	}
	must(t, b.sim.Fault(f))
}

// hold creates an event that is held because WeChat was down at that moment.
func (b *platformBench) hold(t *testing.T, token string, change ...func(request)) eventView {
	t.Helper()
	b.fails(t, wechatsim.Fault{API: textCheck, Status: http.StatusBadGateway})
	defer b.sim.Heal(textCheck)
	e := b.create(t, token, change...)
	if !e.Held || e.HeldBecause != noAnswer {
		t.Fatalf("held %t because of %q", e.Held, e.HeldBecause)
	}
	return e
}

// look is what a user sees of an event.
func (b *platformBench) look(t *testing.T, c *servicetest.Client, id, token string) (e eventView) {
	t.Helper()
	c.Call("GET /events/"+id, token, nil).Want(t, "look", http.StatusOK, "").Into(t, &e)
	return e
}

// event is what the database has of an event.
func (b *bench) event(t *testing.T, id string) *lottery.Event {
	t.Helper()
	parsed, err := lottery.ParseEventID(id)
	must(t, err)
	e, _, err := b.Store.Event(context.Background(), parsed)
	must(t, err)
	return e
}

// joinAs asks what function join asks, when a while has passed.
func (b *bench) joinAs(t *testing.T, id, name string, notify bool, later time.Duration) error {
	t.Helper()
	parsed, err := lottery.ParseEventID(id)
	must(t, err)
	who := store.Entrant{User: b.User(name), Version: 1, Template: "participant-template", Ticket: func(v int) (vdraw.Ticket, error) {
		return b.Keys.Ticket(v, parsed, b.OpenID(name))
	}}
	_, _, err = b.Later(later).Join(context.Background(), parsed, who, notify, time.Now().Add(later))
	return err
}

// count is a number behind the store's back.
func (b *bench) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	testdb.Row(t, b.DSN, query, args, &n)
	return n
}

// image calls for what is no JSON.
func (b *bench) image(t *testing.T, s *server, path, token string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	contract.Load(t).Handler(t, cloud.Wrap(s.routes().Handler())).ServeHTTP(w, r)
	return w
}

// accessToken is the one that WeChat has given out.
func (b *platformBench) accessToken(t *testing.T) string {
	t.Helper()
	body := strings.NewReader(`{"grant_type":"client_credential","appid":"wx-app","secret":"app-secret"}`)
	r, err := http.Post(b.url+"/cgi-bin/stable_token", "application/json", body)
	must(t, err)
	defer r.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(r.Body)
	must(t, err)
	_, rest, _ := strings.Cut(text.String(), `"access_token":"`)
	token, _, found := strings.Cut(rest, `"`)
	if !found || token == "" {
		t.Fatal("no access token")
	}
	return token
}
