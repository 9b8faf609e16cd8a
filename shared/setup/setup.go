// Package setup reads a function's configuration and makes of it what several functions stand on. Only secrets that are
// kept elsewhere are asked for; nothing else is dialed. What not all functions need, such as Redis, is not here, so that
// nobody links it for nothing.
package setup

import (
	"wxlottery/shared/config"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
)

// Keys makes the keyring of the configured master keys.
func Keys(k config.Keys) (*lottery.Keyring, error) {
	current, masters, err := k.Parse()
	if err != nil {
		return nil, err
	}
	return lottery.NewKeyring(current, masters)
}

// Store opens the configured database.
func Store(d config.Database) (*store.Store, error) {
	return store.Open(d.DSN.Reveal(), Options(d))
}

// Options are what the configuration says about connections.
func Options(d config.Database) store.Options {
	return store.Options{SetSession: d.SetSession, MultiPrimary: d.MultiPrimary, CA: d.CA}
}
