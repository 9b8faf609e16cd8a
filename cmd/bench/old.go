package main

import (
	"context"
	"encoding/binary"

	"wxlottery/shared/lottery"
)

// owners is how many users the events that are over belong to.
const owners = 10

// fillOld makes events that are over, which nobody is to look at any more: canceled, as those need the fewest columns. Their
// ids ascend, or the database would be busy for minutes.
func (b *bench) fillOld(ctx context.Context) error {
	ids := make([]lottery.UserID, owners)
	for i := range ids {
		var err error
		if ids[i], _, err = b.store.UserByOpenID(ctx, b.openid(i)); err != nil {
			return err
		}
	}
	return b.fill(ctx, `
		INSERT INTO events (id, owner_id, seq, status, cancel_reason, title, description, created_at_ms, lock_at_ms, draw_at_ms,
			canceled_at_ms, mode, key_version, operator_key, prev, commitment, manifest_digest, rules_text)`,
		"(?, ?, ?, 9, 'owner', 'Old', '', 1700000000000, 1700000060000, 1700000120000, 1700000001000, 0, 1, ?, ?, ?, ?, 'rules')",
		b.old, func(i int) []any {
			var id lottery.EventID
			binary.BigEndian.PutUint64(id[:], uint64(i))
			owner := i * owners / b.old // one after the other, in the order of their key
			var digest [32]byte
			return []any{id[:], ids[owner][:], i + 1, digest[:], digest[:], digest[:], digest[:]}
		})
}
