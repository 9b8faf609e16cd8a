package testmysql

import "syscall"

// dependent lets the kernel end the server when the test's process is killed, and keeps Ctrl-C from it, which the test
// gets.
func dependent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
