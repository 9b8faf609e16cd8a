package beacon

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"wxlottery/shared/vdraw"
)

// result is what came of asking one relay. The signature is a true one unless there is an error.
type result struct {
	relay     *url.URL
	signature vdraw.Signature
	err       error
}

// race asks relays until one has given the round or all have failed. A few are asked at the start; one more is asked
// whenever one has failed, or when nothing has happened for the hedge's time.
func (c *Client) race(ctx context.Context, round uint64) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // whoever is still being asked
	waiting := c.ranking()
	results := make(chan result, len(waiting)) // room for all, so that nobody who comes too late is stuck
	next := func() {
		if len(waiting) == 0 {
			return
		}
		relay := waiting[0]
		waiting = waiting[1:]
		go func() {
			signature, err := c.ask(ctx, relay, round)
			results <- result{relay, signature, err}
		}()
	}
	for range min(c.options.AtOnce, len(waiting)) {
		next()
	}
	hedge := time.NewTicker(c.options.Hedge)
	defer hedge.Stop()
	var failed []result
	for len(failed) < cap(results) {
		select {
		case <-hedge.C:
			next()
		case r := <-results:
			if r.err == nil {
				return r, nil
			}
			failed = append(failed, r)
			next()
			hedge.Reset(c.options.Hedge)
		}
	}
	return result{}, lost(failed)
}

// lost is the error of a race that nobody won.
func lost(failed []result) error {
	kind := ErrUnavailable
	texts := make([]string, len(failed))
	for i, r := range failed {
		if errors.Is(r.err, ErrNotYet) {
			kind = ErrNotYet
		}
		texts[i] = r.relay.Host + ": " + r.err.Error()
	}
	return fmt.Errorf("%w (%s)", kind, strings.Join(texts, "; "))
}
