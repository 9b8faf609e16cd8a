package vdraw

import (
	"crypto/sha256"
	"fmt"
	"slices"
)

// The tree is that of RFC 9162: a list of n splits at the largest power of two below n. Read from the leaves up, that is:
// pair neighbours, and where one is left over at the end let it rise to the next level as it is. Everything below uses
// this second form, in which a node's neighbour is index^1.

// RootOfPages returns the root of a list from the hashes of all its pages, in order. It equals List.Root.
func RootOfPages(pages []Digest) Digest {
	return fold(slices.Clone(pages))
}

// Path returns the inclusion path of the ticket at index: the hashes that VerifyPath needs beside the ticket, from the
// leaf up, at most 32. It hashes the whole list; for a long one PagedPath gives the same.
// It panics if index is not in the list.
func Path(tickets []Ticket, index uint64) []Digest {
	return climb(leavesOf(tickets), index)
}

// PagedPath returns what Path would, from one page of the list and the hashes above it: page holds the tickets of page
// index/PageSize, index counts from the start of the list. levels are the hashes of all pages; or, for a long list, the hashes of
// the pages of the index's section and then those of all sections. It panics if index lies outside of page or levels. That page
// and levels hash to the root is not checked here; VerifyPath shows it.
func PagedPath(page []Ticket, index uint64, levels ...[]Digest) []Digest {
	path := climb(leavesOf(page), index%PageSize)
	index /= PageSize
	for i, level := range levels {
		at := index
		if i < len(levels)-1 {
			at %= SectionSize
		}
		path = append(path, climb(slices.Clone(level), at)...)
		index /= SectionSize
	}
	return path
}

// VerifyPath reports whether path shows that a list of count tickets with this root has this ticket at index. A path that
// is too short or too long is a no.
func VerifyPath(root Digest, count, index uint64, ticket Ticket, path []Digest) bool {
	if index >= count {
		return false
	}
	h := leaf(ticket)
	for last := count - 1; last > 0; last /= 2 {
		if alone := index == last && index%2 == 0; !alone {
			if len(path) == 0 {
				return false
			}
			h = join(h, path[0], index)
			path = path[1:]
		}
		index /= 2
	}
	return len(path) == 0 && h == root
}

// join returns the parent of h, which is at index on its level, and of its neighbour.
func join(h, neighbour Digest, index uint64) Digest {
	if index%2 == 1 {
		return node(neighbour, h)
	}
	return node(h, neighbour)
}

// fold returns the root over the hashes of one level. It uses the slice as its working space.
func fold(level []Digest) Digest {
	if len(level) == 0 {
		return sha256.Sum256(nil)
	}
	for len(level) > 1 {
		level = rise(level)
	}
	return level[0]
}

// climb collects the neighbours on the way from index to the root. It uses the slice as its working space.
func climb(level []Digest, index uint64) []Digest {
	if index >= uint64(len(level)) {
		panic(fmt.Sprintf("vdraw: path of index %d among %d", index, len(level)))
	}
	path := []Digest{}
	for len(level) > 1 {
		if neighbour := index ^ 1; neighbour < uint64(len(level)) {
			path = append(path, level[neighbour])
		}
		level = rise(level)
		index /= 2
	}
	return path
}

// rise writes the level above over the front of level and returns it.
func rise(level []Digest) []Digest {
	half := len(level) / 2
	for i := range half {
		level[i] = node(level[2*i], level[2*i+1])
	}
	if len(level)%2 == 1 {
		level[half] = level[len(level)-1]
		half++
	}
	return level[:half]
}

func leavesOf(tickets []Ticket) []Digest {
	leaves := make([]Digest, len(tickets))
	for i, t := range tickets {
		leaves[i] = leaf(t)
	}
	return leaves
}

// leaf and node start with different bytes, so that no inner node passes for a ticket.
func leaf(t Ticket) Digest {
	var b [1 + len(t)]byte
	copy(b[1:], t[:])
	return sha256.Sum256(b[:])
}

func node(left, right Digest) Digest {
	var b [1 + 2*len(left)]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+len(left):], right[:])
	return sha256.Sum256(b[:])
}
