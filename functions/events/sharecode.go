package main

import (
	"context"
	"net/http"

	"wxlottery/shared/api"
	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/wechat"
)

var errNoCode = fault.New(fault.NotFound, "qrcode_not_found", "this deployment makes no share codes")

// shareCode answers with the image that leads to the event. It is made at the first question, and kept: of several that are made at
// once, the first.
func (s *server) shareCode(ctx context.Context, caller *api.Caller, r *http.Request) (api.Answer, error) {
	e, _, err := s.visible(ctx, caller, r)
	if err != nil {
		return api.Answer{}, err
	}
	code, err := s.store.ShareCode(ctx, e.ID, s.version)
	if err == nil && code == nil {
		code, err = s.makeShareCode(ctx, e.ID)
	}
	if err != nil {
		return api.Answer{}, err
	}
	keep := "public, max-age=86400" // the version that it opens may change
	if e.Held {
		keep = "private, no-store"
	}
	return api.Answer{Status: http.StatusOK, Raw: code.Image, Header: map[string]string{"Content-Type": code.ContentType, "Cache-Control": keep}}, nil
}

func (s *server) makeShareCode(ctx context.Context, id lottery.EventID) (*store.ShareCode, error) {
	if s.platform == nil {
		return nil, errNoCode
	}
	image, err := s.platform.ShareCode(ctx, wechat.CodeRequest{Scene: "e=" + id.String(), Page: s.page, EnvVersion: s.version})
	if err != nil {
		return nil, err
	}
	return s.store.KeepShareCode(ctx, id, s.version, store.ShareCode{ContentType: image.ContentType, Image: image.Bytes})
}
