package scf

import (
	"net"
	"strconv"
)

// A port is where a process is told to listen. Until it does, nothing but the care of others keeps it free: release ends
// that.
type port struct {
	number  int
	release func()
}

func (p port) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.number)) }

// taken reports whether somebody listens there.
func (p port) taken() bool {
	l, err := net.Listen("tcp", net.JoinHostPort("0.0.0.0", strconv.Itoa(p.number)))
	if err != nil {
		return true
	}
	l.Close()
	return false
}
