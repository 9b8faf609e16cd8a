package store

import (
	"context"
	"math"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// End is how an event of an organiser's chain ended.
type End string

// The ends.
const (
	StillOpen   End = "open" // has not ended
	Drawn       End = "drawn"
	WasCanceled End = "canceled" // before the lock
	WasVoid     End = "void"     // after it
)

// Link is an event in its organiser's chain, as anybody may see it.
type Link struct {
	Seq      uint64
	Manifest vdraw.Digest
	End      End
	Late     bool // its list was frozen too late for its own round
}

// Chain reads an organiser's events before a place in his chain (0: from the newest), the newest first, at most limit of them.
// Hidden ones are in it as well. Error: lottery.ErrNoOrganiser.
func (s *Store) Chain(ctx context.Context, organiser lottery.OrganiserID, before uint64, limit int) ([]Link, error) {
	upTo := int64(math.MaxInt64)
	if before != 0 {
		upTo = int64(before)
	}
	var rows []struct {
		Seq      uint64 `db:"seq"`
		Manifest []byte `db:"manifest_digest"`
		Status   uint8  `db:"status"`
		Void     bool   `db:"void"`
		Late     bool   `db:"late"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT e.seq, e.manifest_digest, e.status, COALESCE(e.cancel_reason, '') = 'void' AS void,
			e.late_round IS NOT NULL AS late
		FROM users AS u
		JOIN events AS e ON e.owner_id = u.id
		WHERE u.organiser_id = ? AND e.seq < ?
		ORDER BY e.seq DESC
		LIMIT ?`, organiser[:], upTo, limit); err != nil {
		return nil, classify("read an organiser's chain", err)
	}
	if len(rows) == 0 && before == 0 { // nobody becomes an organiser without an event
		return nil, lottery.ErrNoOrganiser
	}
	links := make([]Link, len(rows))
	for i, r := range rows {
		links[i] = Link{r.Seq, vdraw.Digest(r.Manifest), endOf(lottery.Status(r.Status), r.Void), r.Late}
	}
	return links, nil
}

func endOf(status lottery.Status, void bool) End {
	switch {
	case status == lottery.Opened:
		return Drawn
	case status == lottery.Canceled && void:
		return WasVoid
	case status == lottery.Canceled:
		return WasCanceled
	}
	return StillOpen
}
