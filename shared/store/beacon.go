package store

import (
	"context"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// PutBeacon stores the verified signature of the round that an event waits for, and makes its draw due at once, whoever is at it.
// There is only one signature that is right; what stands there otherwise is replaced. e is as it was read; stored is false where it
// has this signature already, or has gone on since then.
func (s *Store) PutBeacon(ctx context.Context, e *lottery.Event, signature vdraw.Signature) (stored bool, err error) {
	rows, err := s.exec(ctx, "store a beacon for event "+e.ID.String(), `
		UPDATE events
		SET beacon_signature = ?, next_at_ms = {now}, lease_until_ms = 0, lease_token = NULL
		WHERE id = ? AND status = 1 AND mode = 1 AND lock_digest = ? AND draw_at_ms <= {now}
			AND (beacon_signature IS NULL OR beacon_signature <> ?)`,
		signature[:], e.ID[:], e.Record.Digest[:], signature[:])
	return rows == 1, err
}
