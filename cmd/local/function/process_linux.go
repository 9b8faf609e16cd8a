package function

import "syscall"

// apart puts a process into a group of its own, so that Ctrl-C reaches it only through us, and lets the kernel end it
// when we are killed. (The signal comes when the thread that started it ends; Go keeps its threads.)
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
