package vdraw

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// MaxCount is the longest list that can be drawn from. The draw counts its steps and compares its random numbers in 32
// bits; a longer list is refused when it is built (List.Add), and a checker refuses a proof that claims one.
const MaxCount uint64 = 1<<32 - 1

// Picks returns the first min(n, count) winners as indices into the list, in prize order. They depend on nothing but seed
// and count, and a larger n only adds to the end. Time and memory follow n, not count; n ≤ 0 draws nobody.
// It panics if count is above MaxCount.
func Picks(seed Digest, count uint64, n int) []uint64 {
	d := NewDraw(seed, count)
	n = int(min(uint64(max(n, 0)), count))
	d.moved = make(map[uint32]uint32, n)
	picks := make([]uint64, n)
	for i := range picks {
		picks[i], _ = d.Next()
	}
	return picks
}

// Draw is a draw in progress: winners first and then, by going on, the reserves. It is a Fisher–Yates shuffle of which
// only the swaps are stored. Not safe for use by more than one goroutine.
type Draw struct {
	count    uint64
	step     uint64            // j: how many are drawn
	moved    map[uint32]uint32 // A[i] where it is not i, for the i that can still be drawn
	message  [pickLen]byte     // what a random number is the hash of; only its last 8 bytes change
	rejected uint64            // random numbers thrown away
}

// pickLen is tag ‖ 00 ‖ seed ‖ u32 j ‖ u32 a: 53 bytes, which SHA-256 takes in a single block.
const pickLen = len(tagPick) + 1 + len(Digest{}) + 4 + 4

// NewDraw starts the draw of seed over a list of count tickets. It panics if count is above MaxCount.
func NewDraw(seed Digest, count uint64) *Draw {
	if count > MaxCount {
		panic(fmt.Sprintf("vdraw: draw from %d tickets, more than MaxCount", count))
	}
	d := &Draw{count: count, moved: make(map[uint32]uint32)}
	copy(d.message[:], tagged(tagPick, seed[:]))
	return d
}

// Next returns the index of the next winner; ok is false once everybody on the list is drawn. No index comes twice.
func (d *Draw) Next() (index uint64, ok bool) {
	if d.step == d.count {
		return 0, false
	}
	j := uint32(d.step)
	k := j + d.below(j, d.count-d.step)
	index = uint64(d.at(k))
	if k != j {
		d.moved[k] = d.at(j)
	}
	delete(d.moved, j) // never read again: later steps draw from j+1 on
	d.step++
	return index, true
}

// at returns A[i].
func (d *Draw) at(i uint32) uint32 {
	if v, ok := d.moved[i]; ok {
		return v
	}
	return i
}

// below returns the random number of step j, in [0, n). Numbers from the last, incomplete run of n below 2^32 are thrown
// away: taken modulo n they would favour the low indices.
func (d *Draw) below(j uint32, n uint64) uint32 {
	const all = uint64(1) << 32
	limit := all - all%n
	for a := uint32(0); ; a++ {
		if r := d.random(j, a); uint64(r) < limit {
			return uint32(uint64(r) % n)
		}
		d.rejected++
	}
}

// random returns the number of attempt a at step j.
func (d *Draw) random(j, a uint32) uint32 {
	binary.BigEndian.PutUint32(d.message[pickLen-8:], j)
	binary.BigEndian.PutUint32(d.message[pickLen-4:], a)
	sum := sha256.Sum256(d.message[:])
	return binary.BigEndian.Uint32(sum[:])
}
