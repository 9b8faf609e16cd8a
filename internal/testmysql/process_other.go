//go:build !linux

package testmysql

import "syscall"

// dependent has nothing to ask for: only Linux ends a process with its parent. A test that is killed leaves its server.
func dependent() *syscall.SysProcAttr { return nil }
