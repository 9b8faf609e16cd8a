package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

const (
	lateCommitted  = "late-rows-read-committed"
	lateRepeatable = "late-rows-repeatable-read"
)

// racers is how many connections join up to the lock, and beyond.
const racers = 64

// lateRows lets a crowd join while an event is locked, and counts the rows that came after the list was read, and those
// that were acknowledged and are not in it. The list is read at once, without the grace: the share lock alone must hold.
func lateRows() subject {
	return subject{
		names: []string{lateCommitted, lateRepeatable},
		run: func(ctx context.Context, b *bench, wanted func(string) bool) error {
			for _, level := range [][2]string{{lateCommitted, "READ-COMMITTED"}, {lateRepeatable, "REPEATABLE-READ"}} {
				if wanted(level[0]) {
					if err := b.race(ctx, level[0], level[1]); err != nil {
						return err
					}
				}
			}
			return b.exec(ctx, "TRUNCATE participants")
		},
	}
}

// isolated opens a store whose connections have an isolation, and are as the server has them otherwise.
func (b *bench) isolated(conns int, isolation string) (*store.Store, error) {
	cfg, err := b.config()
	if err != nil {
		return nil, err
	}
	cfg.Params = map[string]string{b.isolation: "'" + isolation + "'"}
	return store.Open(cfg.FormatDSN(), store.Options{Conns: conns})
}

func (b *bench) race(ctx context.Context, name, isolation string) error {
	s, err := b.isolated(racers, isolation)
	if err != nil {
		return err
	}
	defer s.Close()
	var all heat
	for i := range b.trials {
		b.tell("%s: %d of %d", name, i+1, b.trials)
		h, err := b.heat(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = heat{all.acknowledged + h.acknowledged, all.frozen + h.frozen, all.rows + h.rows, all.lost + h.lost}
	}
	ratio := float64(all.frozen) / float64(all.rows)
	b.add(result{
		Name: name, Unit: "frozen", Limit: fmt.Sprintf("rows in the end, of %d acknowledged in %d trials", all.acknowledged, b.trials),
		Figure: float64(all.frozen), Baseline: float64(all.rows), Ratio: spread{ratio, ratio, ratio}, Turns: b.trials,
		Goals: []goal{none("late rows", all.rows-all.frozen), none("lost rows", all.lost)},
	})
	return nil
}

func none(what string, n int) goal {
	return goal{fmt.Sprintf("%s: %d", what, n), float64(n), 0, n == 0}
}

// heat is one race, in rows.
type heat struct{ acknowledged, frozen, rows, lost int }

// perRacer is more users than a racer has time for.
const perRacer = 200

// heat lets the crowd come shortly before the lock.
func (b *bench) heat(ctx context.Context, s *store.Store) (h heat, err error) {
	e, err := b.create(ctx, plan{id: lottery.NewEventID(), drawIn: terms.LockLead + 400*time.Millisecond, wins: 1})
	if err != nil {
		return h, err
	}
	who, err := b.entrants(e, racers*perRacer)
	if err != nil {
		return h, err
	}
	joined := make([]bool, len(who))
	var refused atomic.Int64
	var wg sync.WaitGroup
	for g := range racers {
		wg.Go(func() {
			time.Sleep(time.Until(e.LockAt.Add(-250 * time.Millisecond)))
			for i := g; i < len(who); i += racers {
				_, _, err := s.Join(ctx, e.ID, who[i], false, time.Now())
				joined[i] = err == nil
				if errors.Is(err, lottery.ErrLocked) {
					refused.Add(1)
					return
				}
			}
		})
	}
	frozen, err := b.lockAndList(ctx, e)
	wg.Wait()
	if err == nil && refused.Load() == 0 {
		err = errors.New("nobody came too late: the race did not happen")
	}
	if err != nil {
		return h, err
	}
	return b.result(ctx, e, who, joined, int(frozen))
}

// lockAndList locks an event at the very instant, and counts what is in the list then.
func (b *bench) lockAndList(ctx context.Context, e *lottery.Event) (uint64, error) {
	time.Sleep(time.Until(e.LockAt.Add(-5 * time.Millisecond)))
	for {
		got, now, err := b.store.Event(ctx, e.ID)
		if err != nil {
			return 0, err
		}
		done, err := b.store.Lock(ctx, got, now, time.Hour) // so that no worker finds it due
		if err != nil && !errors.Is(err, lottery.ErrNotLocked) {
			return 0, err
		}
		if done {
			break
		}
		time.Sleep(time.Millisecond)
	}
	list, err := b.store.List(ctx, e, func(uint64) error { return nil })
	if err != nil {
		return 0, err
	}
	return list.Count(), nil
}

// result compares what users were told with the rows there are.
func (b *bench) result(ctx context.Context, e *lottery.Event, who []store.Entrant, joined []bool, frozen int) (heat, error) {
	there, err := b.tickets(ctx, e)
	h := heat{frozen: frozen, rows: len(there)}
	for i := range who {
		if !joined[i] {
			continue
		}
		h.acknowledged++
		if ticket, _ := who[i].Ticket(e.KeyVersion); !there[ticket] {
			h.lost++
		}
	}
	return h, err
}

func (b *bench) tickets(ctx context.Context, e *lottery.Event) (map[vdraw.Ticket]bool, error) {
	rows, err := b.db.QueryContext(ctx, `
		SELECT ticket
		FROM participants
		WHERE event_id = ?`, e.ID[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	there := map[vdraw.Ticket]bool{}
	for rows.Next() {
		var raw sql.RawBytes
		if err := rows.Scan(&raw); err != nil {
			return nil, err
		}
		there[vdraw.Ticket(raw)] = true
	}
	return there, rows.Err()
}
