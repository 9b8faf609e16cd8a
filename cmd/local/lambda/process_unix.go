//go:build unix && !linux

package lambda

import "syscall"

// apart puts a process into a group of its own, so that Ctrl-C reaches it only through us. When we are killed, its
// Runtime API is gone, and it ends by itself at its next call there.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
