package main

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wxlottery/shared/api"
	"wxlottery/shared/cloud"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
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

type beaconRequest struct {
	Signature string `json:"signature"`
}

// accepted is the answer to a beacon: the round it is of.
type accepted struct {
	Round uint64 `json:"round"`
}

// beacon takes the randomness from anybody: it proves itself.
func (s *server) beacon(ctx context.Context, r *http.Request, in beaconRequest) (api.Answer, error) {
	signature, err := vdraw.ParseSignature(in.Signature)
	if err != nil {
		return api.Answer{}, errSignature
	}
	e, now, err := s.visible(ctx, nil, r)
	if err != nil {
		return api.Answer{}, err
	}
	if err := e.AwaitsBeacon(now); err != nil {
		return api.Answer{}, err
	}
	round := e.DecidingRound()
	if e.Beacon != nil && *e.Beacon == signature { // somebody has brought it already; the draw checks it
		return api.Answer{Status: http.StatusAccepted, Body: accepted{round}}, nil
	}
	i := slices.IndexFunc(s.chains, func(c vdraw.Chain) bool { return c.Hash == e.Chain })
	if i < 0 || s.chains[i].RoundTime(round) > uint64(now.Unix()) {
		return api.Answer{}, lottery.ErrNotAwaited
	}
	if s.chains[i].Verify(round, signature) != nil {
		return api.Answer{}, errSignature
	}
	stored, err := s.store.PutBeacon(ctx, e, signature)
	if err != nil {
		return api.Answer{}, err
	}
	if !stored { // somebody was quicker: another one who brought it, or the draw
		return s.broughtAlready(ctx, e, signature)
	}
	return api.Answer{Status: http.StatusAccepted, Body: accepted{round}}, nil
}

// broughtAlready answers him who was second to bring a signature.
func (s *server) broughtAlready(ctx context.Context, e *lottery.Event, signature vdraw.Signature) (api.Answer, error) {
	latest, now, err := s.store.Event(ctx, e.ID)
	switch {
	case err != nil:
		return api.Answer{}, err
	case latest.Beacon != nil && *latest.Beacon == signature && latest.Result == nil:
		return api.Answer{Status: http.StatusAccepted, Body: accepted{latest.DecidingRound()}}, nil
	}
	if err := latest.AwaitsBeacon(now); err != nil {
		return api.Answer{}, err
	}
	return api.Answer{}, lottery.ErrNotAwaited
}

var errSignature = fault.Invalid("signature", "signature must be the 96 hex digits of the signature that the chain gives for the round waited for")

type linkView struct {
	Seq      uint64       `json:"seq"`
	Manifest vdraw.Digest `json:"manifest"`
	End      store.End    `json:"end"`
	Late     bool         `json:"late,omitempty"`
}

type chainView struct {
	Organiser string     `json:"organiser"`
	Events    []linkView `json:"events"`
	Next      string     `json:"next,omitempty"`
}

// chain answers with all events of an organiser, as far as everybody may know them: that they exist and how they ended.
func (s *server) chain(ctx context.Context, r *http.Request) (api.Answer, error) {
	query := r.URL.Query()
	limit, err := api.Limit(r, 100, 1000)
	if err != nil {
		return api.Answer{}, err
	}
	before, err := seqCursor(query.Get("cursor"))
	if err != nil {
		return api.Answer{}, err
	}
	organiser, err := lottery.ParseOrganiserID(query.Get("owner"))
	if err != nil {
		return api.Answer{}, err
	}
	links, err := s.store.Chain(ctx, organiser, before, limit+1)
	if err != nil {
		return api.Answer{}, err
	}
	view := chainView{Organiser: organiser.String(), Events: make([]linkView, 0, len(links))}
	if len(links) > limit {
		links = links[:limit]
		view.Next = strconv.FormatUint(links[limit-1].Seq, 10)
	}
	for _, l := range links {
		view.Events = append(view.Events, linkView(l))
	}
	return api.OK(view), nil
}

func seqCursor(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	seq, err := strconv.ParseUint(text, 10, 63)
	if err != nil || seq == 0 || strconv.FormatUint(seq, 10) != text {
		return 0, errCursor
	}
	return seq, nil
}
