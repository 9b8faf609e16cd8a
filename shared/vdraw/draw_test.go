package vdraw_test

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"wxlottery/shared/vdraw"
)

func TestDrawIsTheShuffleOfTheSpecification(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := vdraw.Digest(sha256.Sum256([]byte(rapid.String().Draw(t, "seed"))))
		count := rapid.Uint64Range(0, 200).Draw(t, "count")
		n := rapid.IntRange(-1, 250).Draw(t, "n")
		got := vdraw.Picks(seed, count, n)
		if want := shuffle(seed, count, n, fair); !slices.Equal(got, want) {
			t.Errorf("Picks = %v, want %v", got, want)
		}
	})
}

func TestReservesContinueTheSameDraw(t *testing.T) {
	t.Parallel()
	seed := vdraw.Digest{7}
	all := vdraw.Picks(seed, 1000, 1000)
	diff(t, "fewer winners", vdraw.Picks(seed, 1000, 30), all[:30])
	d := vdraw.NewDraw(seed, 1000)
	for i, want := range all {
		if got, ok := d.Next(); got != want || !ok {
			t.Fatalf("step %d: %d, %t; want %d", i, got, ok, want)
		}
	}
	for range 2 {
		if _, ok := d.Next(); ok {
			t.Error("a draw goes on after everybody is drawn")
		}
	}
}

func TestNobodyWinsTwice(t *testing.T) {
	t.Parallel()
	for _, count := range []uint64{1, 2, 257, 5000} {
		picks := vdraw.Picks(vdraw.Digest{byte(count)}, count, int(count))
		slices.Sort(picks)
		for i, p := range picks {
			if p != uint64(i) {
				t.Fatalf("count %d: index %d is missing or comes twice", count, i)
			}
		}
	}
}

func TestDrawMemoryFollowsTheWinners(t *testing.T) {
	t.Parallel()
	d := vdraw.NewDraw(vdraw.Digest{1}, vdraw.MaxCount)
	for i := range 1000 {
		if index, ok := d.Next(); !ok || index >= vdraw.MaxCount {
			t.Fatalf("step %d: index %d, %t", i, index, ok)
		}
		if d.Moved() > i+1 {
			t.Fatalf("step %d remembers %d swaps", i, d.Moved())
		}
	}
	d = vdraw.NewDraw(vdraw.Digest{1}, 1000)
	for range 1000 {
		d.Next()
	}
	if d.Moved() != 0 {
		t.Errorf("a finished draw remembers %d swaps", d.Moved())
	}
}

func TestDrawFromMoreThanMaxCountPanics(t *testing.T) {
	t.Parallel()
	mustPanic(t, "NewDraw", func() { vdraw.NewDraw(vdraw.Digest{}, vdraw.MaxCount+1) })
	mustPanic(t, "Picks", func() { vdraw.Picks(vdraw.Digest{}, vdraw.MaxCount+1, 0) })
}

// A list as long as its first random number r leaves r just outside the numbers that are used: 2^32 mod r is 2^32 − r.
// With one ticket more, r is the last one used. No published vector meets this edge.
func TestTheFirstUnusableNumberIsRejected(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		seed := numbered(i)
		r := random(seed, 0, 0)
		if r <= 1<<31 || r == vdraw.MaxCount {
			continue
		}
		if _, rejected := drawAll(seed, r, 1); rejected == 0 {
			t.Errorf("seed %d: %d is used for a list of as many", i, r)
		}
		picks, rejected := drawAll(seed, r+1, 1)
		if picks[0] != r || rejected != 0 {
			t.Errorf("seed %d: %d is not used for a list of one more", i, r)
		}
	}
}

// Below, statistics with fixed seeds: the same numbers on every run. The critical values are those of p = 0.001.
const (
	critical2  = 13.816
	critical9  = 27.877
	critical23 = 49.728
)

// skewed is a list length at which a bare modulo shows: 2^32 is one and a third times as much, so that its lowest third
// would win twice as often as the rest.
const skewed = 3 << 30

func TestEveryPartOfALongListWinsEquallyOften(t *testing.T) {
	t.Parallel()
	if x := chiSquare(thirds(vdraw.Picks)); x > critical2 {
		t.Errorf("chi-square %.1f, critical is %.1f", x, critical2)
	}
}

func TestTheStatisticsCatchABareModulo(t *testing.T) {
	t.Parallel()
	biased := func(seed vdraw.Digest, count uint64, n int) []uint64 { return shuffle(seed, count, n, modulo) }
	if x := chiSquare(thirds(biased)); x < 50*critical2 {
		t.Errorf("chi-square %.1f of a bare modulo is not far above critical, %.1f", x, critical2)
	}
}

