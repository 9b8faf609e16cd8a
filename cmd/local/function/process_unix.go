//go:build unix && !linux

package function

import "syscall"

// apart puts a process into a group of its own, so that Ctrl-C reaches it only through us. When we are killed, a process
// of AWS Lambda ends by itself at its next call to the Runtime API, which is gone; one of Tencent SCF waits on and has to
// be ended by hand.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
