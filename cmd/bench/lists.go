package main

import (
	"context"
	"fmt"
	"slices"

	"wxlottery/shared/lottery"
)

func freezeName(n int) string          { return fmt.Sprintf("freeze-%d", n) }
func drawName(n, winners int) string   { return fmt.Sprintf("draw-%d-of-%d", winners, n) }
func randomName(n, winners int) string { return fmt.Sprintf("freeze-and-draw-%d-of-%d", winners, n) }

// weighed says of which lists and numbers of winners the memory is measured: the longest, and not the fewest.
func weighed(o options, n, winners int) bool {
	return n == slices.Max(o.lists) && winners > slices.Min(o.winners)
}

// ofList are the names of what is measured of a list with a number of winners.
func ofList(o options, n, winners int) []string {
	names := []string{drawName(n, winners), randomName(n, winners)}
	if weighed(o, n, winners) {
		names = append(names, memoryName(n, winners))
	}
	return names
}

// lists measures the freeze and the draw of long lists, beside reading the same rows and nothing else, beside writing the
// winners and nothing else, and beside letting the database pick at random; and the memory that the longest needs.
func lists(o options) subject {
	var s subject
	for _, n := range o.lists {
		s.names = append(s.names, freezeName(n))
		for _, w := range o.winners {
			s.names = append(s.names, ofList(o, n, w)...)
		}
	}
	s.run = func(ctx context.Context, b *bench, wanted func(string) bool) error {
		for _, n := range o.lists {
			winners := slices.DeleteFunc(slices.Clone(o.winners), func(w int) bool {
				return !wanted(freezeName(n)) && !slices.ContainsFunc(ofList(o, n, w), wanted)
			})
			if len(winners) == 0 {
				continue
			}
			if err := b.longList(ctx, n, winners, wanted); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}

// longList is one list, drawn from with several numbers of winners.
func (b *bench) longList(ctx context.Context, n int, winners []int, wanted func(string) bool) error {
	id := lottery.NewEventID()
	all, err := b.participants(id, n)
	if err != nil {
		return err
	}
	if err := b.fillParticipants(ctx, all); err != nil {
		return err
	}
	var freezes, reads []lap
	for _, w := range winners {
		l := list{bench: b, id: id, n: n, winners: w}
		laps, err := l.measure(ctx)
		if err != nil {
			return err
		}
		freezes, reads = append(freezes, l.freezes...), append(reads, laps[1]...)
		l.addDraws(laps)
		if weighed(b.options, n, w) && wanted(memoryName(n, w)) {
			if err := l.weigh(ctx); err != nil {
				return err
			}
		}
	}
	b.addFreeze(n, freezes, reads)
	return b.exec(ctx, "TRUNCATE winners", "TRUNCATE list_pages", "TRUNCATE participants")
}

func (l *list) measure(ctx context.Context) ([][]lap, error) {
	if err := l.create(ctx); err != nil {
		return nil, err
	}
	return l.alternate(ctx, drawName(l.n, l.winners), l.pairs, side{"ours", l.ours}, side{"read", l.read},
		side{"write winners", l.write}, side{"ORDER BY RAND()", l.random})
}

func (b *bench) addFreeze(n int, freezes, reads []lap) {
	r := times(freezeName(n), "SELECT ticket … ORDER BY ticket", freezes, reads)
	if n == 1_000_000 {
		r = r.with(atMost("ratio", r.Ratio.Median, 2.5))
	}
	b.add(r)
}
