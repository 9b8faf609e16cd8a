package cloud

import (
	"log/slog"
	"slices"
	"sync"
)

// counters are those of the program.
var counters struct {
	sync.RWMutex
	all []counter
}

type counter struct {
	key   string
	total func() uint64
}

// Count has the log line of every request, tick and call say, under key, how much total has grown meanwhile. total counts for
// the whole process and never falls. The difference is right because an instance is given one event at a time: nobody else has
// counted, but for a handler that was given up and still goes on. It is for main, before the start; a later counter of the same
// key replaces an earlier one.
func Count(key string, total func() uint64) {
	counters.Lock()
	defer counters.Unlock()
	rest := slices.DeleteFunc(slices.Clone(counters.all), func(c counter) bool { return c.key == key })
	counters.all = append(rest, counter{key, total})
}

// growth is a counter and where it stood when an invocation began.
type growth struct {
	counter
	before uint64
}

func growths() []growth {
	counters.RLock()
	defer counters.RUnlock()
	var all []growth
	for _, c := range counters.all {
		all = append(all, growth{c, c.total()})
	}
	return all
}

func (g growth) attr() slog.Attr { return slog.Uint64(g.key, g.total()-g.before) }
