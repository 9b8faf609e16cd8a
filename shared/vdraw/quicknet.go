package vdraw

import "math"

// drand's quicknet, as its operators published it. A checker takes these values from here, never from a proof: whoever
// may name the chain may also be its author.
const (
	QuicknetChainHash = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
	QuicknetPublicKey = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c" +
		"8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb" +
		"5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a" // 96 bytes, compressed G2
	QuicknetScheme         = "bls-unchained-g1-rfc9380"
	QuicknetGenesis uint64 = 1692803367 // Unix seconds of round 1
	QuicknetPeriod  uint64 = 3          // seconds from one round to the next
)

// QuicknetChain returns QuicknetChainHash as a manifest's Chain.
func QuicknetChain() Digest {
	d, err := ParseDigest(QuicknetChainHash)
	if err != nil {
		panic(err) // a constant of this file is misspelt
	}
	return d
}

// RoundAt returns the first quicknet round at or after t (Unix seconds); 1 for any t up to the genesis.
func RoundAt(t uint64) uint64 {
	if t <= QuicknetGenesis {
		return 1
	}
	return (t-QuicknetGenesis+QuicknetPeriod-1)/QuicknetPeriod + 1
}

// RoundTime returns when a quicknet round is due (Unix seconds). Round 0 does not exist: its time is 0, so that it counts
// as long past. A round too far away for 64 bits has the largest time there is.
func RoundTime(round uint64) uint64 {
	if round == 0 {
		return 0
	}
	if round-1 > (math.MaxUint64-QuicknetGenesis)/QuicknetPeriod {
		return math.MaxUint64
	}
	return QuicknetGenesis + (round-1)*QuicknetPeriod
}
