package setup

import (
	"fmt"

	"wxlottery/shared/config"
	"wxlottery/shared/vdraw"
)

// Chains are all chains that events of this deployment may have: drand's quicknet and, on one machine, the development chain.
// Events keep their chain when the configuration for new ones changes.
func Chains(r config.Rules) ([]vdraw.Chain, error) {
	chains := []vdraw.Chain{vdraw.Quicknet()}
	if r.DevelopmentKey != "" {
		key, err := vdraw.ParsePublicKey(r.DevelopmentKey)
		if err != nil {
			return nil, fmt.Errorf("setup: BEACON_DEV_KEY: %w", err)
		}
		chains = append(chains, vdraw.DevelopmentChain(key))
	}
	return chains, nil
}

// NewEvents is the one of these chains whose rounds decide the draws of new events; nil where the operator has to be trusted.
func NewEvents(r config.Rules, chains []vdraw.Chain) *vdraw.Chain {
	if r.Beacon == "none" {
		return nil
	}
	return &chains[len(chains)-1]
}
