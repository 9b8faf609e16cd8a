package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"time"

	"wxlottery/shared/api"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/session"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

type server struct {
	store    *store.Store
	sessions *session.Sessions
	counts   counts
	keys     *lottery.Keyring
	terms    lottery.Terms
	chains   []vdraw.Chain // that events may be drawn by
	platform platform
	page     string // that share codes lead to
	version  string // of the mini program, which they open
	// templates are the ids of the messages that users may be sent; "" where there is none.
	templates store.Templates
	now       func() time.Time
}

func (s *server) routes() api.Routes {
	return api.Routes{
		"POST /events":             api.User(s.sessions, s.create),
		"GET /events":              s.lists(),
		"GET /events/{id}":         api.Shared(api.Visitor(s.sessions, s.get)),
		"POST /events/{id}/cancel": api.User(s.sessions, s.cancel),
		"DELETE /events/{id}":      api.User(s.sessions, s.remove),
		"GET /events/{id}/winners": api.Shared(api.Visitor(s.sessions, s.winners)),
		"GET /events/{id}/proof":   api.Shared(api.Visitor(s.sessions, s.proof)),
		"GET /events/{id}/tickets": api.Shared(api.Visitor(s.sessions, s.tickets)),
		"POST /events/{id}/beacon": api.Shared(api.Public(s.beacon)),
		"POST /events/{id}/read":   api.User(s.sessions, s.read),
		"GET /events/{id}/qrcode":  api.Shared(api.Visitor(s.sessions, s.shareCode)),
	}
}

// lists is one path for two questions: a user's own lists, and what everybody may know of an organiser.
func (s *server) lists() http.Handler {
	mine := api.User(s.sessions, s.list)
	everybodys := api.Shared(api.Visitor(s.sessions, func(ctx context.Context, _ *api.Caller, r *http.Request) (api.Answer, error) {
		return s.chain(ctx, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("owner") {
			everybodys.ServeHTTP(w, r)
			return
		}
		mine.ServeHTTP(w, r)
	})
}

func (s *server) get(ctx context.Context, caller *api.Caller, r *http.Request) (api.Answer, error) {
	e, now, err := s.visible(ctx, caller, r)
	if err != nil {
		return api.Answer{}, err
	}
	because := ""
	if e.Held && e.StatusAt(now) == lottery.Init { // it is its owner who asks
		if e, now, because, err = s.recheck(ctx, *caller, e); err != nil {
			return api.Answer{}, err
		}
	}
	return s.one(ctx, caller, e, now, because)
}

// visible reads the event of the path. One that the text check holds is there for its owner only.
func (s *server) visible(ctx context.Context, caller *api.Caller, r *http.Request) (*lottery.Event, time.Time, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return nil, time.Time{}, err
	}
	e, now, err := s.store.Event(ctx, id)
	if err == nil && e.Held && (caller == nil || caller.User != e.Owner) {
		err = lottery.ErrNotFound
	}
	return e, now, err
}

func (s *server) cancel(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return api.Answer{}, err
	}
	e, now, err := s.store.Cancel(ctx, id, caller.User, false)
	if err != nil {
		return api.Answer{}, err
	}
	return s.one(ctx, &caller, e, now, "")
}

func (s *server) remove(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	id, err := lottery.ParseEventID(r.PathValue("id"))
	if err != nil {
		return api.Answer{}, err
	}
	_, _, err = s.store.Cancel(ctx, id, caller.User, true)
	return api.NoContent(), err
}

type eventList struct {
	Events    []eventView   `json:"events"`
	Next      string        `json:"next,omitempty"`
	Unread    *int          `json:"unread,omitempty"` // of all pages; of the roles joined and won
	Templates *templateList `json:"templates,omitempty"`
}

// templateList are the ids of the messages that a client asks consent for.
type templateList struct {
	Participant string `json:"participant,omitempty"`
	Organiser   string `json:"organiser,omitempty"`
}

// templateView is nil where no messages are sent.
func (s *server) templateView() *templateList {
	if s.templates == (store.Templates{}) {
		return nil
	}
	t := templateList(s.templates)
	return &t
}

