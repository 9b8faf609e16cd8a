package storm_test

import (
	"fmt"
	"os"
	"path/filepath"
)

// usage is how much of the processor processes have had at some moment. Of ticks that overlap one does the work and the
// others wait; usage tells which.
type usage map[int]int64 // nanoseconds by process

func usageOf(pids []int) usage {
	u := usage{}
	for _, pid := range pids {
		u[pid] = worked(pid)
	}
	return u
}

// busiest is the process that has had the most since then; any, where none had or the system does not say.
func (u usage) busiest() (pid int, ok bool) {
	most := int64(-1)
	for p, before := range u {
		if ns := worked(p) - before; ns > most {
			pid, most = p, ns
		}
	}
	return pid, len(u) > 0
}

// worked is how long the threads of a process have been on a processor. Linux says so.
func worked(pid int) (ns int64) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid)) // the pattern is well-formed
	for _, thread := range threads {
		text, _ := os.ReadFile(thread) // it may have ended
		var one int64
		fmt.Sscan(string(text), &one)
		ns += one
	}
	return ns
}
