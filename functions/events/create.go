package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"wxlottery/shared/api"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

type prize struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Value    int    `json:"value_cny,omitempty"` // of one, in yuan; 0: not declared
}

type createRequest struct {
	Title       string  `json:"title"`
	Description string  `json:"description"`
	DrawAt      string  `json:"draw_at"`
	Prizes      []prize `json:"prizes"`
	Organiser   *string `json:"organiser"` // nil: private
	Conditions  string  `json:"conditions"`
	ClaimTerms  string  `json:"claim_terms"`
	Notify      bool    `json:"notify"`
}

// draft checks the request as far as it can be without knowing the time.
func (c createRequest) draft() (lottery.Draft, error) {
	d := lottery.Draft{
		Title: c.Title, Description: c.Description, Conditions: c.Conditions, ClaimTerms: c.ClaimTerms, Notify: c.Notify,
	}
	if c.Organiser != nil {
		var known bool
		if d.Organiser, known = lottery.ParseOrganiser(*c.Organiser); !known {
			return lottery.Draft{}, fault.Invalid("organiser", "organiser must be private or business")
		}
	}
	for _, p := range c.Prizes {
		d.Prizes = append(d.Prizes, lottery.Prize(p))
	}
	var err error
	if d.DrawAt, err = parseInstant(c.DrawAt); err != nil {
		return lottery.Draft{}, fault.Invalid("draw_at", "draw_at must be an RFC 3339 instant in whole seconds, like 2026-12-24T18:00:00+08:00")
	}
	return d.Check()
}

// parseInstant reads RFC 3339 in whole seconds, for which package time is too kind: it takes a comma for the point and cuts
// a fraction off after nine digits.
func parseInstant(text string) (time.Time, error) {
	if _, fraction, ok := strings.Cut(text, "."); ok && strings.TrimLeft(fraction, "0123456789") != strings.TrimLeft(fraction, "0") {
		return time.Time{}, errors.New("a fraction of a second")
	}
	if strings.Contains(text, ",") {
		return time.Time{}, errors.New("a comma")
	}
	return time.Parse(time.RFC3339, text)
}

func (s *server) create(ctx context.Context, caller api.Caller, r *http.Request, in createRequest) (api.Answer, error) {
	draft, err := in.draft()
	if err != nil {
		return api.Answer{}, err
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return api.Answer{}, err
	}
	creation := store.Creation{
		Owner: caller.User, IdempotencyKey: key, Digest: draft.Digest(), Template: s.templates.Organiser,
	}
	e, now, repeated, err := s.store.Earlier(ctx, creation)
	if err != nil {
		return api.Answer{}, err
	}
	if repeated {
		return s.replay(ctx, caller, e, now)
	}
	if err := draft.CheckLead(s.now(), s.terms); err != nil { // before others are asked; the database's clock decides
		return api.Answer{}, err
	}
	if err := draft.CheckWords(); err != nil {
		return api.Answer{}, err
	}
	because, err := s.check(ctx, caller, draft.Content())
	if err != nil {
		return api.Answer{}, err
	}
	id := lottery.NewEventID()
	creation.Make = func(place lottery.Place, now time.Time) (*lottery.Event, error) {
		e, err := draft.Event(id, place, now, s.terms, s.keys)
		if err == nil {
			e.Held = because != ""
		}
		return e, err
	}
	e, now, repeated, err = s.store.Create(ctx, creation)
	if err != nil {
		return api.Answer{}, err
	}
	if repeated {
		return s.replay(ctx, caller, e, now)
	}
	// Nothing more is read: what is stored must not be answered with an error.
	v := s.view(e, now, 0)
	v.Me, v.HeldBecause = &meView{Owner: true}, because
	return api.Created(v), nil
}

// replay answers a repeat of an earlier request.
func (s *server) replay(ctx context.Context, caller api.Caller, e *lottery.Event, now time.Time) (api.Answer, error) {
	answer, err := s.one(ctx, &caller, e, now, "")
	answer.Status = http.StatusCreated
	answer.Header = map[string]string{"Idempotency-Replayed": "true"}
	return answer, err
}

// idempotencyKey reads the header: 1 to 128 visible ASCII characters without a comma, or none. Error:
// invalid_idempotency_key.
func idempotencyKey(r *http.Request) (string, error) {
	if len(r.Header.Values("Idempotency-Key")) == 0 {
		return "", nil
	}
	key, valid := api.Single(r, "Idempotency-Key")
	valid = valid && len(key) >= 1 && len(key) <= 128
	for _, c := range []byte(key) {
		valid = valid && c > ' ' && c <= '~'
	}
	if !valid {
		return "", fault.Invalid("idempotency_key", "Idempotency-Key must be 1 to 128 visible ASCII characters without a comma")
	}
	return key, nil
}