func (s *server) list(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	role, err := roleOf(r)
	if err != nil {
		return api.Answer{}, err
	}
	limit, err := api.Limit(r, 20, 50)
	if err != nil {
		return api.Answer{}, err
	}
	from, err := decodeCursor(role, r.URL.Query().Get("cursor"))
	if err != nil {
		return api.Answer{}, err
	}
	events, next, now, err := s.store.Events(ctx, caller.User, role, from, limit)
	if err != nil {
		return api.Answer{}, err
	}
	views, err := s.views(ctx, &caller, events, now)
	if err != nil {
		return api.Answer{}, err
	}
	list := eventList{Events: views, Next: encodeCursor(role, next), Templates: s.templateView()}
	if role != store.Created {
		unread, err := s.store.Unread(ctx, caller.User, role)
		if err != nil {
			return api.Answer{}, err
		}
		list.Unread = &unread
	}
	return api.OK(list), nil
}

func roleOf(r *http.Request) (store.Role, error) {
	switch role := store.Role(r.URL.Query().Get("role")); role {
	case "":
		return store.Created, nil
	case store.Created, store.Joined, store.Won:
		return role, nil
	}
	return "", fault.Invalid("role", "role must be created, joined or won")
}

type winnerView struct {
	Place  int    `json:"place"`
	Prize  string `json:"prize"`
	Ticket string `json:"ticket"`
	Name   string `json:"name,omitempty"`
}

type winnerList struct {
	Winners []winnerView `json:"winners"`
	Next    string       `json:"next,omitempty"`
}

func (s *server) winners(ctx context.Context, caller *api.Caller, r *http.Request) (api.Answer, error) {
	limit, err := api.Limit(r, 100, 1000)
	if err != nil {
		return api.Answer{}, err
	}
	after, err := placeCursor(r.URL.Query().Get("cursor"))
	if err != nil {
		return api.Answer{}, err
	}
	e, _, err := s.visible(ctx, caller, r)
	if err != nil {
		return api.Answer{}, err
	}
	switch e.Status {
	case lottery.Canceled:
		return api.Answer{}, lottery.ErrCanceled
	case lottery.Init, lottery.Opening:
		return api.Answer{}, lottery.ErrNotDrawn
	}
	winners, err := s.store.Winners(ctx, e.ID, after, limit+1)
	if err != nil {
		return api.Answer{}, err
	}
	list := winnerList{Winners: make([]winnerView, 0, len(winners))}
	if len(winners) > limit {
		winners = winners[:limit]
		list.Next = strconv.Itoa(winners[limit-1].Place)
	}
	for _, w := range winners {
		p, _ := e.PrizeAt(w.Place)
		list.Winners = append(list.Winners, winnerView{w.Place, p.Name, w.Ticket.String(), w.Name})
	}
	return api.OK(list), nil
}

var errCursor = fault.Invalid("cursor", "cursor must be the next of an earlier answer")

func placeCursor(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	place, err := strconv.Atoi(text)
	if err != nil || place < 1 || place > lottery.MaxWinners || strconv.Itoa(place) != text {
		return 0, errCursor
	}
	return place, nil
}

// encodeCursor is the text of a list's cursor, "" for the last page: the role's first letter, 8 bytes of position and 16 of
// event id in base64url.
func encodeCursor(role store.Role, c store.Cursor) string {
	if c.IsZero() {
		return ""
	}
	raw := binary.BigEndian.AppendUint64([]byte{role[0]}, uint64(c.At))
	return base64.RawURLEncoding.EncodeToString(append(raw, c.ID[:]...))
}

func decodeCursor(role store.Role, text string) (store.Cursor, error) {
	if text == "" {
		return store.Cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != 1+8+16 || raw[0] != role[0] {
		return store.Cursor{}, errCursor
	}
	c := store.Cursor{At: int64(binary.BigEndian.Uint64(raw[1:])), ID: lottery.EventID(raw[9:])}
	if c.At < 1 {
		return store.Cursor{}, errCursor
	}
	return c, nil
}
