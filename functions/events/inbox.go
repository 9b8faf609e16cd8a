package main

import (
	"context"
	"errors"
	"net/http"

	"wxlottery/shared/api"
	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// read notes that the caller knows how an event has ended that he joined.
func (s *server) read(ctx context.Context, caller api.Caller, r *http.Request, _ api.None) (api.Answer, error) {
	e, _, err := s.visible(ctx, &caller, r)
	if err != nil {
		return api.Answer{}, err
	}
	ticket, err := s.keys.Ticket(e.KeyVersion, e.ID, caller.OpenID)
	if errors.Is(err, lottery.ErrNoKey) { // as when he looks at it: what he is in it cannot be told
		err = lottery.ErrNotJoined
	}
	if err != nil {
		return api.Answer{}, err
	}
	done, err := s.store.MarkRead(ctx, e.ID, ticket)
	if done || err != nil {
		return api.NoContent(), err
	}
	parts, err := s.store.Parts(ctx, caller.User, map[lottery.EventID]vdraw.Ticket{e.ID: ticket})
	switch {
	case err != nil:
		return api.Answer{}, err
	case parts[e.ID].Joined == nil:
		return api.Answer{}, lottery.ErrNotJoined
	}
	return api.Answer{}, lottery.ErrNotDrawn
}
