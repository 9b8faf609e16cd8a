package main

import (
	"context"
	"net/http"
	"strconv"

	"wxlottery/shared/api"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

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
