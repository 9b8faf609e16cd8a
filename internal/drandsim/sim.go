// Package drandsim stands in for a relay of drand, the network of public randomness. Its one idea: a relay cannot lie, but
// it can fail in every other way, and each way can be had on purpose, so whoever asks relays is tested against a real
// conversation with the worst of them.
//
// A Sim serves HTTP v1 as real relays do: GET /{chainhash}/public/{round}, /{chainhash}/public/latest and
// /{chainhash}/info. Control serves POST /fault, POST /reset and GET /log. Both are to be mounted below any prefix with
// http.StripPrefix. Tests may call the methods of the same names instead.
package drandsim

import (
	"net/http"
	"sync"
	"time"

	"wxlottery/shared/vdraw"
)

const (
	logLimit    = 10_000 // the log forgets the oldest calls beyond it
	signedLimit = 4_096  // signatures kept; the oldest is forgotten first
)

// Config is one simulated relay of one chain.
type Config struct {
	// Chain is the chain that is served. Zero: the development chain of Key.
	Chain vdraw.Chain
	// Key signs every round that is not recorded. Nil: there are no others.
	Key *Key
	// Recorded are rounds and their signatures. They are not checked, so that a relay can be made to serve anything.
	Recorded map[uint64]vdraw.Signature
	// Now decides which rounds are out. Nil: time.Now.
	Now func() time.Time
}

// Sim is a simulated relay. It is safe for concurrent use and keeps everything in memory.
type Sim struct {
	cfg  Config
	mux  *http.ServeMux
	sign signer

	mu    sync.Mutex
	fault Fault
	calls []Call
}

// Call is one line of the log: a request for a round.
type Call struct {
	Round uint64 `json:"round"` // 0: the latest one
	Fault Kind   `json:"fault,omitempty"`
}

// New makes a relay that is well. The map of recorded rounds must not be written to afterwards.
func New(c Config) *Sim {
	if c.Key != nil && c.Chain == (vdraw.Chain{}) {
		c.Chain = c.Key.Chain()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Sim{cfg: c, mux: http.NewServeMux(), sign: signer{key: c.Key, signed: map[uint64]vdraw.Signature{}}}
	s.mux.HandleFunc("GET /{chain}/info", s.ofChain(s.getInfo))
	s.mux.HandleFunc("GET /{chain}/public/latest", s.ofChain(s.getLatest))
	s.mux.HandleFunc("GET /{chain}/public/{round}", s.ofChain(s.getRound))
	return s
}

// ServeHTTP answers as a relay.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Chain returns the chain that is served.
func (s *Sim) Chain() vdraw.Chain { return s.cfg.Chain }

// Log returns the requests for rounds, oldest first.
func (s *Sim) Log() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call{}, s.calls...)
}

// Reset clears the fault and the log.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.calls = Fault{}, nil
}

// due is the last round that is out; 0: none is.
func (s *Sim) due() uint64 { return s.cfg.Chain.RoundAt(s.now()+1) - 1 }

// now is the time in Unix seconds.
func (s *Sim) now() uint64 { return uint64(max(0, s.cfg.Now().Unix())) }

// newest is the last round up to due that the relay has; 0: none.
func (s *Sim) newest(due uint64) (newest uint64) {
	if s.cfg.Key != nil {
		return due
	}
	for round := range s.cfg.Recorded {
		if round <= due {
			newest = max(newest, round)
		}
	}
	return newest
}

// signature returns what the relay has for a round; false also for one that is not out, whatever the fault.
func (s *Sim) signature(round uint64) (vdraw.Signature, bool) {
	if round == 0 || round > s.due() {
		return vdraw.Signature{}, false
	}
	recorded, ok := s.cfg.Recorded[round]
	if ok || s.cfg.Key == nil {
		return recorded, ok
	}
	return s.sign.round(round), true
}

// another returns a round that the relay has beside this one; 0: none.
func (s *Sim) another(round uint64) uint64 {
	if s.cfg.Key != nil && round > 1 {
		return round - 1
	}
	if s.cfg.Key != nil {
		return 2
	}
	for other := range s.cfg.Recorded {
		if other != round {
			return other
		}
	}
	return 0
}

// signer signs each round once, as long as it remembers it.
type signer struct {
	key *Key

	mu     sync.Mutex
	signed map[uint64]vdraw.Signature
	order  []uint64 // oldest first
}

func (s *signer) round(round uint64) vdraw.Signature {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.signed[round]; ok {
		return known
	}
	if len(s.order) == signedLimit {
		delete(s.signed, s.order[0])
		s.order = s.order[1:]
	}
	signature := s.key.Sign(round)
	s.signed[round], s.order = signature, append(s.order, round)
	return signature
}
