package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// hintFor is how long a count may be shown after it was taken, while users still join.
const hintFor = 2 * time.Second

// hintWait is how long Redis may take to answer; counting is quicker than waiting for a Redis that is gone.
const hintWait = 300 * time.Millisecond

// counts says how many are in events. Counting reads every participant, so a count of an event that is still open is kept
// in Redis for a moment. Redis is only a hint here: without it every question is counted.
type counts struct {
	redis redis.UniversalClient
	store *store.Store
}

// of returns the participants of events: from the lock record once the list is frozen, counted when the lock has passed,
// at most hintFor old before.
func (c counts) of(ctx context.Context, events []*lottery.Event, now time.Time) (map[lottery.EventID]uint64, error) {
	numbers := make(map[lottery.EventID]uint64, len(events))
	var exact, open []lottery.EventID
	for _, e := range events {
		switch {
		case e.Record != nil:
			numbers[e.ID] = e.Record.Count
		case e.StatusAt(now) == lottery.Init:
			open = append(open, e.ID)
		default:
			exact = append(exact, e.ID)
		}
	}
	missing, answers := c.hints(ctx, open, numbers)
	counted, err := c.store.Counts(ctx, append(exact, missing...))
	if err != nil {
		return nil, err
	}
	for id, n := range counted {
		numbers[id] = n
	}
	if answers {
		c.remember(ctx, missing, numbers)
	}
	return numbers, nil
}

// hints fills in the counts that Redis remembers and returns the events it does not, and whether Redis answers at all.
func (c counts) hints(ctx context.Context, ids []lottery.EventID, numbers map[lottery.EventID]uint64) (missing []lottery.EventID, answers bool) {
	if len(ids) == 0 {
		return nil, true
	}
	ctx, cancel := context.WithTimeout(ctx, hintWait)
	defer cancel()
	pipe := c.redis.Pipeline()
	gets := make([]*redis.StringCmd, len(ids))
	for i, id := range ids {
		gets[i] = pipe.Get(ctx, countKey(id))
	}
	_, err := pipe.Exec(ctx)
	for i, id := range ids {
		if n, err := gets[i].Uint64(); err == nil {
			numbers[id] = n
		} else {
			missing = append(missing, id)
		}
	}
	return missing, err == nil || errors.Is(err, redis.Nil)
}

func (c counts) remember(ctx context.Context, ids []lottery.EventID, numbers map[lottery.EventID]uint64) {
	if len(ids) == 0 {
		return
	}
	pipe := c.redis.Pipeline()
	for _, id := range ids {
		pipe.Set(ctx, countKey(id), strconv.FormatUint(numbers[id], 10), hintFor)
	}
	_, _ = pipe.Exec(ctx) // a hint that is lost is counted again
}

func countKey(id lottery.EventID) string { return "count:" + id.String() }
