package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"wxlottery/shared/lottery"
	"wxlottery/shared/vdraw"
)

// fillChunk is how many rows one INSERT has.
const fillChunk = 2000

// fill inserts n rows, a chunk at a time; values is the clause of one row and args are its parameters.
func (b *bench) fill(ctx context.Context, statement, values string, n int, args func(i int) []any) error {
	for begin := 0; begin < n; begin += fillChunk {
		end := min(begin+fillChunk, n)
		var all []any
		for i := begin; i < end; i++ {
			all = append(all, args(i)...)
		}
		text := statement + " VALUES " + strings.Repeat(values+", ", end-begin-1) + values
		if _, err := b.db.ExecContext(ctx, text, all...); err != nil {
			return fmt.Errorf("fill: row %d: %w", begin, err)
		}
		b.tell("filling: %d of %d rows", end, n)
	}
	return nil
}

// participant is a row to be.
type participant struct {
	event  lottery.EventID
	ticket vdraw.Ticket
	user   lottery.UserID
}

// participants are n users of an event in the order of their tickets, which is the one rows go in fastest.
func (b *bench) participants(id lottery.EventID, n int) ([]participant, error) {
	all := make([]participant, n)
	for i := range all {
		ticket, err := b.keys.Ticket(b.keys.Current(), id, b.openid(i))
		if err != nil {
			return nil, err
		}
		all[i] = participant{id, ticket, b.user(i)}
	}
	slices.SortFunc(all, func(x, y participant) int { return bytes.Compare(x.ticket[:], y.ticket[:]) })
	return all, nil
}

// fillParticipants inserts rows of users who joined long ago.
func (b *bench) fillParticipants(ctx context.Context, all []participant) error {
	return b.fill(ctx, "INSERT INTO participants (event_id, ticket, user_id, joined_at, notify)", "(?, ?, ?, 1700000000, 0)", len(all),
		func(i int) []any { return []any{all[i].event[:], all[i].ticket[:], all[i].user[:]} })
}

// marks are n question marks.
func marks(n int) string { return strings.Repeat("?, ", n-1) + "?" }
