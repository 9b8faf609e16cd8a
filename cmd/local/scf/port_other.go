//go:build !linux

package scf

import "net"

// reservePort finds a port that is free at this moment. Somebody else may get it before the process listens; then another
// process is tried with another port.
func reservePort() (port, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return port{}, err
	}
	defer l.Close()
	return port{l.Addr().(*net.TCPAddr).Port, func() {}}, nil
}
