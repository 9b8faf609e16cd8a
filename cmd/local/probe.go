package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const readyWithin = 60 * time.Second

// A probe is a request that changes nothing of its own, and the answer that only a working function gives.
type probe struct {
	function, method, path string
	status                 int
}

var probes = []probe{
	{"login", "DELETE", "/login", http.StatusUnauthorized},
	{"events", "GET", "/events/AAAAAAAAAAAAAAAAAAAAAA", http.StatusNotFound}, // looks into the database
	{"join", "GET", "/join/x", http.StatusUnauthorized},
	{"draw", "POST", "/_sim/draw", http.StatusOK},
}

// waitUntilReady returns nil once every function answers as it should.
func waitUntilReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for _, p := range probes {
		if err := insist(ctx, func() error { return p.try(ctx, url) }); err != nil {
			return fmt.Errorf("the %s function does not work: %w", p.function, err)
		}
	}
	return nil
}

// insist repeats a try, ever more slowly, until it works or ctx ends; then it fails with the last reason that is not the
// end of ctx.
func insist(ctx context.Context, try func() error) error {
	var reason error
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := try()
		if err == nil {
			return nil
		}
		if reason == nil || ctx.Err() == nil {
			reason = err
		}
		select {
		case <-ctx.Done():
			return reason
		case <-time.After(pause):
		}
	}
}

func (p probe) try(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, p.method, url+p.path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != p.status {
		return fmt.Errorf("%s %s is answered %d instead of %d", p.method, p.path, res.StatusCode, p.status)
	}
	return nil
}
