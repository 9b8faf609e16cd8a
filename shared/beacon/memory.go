package beacon

import (
	"sync"

	"wxlottery/shared/vdraw"
)

// memoryLimit is some hours of draws at the pace of one a minute, in some 20 KB.
const memoryLimit = 256

// memory keeps the rounds that were had last. They never change, so nothing is ever wrong in it. The zero value is empty.
type memory struct {
	mu    sync.Mutex
	known map[uint64]vdraw.Signature
	order []uint64 // as they came, the oldest first
}

func (m *memory) get(round uint64) (vdraw.Signature, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	signature, ok := m.known[round]
	return signature, ok
}

// put adds a round, and forgets the oldest one when there are too many.
func (m *memory) put(round uint64, s vdraw.Signature) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.known[round]; ok {
		return
	}
	if m.known == nil {
		m.known = make(map[uint64]vdraw.Signature)
	}
	if len(m.order) == memoryLimit {
		delete(m.known, m.order[0])
		m.order = m.order[1:]
	}
	m.known[round], m.order = s, append(m.order, round)
}
