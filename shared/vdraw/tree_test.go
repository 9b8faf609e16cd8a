package vdraw_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	"wxlottery/shared/vdraw"
)

// treeSizes are small lists and the neighbourhoods of page boundaries.
var treeSizes = []int{
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 100, 255, 256, 257, 258,
	511, 512, 513, 767, 768, 769, 1000, 1023, 1024, 1025, 1281, 3000,
}

func TestRootsAndPathsAreThoseOfTheRFC(t *testing.T) {
	t.Parallel()
	for _, size := range treeSizes {
		tickets := countingTickets(size)
		list := listOf(t, tickets)
		oracle := testonly.New(rfc6962.DefaultHasher)
		oracle.AppendData(ticketBytes(tickets)...)
		diff(t, "root", list.Root(), vdraw.Digest(oracle.Hash()))
		diff(t, "root of pages", vdraw.RootOfPages(pageHashes(list)), list.Root())
		for _, index := range someIndices(size) {
			want := oraclePath(t, oracle, index)
			diff(t, "path", vdraw.Path(tickets, index), want)
			diff(t, "paged path", pagedPath(tickets, list, index), want)
			if !vdraw.VerifyPath(list.Root(), list.Count(), index, tickets[index], want) {
				t.Errorf("index %d of %d: a true path is refused", index, size)
			}
		}
	}
}

func TestPathProvesNothingElse(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 5, 7, 8, 300} {
		tickets := countingTickets(size)
		root, count := listOf(t, tickets).Root(), uint64(size)
		for _, index := range someIndices(size) {
			path := vdraw.Path(tickets, index)
			refuse := func(what string, root vdraw.Digest, count, index uint64, ticket vdraw.Ticket, path []vdraw.Digest) {
				if vdraw.VerifyPath(root, count, index, ticket, path) {
					t.Errorf("index %d of %d: accepted with %s", index, size, what)
				}
			}
			ticket := tickets[index]
			refuse("another root", vdraw.Digest{1}, count, index, ticket, path)
			refuse("another ticket", root, count, index, vdraw.Ticket{1}, path)
			refuse("an index outside the list", root, count, count, ticket, path)
			refuse("an empty list", root, 0, index, ticket, path)
			refuse("a path too long", root, count, index, ticket, append(slices.Clone(path), vdraw.Digest{}))
			if size > 1 {
				refuse("another index", root, count, (index+1)%count, ticket, path)
				refuse("a path too short", root, count, index, ticket, path[:len(path)-1])
				refuse("no path", root, count, index, ticket, nil)
				path[len(path)-1][31] ^= 1
				refuse("a changed path", root, count, index, ticket, path)
			}
		}
	}
}

func TestInputsAreLeftAlone(t *testing.T) {
	t.Parallel()
	tickets := countingTickets(1000)
	list := listOf(t, tickets)
	pages := pageHashes(list)
	path := vdraw.PagedPath(tickets[256:512], 300, pages)
	kept := slices.Clone(path)
	vdraw.RootOfPages(pages)
	vdraw.VerifyPath(list.Root(), 1000, 300, tickets[300], path)
	diff(t, "pages", pages, pageHashes(list))
	diff(t, "path", path, kept)
	diff(t, "tickets", tickets, countingTickets(1000))
}

func TestPathOfAnIndexOutsideTheListPanics(t *testing.T) {
	t.Parallel()
	tickets := countingTickets(257)
	pages := pageHashes(listOf(t, tickets))
	mustPanic(t, "Path", func() { vdraw.Path(tickets, 257) })
	mustPanic(t, "PagedPath outside the page", func() { vdraw.PagedPath(tickets[256:], 257, pages) })
	mustPanic(t, "PagedPath outside the pages", func() { vdraw.PagedPath(tickets[:256], 512, pages) })
}

func FuzzVerifyPath(f *testing.F) {
	for _, size := range []int{1, 2, 7, 257} {
		tickets := countingTickets(size)
		root := listOf(f, tickets).Root()
		for _, index := range someIndices(size) {
			path := vdraw.Path(tickets, index)
			f.Add(root[:], uint64(size), index, tickets[index][:], joinDigests(path))
		}
	}
	f.Fuzz(func(t *testing.T, root []byte, count, index uint64, ticket, path []byte) {
		var r vdraw.Digest
		var tk vdraw.Ticket
		copy(r[:], root)
		copy(tk[:], ticket)
		digests := splitDigests(path)
		got := vdraw.VerifyPath(r, count, index, tk, digests)
		leaf := rfc6962.DefaultHasher.HashLeaf(tk[:])
		want := proof.VerifyInclusion(rfc6962.DefaultHasher, index, count, leaf, raw(digests), r[:]) == nil
		if got != want {
			t.Errorf("VerifyPath = %t, the oracle says %t", got, want)
		}
	})
}

// countingTickets are ascending; the vectors use the same.
func countingTickets(n int) []vdraw.Ticket {
	tickets := make([]vdraw.Ticket, n)
	for i := range tickets {
		for word := range 4 {
			binary.BigEndian.PutUint32(tickets[i][4*word:], uint32(i))
		}
	}
	return tickets
}

// someIndices returns the ends of a list, the neighbours of its page boundaries, and a few between.
func someIndices(size int) []uint64 {
	var out []uint64
	for i := range size {
		edge := i < 3 || i >= size-3 || (i+1)%vdraw.PageSize < 2
		if edge || i%97 == 0 {
			out = append(out, uint64(i))
		}
	}
	return out
}

func listOf(t testing.TB, tickets []vdraw.Ticket) *vdraw.List {
	t.Helper()
	var list vdraw.List
	for _, ticket := range tickets {
		if err := list.Add(ticket); err != nil {
			t.Fatal(err)
		}
	}
	return &list
}

func pageHashes(list *vdraw.List) []vdraw.Digest {
	var hashes []vdraw.Digest
	for _, page := range list.Pages() {
		hashes = append(hashes, page.Hash)
	}
	return hashes
}

// pagedPath cuts the page of index out of the list, as a store reads it.
func pagedPath(tickets []vdraw.Ticket, list *vdraw.List, index uint64) []vdraw.Digest {
	from := index / vdraw.PageSize * vdraw.PageSize
	to := min(from+vdraw.PageSize, list.Count())
	return vdraw.PagedPath(tickets[from:to], index, pageHashes(list))
}

func oraclePath(t testing.TB, tree *testonly.Tree, index uint64) []vdraw.Digest {
	t.Helper()
	hashes, err := tree.InclusionProof(index, tree.Size())
	if err != nil {
		t.Fatal(err)
	}
	path := make([]vdraw.Digest, len(hashes))
	for i, h := range hashes {
		path[i] = vdraw.Digest(h)
	}
	return path
}

func ticketBytes(tickets []vdraw.Ticket) [][]byte {
	out := make([][]byte, len(tickets))
	for i := range tickets {
		out[i] = tickets[i][:]
	}
	return out
}

func raw(digests []vdraw.Digest) [][]byte {
	out := make([][]byte, len(digests))
	for i := range digests {
		out[i] = digests[i][:]
	}
	return out
}

func joinDigests(digests []vdraw.Digest) []byte { return slices.Concat(raw(digests)...) }

// splitDigests drops what does not fill a digest.
func splitDigests(b []byte) []vdraw.Digest {
	var out []vdraw.Digest
	for ; len(b) >= 32; b = b[32:] {
		out = append(out, vdraw.Digest(b[:32]))
	}
	return out
}

func mustPanic(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s does not panic", what)
		}
	}()
	f()
}
