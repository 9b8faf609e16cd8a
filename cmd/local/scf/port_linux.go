package scf

import (
	"errors"
	"os"
	"syscall"
)

// reservePort takes a free port so that the kernel gives it to nobody who asks for any. The process can listen there all
// the same: two sockets may share a port while both allow it (Go's listeners do) and only one of them listens.
func reservePort() (port, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return port{}, os.NewSyscallError("socket", err)
	}
	number, err := bind(fd)
	if err != nil {
		syscall.Close(fd)
		return port{}, err
	}
	return port{number, func() { syscall.Close(fd) }}, nil
}

// bind binds a socket to a free port of the loopback address.
func bind(fd int) (number int, err error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	at, ok := bound.(*syscall.SockaddrInet4)
	if !ok {
		return 0, errors.New("the socket has no IPv4 address")
	}
	return at.Port, nil
}
