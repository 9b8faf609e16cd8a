package main

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"wxlottery/shared/api"
	"wxlottery/shared/cloud"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// locked reads the event of the path and refuses one without a frozen list.
func (s *server) locked(ctx context.Context, caller *api.Caller, r *http.Request) (*lottery.Event, error) {
	e, _, err := s.visible(ctx, caller, r)
	switch {
	case err != nil:
		return nil, err
	case e.Record != nil:
		return e, nil
	case e.Status == lottery.Canceled:
		return nil, lottery.ErrCanceled
	}
	return nil, lottery.ErrNotLocked
}

// proof answers with the public record of the draw as far as it goes.
func (s *server) proof(ctx context.Context, caller *api.Caller, r *http.Request) (api.Answer, error) {
	e, err := s.locked(ctx, caller, r)
	if err != nil {
		return api.Answer{}, err
	}
	p := e.Proof()
	if e.Result == nil {
		return api.OK(p), nil
	}
	if known(r, e) {
		return notModified(e), nil
	}
	if p.Winners, err = s.provenWinners(ctx, r, e); err != nil {
		return api.Answer{}, err
	}
	answer := forGood(e, p)
	answer.Gzip = len(p.Winners) > plainWinners
	return answer, nil
}

// plainWinners is how many winners fit into an answer without compression.
const plainWinners = 50_000

// provenWinners are the winners as they are stored, with their places in the list as the draw gives them, and with paths where
// there are not too many.
func (s *server) provenWinners(ctx context.Context, r *http.Request, e *lottery.Event) ([]vdraw.Winner, error) {
	picks := vdraw.Picks(e.Result.Seed, e.Record.Count, e.Quantity())
	if len(picks) > plainWinners && !cloud.AcceptsGzip(r) {
		return nil, fault.Invalid("accept_encoding", "a proof of more than %d winners is sent in gzip only: Accept-Encoding must take it", plainWinners)
	}
	stored, err := s.store.Winners(ctx, e.ID, 0, len(picks)+1)
	if err != nil {
		return nil, err
	}
	winners := make([]vdraw.Winner, len(stored))
	for i, w := range stored {
		winners[i].Ticket = w.Ticket
		if i < len(picks) {
			winners[i].Index = picks[i]
		}
	}
	if len(picks) > vdraw.MaxPaths {
		return winners, nil
	}
	paths, err := s.store.Paths(ctx, e, picks)
	for i, path := range paths[:min(len(paths), len(winners))] {
		winners[i].Path = path
	}
	return winners, err
}

// A drawn event's proof and list never change: browsers and caches may keep them.
func forGood(e *lottery.Event, body any) api.Answer {
	return api.Answer{Status: http.StatusOK, Body: body, Header: map[string]string{
		"ETag": tag(e), "Cache-Control": "public, max-age=31536000, immutable",
	}}
}

func notModified(e *lottery.Event) api.Answer {
	answer := forGood(e, nil)
	answer.Status = http.StatusNotModified
	return answer
}

// tag is weak, since the same proof may come compressed or not.
func tag(e *lottery.Event) string { return `W/"` + e.Result.Seed.String() + `"` }

// known reports whether the client has what a drawn event has to say.
func known(r *http.Request, e *lottery.Event) bool {
	if e.Result == nil {
		return false
	}
	for item := range strings.SplitSeq(strings.Join(r.Header.Values("If-None-Match"), ","), ",") {
		if item = strings.TrimSpace(item); item == tag(e) || item == "*" {
			return true
		}
	}
	return false
}

type ticketPage struct {
	Count   uint64 `json:"count"`
	From    uint64 `json:"from"`
	Tickets string `json:"tickets"` // base64 of 16 bytes each
}

// mostTickets is how many tickets a page has at most.
const mostTickets = 65_536

// tickets answers with a part of the frozen list.
func (s *server) tickets(ctx context.Context, caller *api.Caller, r *http.Request) (api.Answer, error) {
	limit, err := api.Limit(r, mostTickets, mostTickets)
	if err != nil {
		return api.Answer{}, err
	}
	from, err := listPosition(r.URL.Query().Get("from"))
	if err != nil {
		return api.Answer{}, err
	}
	e, err := s.locked(ctx, caller, r)
	if err != nil {
		return api.Answer{}, err
	}
	if known(r, e) {
		return notModified(e), nil
	}
	tickets, err := s.store.Tickets(ctx, e, from, limit)
	if err != nil {
		return api.Answer{}, err
	}
	page := ticketPage{e.Record.Count, from, base64.StdEncoding.EncodeToString(tickets)}
	if e.Result == nil {
		return api.OK(page), nil
	}
	return forGood(e, page), nil
}

func listPosition(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	from, err := strconv.ParseUint(text, 10, 32)
	if err != nil || strconv.FormatUint(from, 10) != text {
		return 0, fault.Invalid("from", "from must be a position in the list, counted from 0")
	}
	return from, nil
}
