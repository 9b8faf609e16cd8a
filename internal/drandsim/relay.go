package drandsim

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"wxlottery/shared/vdraw"
)

// What real relays say about caching.
const (
	forever = "public, max-age=604800, immutable"
	never   = "no-cache"
)

// answer is a round as relays show it.
type answer struct {
	Round      uint64          `json:"round"`
	Randomness vdraw.Digest    `json:"randomness"`
	Signature  vdraw.Signature `json:"signature"`
}

// info is a chain as relays show it, without the hash of the group that signs: here is no group.
type info struct {
	PublicKey   string       `json:"public_key"`
	Period      uint64       `json:"period"`
	GenesisTime uint64       `json:"genesis_time"`
	Hash        vdraw.Digest `json:"hash"`
	SchemeID    string       `json:"schemeID"`
	Metadata    struct {
		BeaconID string `json:"beaconID"`
	} `json:"metadata"`
}

// ofChain sets the headers that all answers have, and refuses other chains in the way of real relays.
func (s *Sim) ofChain(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.PathValue("chain") != s.cfg.Chain.Hash.String() {
			refuse(w, http.StatusInternalServerError, never, "Failed to get beacon")
			return
		}
		next(w, r)
	}
}

func (s *Sim) getInfo(w http.ResponseWriter, _ *http.Request) {
	c := s.cfg.Chain
	out := info{
		PublicKey: hex.EncodeToString(c.PublicKey[:]), Period: c.Period, GenesisTime: c.Genesis,
		Hash: c.Hash, SchemeID: vdraw.QuicknetScheme,
	}
	out.Metadata.BeaconID = "development"
	if c == vdraw.Quicknet() {
		out.Metadata.BeaconID = "quicknet"
	}
	writeJSON(w, http.StatusOK, forever, out)
}

func (s *Sim) getLatest(w http.ResponseWriter, r *http.Request) { s.serve(w, r, 0) }

func (s *Sim) getRound(w http.ResponseWriter, r *http.Request) {
	round, err := strconv.ParseUint(r.PathValue("round"), 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, forever, "Failed to parse round")
		return
	}
	s.serve(w, r, round)
}

// serve answers one request for a round, or for the latest one, which real relays also give for round 0.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request, round uint64) {
	f := s.take(round)
	if effect, ok := effects[f.Kind]; ok {
		effect(s, visit{w, r, round, f})
		return
	}
	s.honest(w, round)
}

// honest answers without any fault. A real relay holds a request for the very next round until it is out; this one says 425
// to it as to all later ones, so that nobody has to wait.
func (s *Sim) honest(w http.ResponseWriter, round uint64) {
	due, caching := s.due(), forever
	if round == 0 {
		round, caching = s.newest(due), fmt.Sprintf("public, must-revalidate, max-age=%d", s.untilNext(due))
	}
	if round > due {
		tooEarly(w, s.untilNext(due))
		return
	}
	signature, ok := s.signature(round)
	if !ok {
		notFound(w)
		return
	}
	writeJSON(w, http.StatusOK, caching, answer{round, signature.Beacon(), signature})
}

// untilNext is how many seconds there are until the round after due.
func (s *Sim) untilNext(due uint64) uint64 {
	next, now := s.cfg.Chain.RoundTime(due+1), s.now()
	return max(next, now) - now
}

func tooEarly(w http.ResponseWriter, seconds uint64) {
	caching := fmt.Sprintf("must-revalidate, public, max-age=%d", seconds)
	refuse(w, http.StatusTooEarly, caching, "Requested future beacon")
}

func notFound(w http.ResponseWriter) { refuse(w, http.StatusNotFound, never, "Not found") }

func refuse(w http.ResponseWriter, status int, caching, text string) {
	w.Header().Set("Cache-Control", caching)
	http.Error(w, text, status)
}

func writeJSON(w http.ResponseWriter, status int, caching string, v any) {
	w.Header().Set("Cache-Control", caching)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encode(v)) // a client that left needs no answer
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // every answer is made of strings and numbers
	}
	return text
}
