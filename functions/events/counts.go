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

const (
	// openFor is how long a count may be shown after it was taken, while users still join.
	openFor = 2 * time.Second
	// lockedFor is how long the count of a list that nobody can change any more is remembered.
	lockedFor = time.Hour
	// hintWait is how long Redis may take to answer; counting is quicker than waiting for a Redis that is gone.
	hintWait = 300 * time.Millisecond
)

// counts says how many are in events. Counting reads every participant, so a count is kept in Redis. Redis is only a hint
// here: without it every question is counted.
type counts struct {
	redis redis.UniversalClient
	store *store.Store
}

// of returns the participants of events: from the lock record once the list is frozen, exact once the lock is taken, at
// most openFor old before.
func (c counts) of(ctx context.Context, events []*lottery.Event) (map[lottery.EventID]uint64, error) {
	numbers := make(map[lottery.EventID]uint64, len(events))
	var unknown []*lottery.Event
	for _, e := range events {
		if e.Record != nil {
			numbers[e.ID] = e.Record.Count
		} else {
			unknown = append(unknown, e)
		}
	}
	missing, answers := c.hints(ctx, unknown, numbers)
	ids := make([]lottery.EventID, len(missing))
	for i, e := range missing {
		ids[i] = e.ID
	}
	counted, err := c.store.Counts(ctx, ids)
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
func (c counts) hints(ctx context.Context, events []*lottery.Event, numbers map[lottery.EventID]uint64) (missing []*lottery.Event, answers bool) {
	if len(events) == 0 {
		return nil, true
	}
	ctx, cancel := context.WithTimeout(ctx, hintWait)
	defer cancel()
	pipe := c.redis.Pipeline()
	gets := make([]*redis.StringCmd, len(events))
	for i, e := range events {
		gets[i] = pipe.Get(ctx, countKey(e))
	}
	_, err := pipe.Exec(ctx)
	for i, e := range events {
		if n, err := gets[i].Uint64(); err == nil {
			numbers[e.ID] = n
		} else {
			missing = append(missing, e)
		}
	}
	return missing, err == nil || errors.Is(err, redis.Nil)
}

func (c counts) remember(ctx context.Context, events []*lottery.Event, numbers map[lottery.EventID]uint64) {
	if len(events) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, hintWait)
	defer cancel()
	pipe := c.redis.Pipeline()
	for _, e := range events {
		keep := openFor
		if e.Status != lottery.Init {
			keep = lockedFor
		}
		pipe.Set(ctx, countKey(e), strconv.FormatUint(numbers[e.ID], 10), keep)
	}
	_, _ = pipe.Exec(ctx) // a hint that is lost is counted again
}

// countKey tells the count of an open list from that of a locked one: the stored status says that no row can come or go.
func countKey(e *lottery.Event) string {
	if e.Status != lottery.Init {
		return "count:locked:" + e.ID.String()
	}
	return "count:open:" + e.ID.String()
}
