package main

import (
	"context"
	"net/http"
	"slices"

	"wxlottery/shared/api"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

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
