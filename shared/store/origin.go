package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// Origin is what tickets and receipts of an event are made with. It is fixed at the event's creation.
type Origin struct {
	Manifest   vdraw.Digest
	KeyVersion int
}

// origins remembers them: a crowd joins one event.
type origins struct {
	mu     sync.Mutex
	events map[lottery.EventID]Origin
}

// Origin reads an event's origin, once in a while. Error: lottery.ErrNotFound.
func (s *Store) Origin(ctx context.Context, id lottery.EventID) (Origin, error) {
	if o, ok := s.origins.get(id); ok {
		return o, nil
	}
	var row struct {
		Manifest   []byte `db:"manifest_digest"`
		KeyVersion int    `db:"key_version"`
	}
	err := s.db.GetContext(ctx, &row, `
		SELECT manifest_digest, key_version
		FROM events
		WHERE id = ?`, id[:])
	if errors.Is(err, sql.ErrNoRows) {
		return Origin{}, lottery.ErrNotFound
	}
	if err != nil {
		return Origin{}, classify("read the origin of "+id.String(), err)
	}
	o := Origin{vdraw.Digest(row.Manifest), row.KeyVersion}
	s.origins.put(id, o)
	return o, nil
}

func (o *origins) get(id lottery.EventID) (Origin, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	origin, ok := o.events[id]
	return origin, ok
}

// put remembers an origin; when there are most of them, it begins anew.
func (o *origins) put(id lottery.EventID, origin Origin) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.events == nil || len(o.events) == most {
		o.events = map[lottery.EventID]Origin{}
	}
	o.events[id] = origin
}
