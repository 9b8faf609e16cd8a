//go:build !unix

package function

import "syscall"

// apart has nothing to ask for on systems without process groups.
func apart() *syscall.SysProcAttr { return nil }