// Sorting by a comparison that flips a coin looks like a shuffle and is none.
func TestTheStatisticsCatchASortByCoins(t *testing.T) {
	t.Parallel()
	orders := map[[4]uint64]int{}
	for i := range 12_000 {
		orders[[4]uint64(coinSort(numbered(i), 4))]++
	}
	observed := make([]int, 24)
	copy(observed, slices.Collect(maps.Values(orders)))
	if x := chiSquare(observed); x < 20*critical23 {
		t.Errorf("chi-square %.1f of a sort by coins is not far above critical, %.1f", x, critical23)
	}
}

// coinSort sorts by insertion, with a coin for every comparison.
func coinSort(seed vdraw.Digest, count int) []uint64 {
	order := make([]uint64, count)
	toss := uint32(0)
	for i := range order {
		order[i] = uint64(i)
		for k := i; k > 0 && random(seed, toss, 0)%2 == 0; k-- {
			order[k-1], order[k] = order[k], order[k-1]
			toss++
		}
		toss++
	}
	return order
}

func TestEveryTicketOfAShortListWinsEveryPlaceEquallyOften(t *testing.T) {
	t.Parallel()
	const count = 10
	var observed [count][count]int // [place][index]
	for i := range 5000 {
		for place, index := range vdraw.Picks(numbered(i), count, count) {
			observed[place][index]++
		}
	}
	for place := range count {
		if x := chiSquare(observed[place][:]); x > critical9 {
			t.Errorf("place %d: chi-square %.1f, critical is %.1f", place, x, critical9)
		}
	}
}

func TestEveryOrderIsEquallyLikely(t *testing.T) {
	t.Parallel()
	orders := map[[4]uint64]int{}
	for i := range 12_000 {
		orders[[4]uint64(vdraw.Picks(numbered(i), 4, 4))]++
	}
	observed := make([]int, 0, 24)
	for _, n := range orders {
		observed = append(observed, n)
	}
	if len(observed) != 24 {
		t.Fatalf("%d of 24 orders came up", len(observed))
	}
	if x := chiSquare(observed); x > critical23 {
		t.Errorf("chi-square %.1f, critical is %.1f", x, critical23)
	}
}

// thirds counts the winners in each third of a list of skewed tickets.
func thirds(pick func(vdraw.Digest, uint64, int) []uint64) []int {
	observed := make([]int, 3)
	for i := range 100 {
		for _, index := range pick(numbered(i), skewed, 100) {
			observed[index/(skewed/3)]++
		}
	}
	return observed
}

// chiSquare compares the observed counts with equal ones.
func chiSquare(observed []int) float64 {
	total := 0
	for _, n := range observed {
		total += n
	}
	expected := float64(total) / float64(len(observed))
	x := 0.0
	for _, n := range observed {
		x += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	return x
}

func numbered(i int) vdraw.Digest {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte("statistics"), uint64(i)))
}

// shuffle is the draw as the specification words it; lists too long for an array start from an empty map.
func shuffle(seed vdraw.Digest, count uint64, n int, number func(vdraw.Digest, uint32, uint64) uint64) []uint64 {
	moved := map[uint64]uint64{}
	at := func(i uint64) uint64 {
		if v, ok := moved[i]; ok {
			return v
		}
		return i
	}
	winners := []uint64{}
	for j := uint64(0); int(j) < n && j < count; j++ {
		k := j + number(seed, uint32(j), count-j)
		winners = append(winners, at(k))
		moved[k] = at(j)
	}
	return winners
}

// fair rejects, as the specification says.
func fair(seed vdraw.Digest, j uint32, n uint64) uint64 {
	for a := uint32(0); ; a++ {
		if r := random(seed, j, a); r < 1<<32-(1<<32)%n {
			return r % n
		}
	}
}

// modulo is the mistake that rejection avoids.
func modulo(seed vdraw.Digest, j uint32, n uint64) uint64 { return random(seed, j, 0) % n }

func random(seed vdraw.Digest, j, a uint32) uint64 {
	m := append([]byte("vdraw/1/pick\x00"), seed[:]...)
	m = binary.BigEndian.AppendUint32(m, j)
	m = binary.BigEndian.AppendUint32(m, a)
	sum := sha256.Sum256(m)
	return uint64(binary.BigEndian.Uint32(sum[:]))
}

func BenchmarkPicks10kOf10M(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		vdraw.Picks(vdraw.Digest{1}, 10_000_000, 10_000)
	}
}
