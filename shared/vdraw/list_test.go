package vdraw_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"

	"wxlottery/shared/vdraw"
)

func TestListRefusesTicketsOutOfOrder(t *testing.T) {
	t.Parallel()
	tickets := countingTickets(300)
	list := listOf(t, tickets)
	root := list.Root()
	for name, ticket := range map[string]vdraw.Ticket{
		"the same again": tickets[299], "the one before": tickets[298], "the lowest": {},
	} {
		if err := list.Add(ticket); !errors.Is(err, vdraw.ErrOrder) {
			t.Errorf("%s: %v, want ErrOrder", name, err)
		}
	}
	if list.Count() != 300 || list.Root() != root {
		t.Error("a refused ticket changed the list")
	}
}

func TestListTakesTheZeroTicketFirst(t *testing.T) {
	t.Parallel()
	var list vdraw.List
	if err := list.Add(vdraw.Ticket{}); err != nil {
		t.Errorf("first ticket: %v", err)
	}
	if err := list.Add(vdraw.Ticket{}); !errors.Is(err, vdraw.ErrOrder) {
		t.Errorf("second ticket: %v, want ErrOrder", err)
	}
}

func TestListEndsWhereADrawEnds(t *testing.T) {
	t.Parallel()
	var list vdraw.List
	list.Pretend(vdraw.MaxCount - 1)
	if err := list.Add(vdraw.Ticket{1}); err != nil {
		t.Fatal(err)
	}
	if err := list.Add(vdraw.Ticket{2}); !errors.Is(err, vdraw.ErrFull) {
		t.Errorf("%v, want ErrFull", err)
	}
}

func TestPagesNameTheirFirstTicketAndSubtree(t *testing.T) {
	t.Parallel()
	for _, size := range treeSizes {
		tickets := countingTickets(size)
		var want []vdraw.Page
		for from := 0; from < size; from += vdraw.PageSize {
			page := tickets[from:min(from+vdraw.PageSize, size)]
			want = append(want, vdraw.Page{First: page[0], Hash: listOf(t, page).Root()})
		}
		got := listOf(t, tickets).Pages()
		if len(got) != len(want) {
			t.Fatalf("%d tickets: %d pages, want %d", size, len(got), len(want))
		}
		for i := range want {
			diff(t, "page", got[i], want[i])
		}
	}
}

func TestListMayBeReadWhileItGrows(t *testing.T) {
	t.Parallel()
	tickets := countingTickets(600)
	var list vdraw.List
	for _, ticket := range tickets {
		if err := list.Add(ticket); err != nil {
			t.Fatal(err)
		}
		list.Root()
		for i := range list.Pages() {
			list.Pages()[i] = vdraw.Page{} // a caller's own slice
		}
	}
	diff(t, "root", list.Root(), listOf(t, tickets).Root())
}

func TestListDoesNotAllocatePerTicket(t *testing.T) {
	const tickets = 100_000
	allocs := testing.AllocsPerRun(1, func() { streamRoot(t, tickets) })
	if allocs > 100 { // a growing slice of page records, and little else
		t.Errorf("%.0f allocations for %d tickets", allocs, tickets)
	}
}

// streamRoot builds the list of n tickets as a store would, from a reused row.
func streamRoot(t testing.TB, n uint64) vdraw.Digest {
	var list vdraw.List
	var ticket vdraw.Ticket
	for i := range n {
		binary.BigEndian.PutUint64(ticket[:], i)
		if err := list.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	return list.Root()
}

func BenchmarkListRootOfAMillion(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		streamRoot(b, 1_000_000)
	}
}

// BenchmarkBareHashingOfAMillion is the least a root can cost: as many hashes of as many bytes, and nothing else.
func BenchmarkBareHashingOfAMillion(b *testing.B) {
	b.ReportAllocs()
	var leaf [17]byte
	var node [65]byte
	for b.Loop() {
		for i := range uint64(1_000_000) {
			binary.BigEndian.PutUint64(leaf[1:], i)
			sum := sha256.Sum256(leaf[:])
			copy(node[1:], sum[:])
			sum = sha256.Sum256(node[:])
			copy(node[33:], sum[:])
		}
	}
}
