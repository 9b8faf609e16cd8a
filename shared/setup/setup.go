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

// Store opens the configured database, with at most so many connections; 0 is what a function needs that serves one request
// at a time.
func Store(d config.Database, conns int) (*store.Store, error) {
	o := Options(d)
	o.Conns = conns
	return store.Open(d.DSN.Reveal(), o)
}

// Options are what the configuration says about connections.
func Options(d config.Database) store.Options {
	return store.Options{SetSession: d.SetSession, MultiPrimary: d.MultiPrimary, CA: d.CA}
}
