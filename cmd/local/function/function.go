// Package function is what the local clouds have in common: a function's binary runs as processes, one request at a time
// each; more of them are started on demand, and what crashed or took too long is replaced. How one talks to a process is
// the Protocol's matter.
package function

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// What can go wrong with an invocation, apart from the function's own errors (Error).
var (
	ErrThrottled = errors.New("no instance is free")                  // nothing was started or sent
	ErrCrashed   = errors.New("the instance ended without an answer") // a crash, or an exit at its start
	ErrTimeout   = errors.New("the instance was killed at its deadline")
	ErrClosed    = errors.New("the function is shut down")
)

// Config says what to run and within which bounds.
type Config struct {
	Name      string
	Path      string // the executable
	Protocol  Protocol
	Env       []string          // KEY=value: what a process gets of its surroundings, such as PATH; the protocol adds to it
	Variables map[string]string // the function's configuration, handed over the way the cloud does
	Cap       int               // most instances at once
	Timeout   time.Duration     // of one invocation, from the moment the instance takes it
	Wait      time.Duration     // how long Invoke waits for a free instance when all are busy
	Log       io.Writer         // takes the lines that instances write on either output; nil drops them
}

// Function is one function with its instances. It is safe for concurrent use.
type Function struct {
	cfg Config

	mu     sync.Mutex
	all    map[*instance]bool
	idle   []*instance // the last one freed is the first one used, as the cloud does
	queue  []chan grant
	closed bool
	stats  Stats
	ended  sync.WaitGroup
}

// A grant is what a waiting request gets: an instance that is its own until that asks for more work, or an error.
type grant struct {
	to   *instance
	warm bool
	err  error
}

// New makes a function; nothing is started before the first request.
func New(cfg Config) *Function {
	if cfg.Log != nil {
		cfg.Log = &prefixer{out: cfg.Log, prefix: cfg.Name + " | "}
	}
	return &Function{cfg: cfg, all: map[*instance]bool{}}
}

// Invoke gives the event to an instance and returns its answer. When all instances are busy it waits up to Config.Wait
// for one, then fails with ErrThrottled. Once an instance has the event, ctx no longer matters: the cloud does not call
// an invocation back either.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	return f.invoke(ctx, event, f.cfg.Wait)
}

// TryInvoke is Invoke without the wait: when no instance is free and none may be started, it is throttled at once.
func (f *Function) TryInvoke(event []byte) ([]byte, error) {
	return f.invoke(context.Background(), event, 0)
}

// startTries is how many processes one request may cost that find what they need in use.
const startTries = 3

// invoke tries again where the function is not to blame: when an instance that had served before turns out to be gone
// before it saw the event, and when a new one did not find its place.
func (f *Function) invoke(ctx context.Context, event []byte, wait time.Duration) ([]byte, error) {
	for tries := 1; ; {
		g := f.acquire(ctx, wait)
		if g.err != nil {
			return nil, fmt.Errorf("%s: %w", f.cfg.Name, g.err)
		}
		inv := &invocation{event: event, done: make(chan outcome, 1)}
		answer, err := g.to.run(inv)
		switch {
		case err == nil:
			return answer, nil
		case !errors.Is(err, ErrCrashed) || inv.taken:
		case g.warm:
			continue
		case g.to.noPlace && tries < startTries:
			tries++
			continue
		}
		return nil, fmt.Errorf("%s: %w", f.cfg.Name, err)
	}
}

// acquire finds an instance for one request: an idle one, a new one, or the next that is freed.
func (f *Function) acquire(ctx context.Context, wait time.Duration) grant {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return grant{err: ErrClosed}
	}
	if n := len(f.idle); n > 0 {
		i := f.idle[n-1]
		f.idle = f.idle[:n-1]
		i.busy = true
		f.mu.Unlock()
		return grant{to: i, warm: true}
	}
	if len(f.all) < f.cfg.Cap {
		defer f.mu.Unlock()
		return f.start()
	}
	if wait <= 0 {
		f.stats.Throttles++
		f.mu.Unlock()
		return grant{err: ErrThrottled}
	}
	mine := make(chan grant, 1)
	f.queue = append(f.queue, mine)
	f.mu.Unlock()
	return f.await(ctx, mine, wait)
}

func (f *Function) await(ctx context.Context, mine chan grant, wait time.Duration) grant {
	patience := time.NewTimer(wait)
	defer patience.Stop()
	select {
	case g := <-mine:
		return g
	case <-patience.C:
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.queue, mine)
	if at < 0 { // granted in this very moment
		return <-mine
	}
	f.queue = slices.Delete(f.queue, at, at+1)
	f.stats.Throttles++
	return grant{err: ErrThrottled}
}

// start runs one more process, for the request that asks. The caller holds the lock.
func (f *Function) start() grant {
	i, err := launch(f)
	if err != nil {
		return grant{err: fmt.Errorf("cannot start the function: %w", err)}
	}
	f.stats.Starts++
	f.all[i] = true
	f.ended.Go(i.watch)
	return grant{to: i}
}

// ready takes note that an instance can take an event. The first time it is for the request the instance was started for;
// later the longest waiting request gets it, or it is idle.
func (f *Function) ready(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !i.started:
		i.started = true
		f.stats.ColdStarts++
	case f.closed:
	case len(f.queue) > 0:
		f.grantNext(grant{to: i, warm: true})
	default:
		i.busy = false
		f.idle = append(f.idle, i)
	}
}

// given takes note of an event on its way to an instance.
func (f *Function) given(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Invocations++
	i.served++
}

// remove forgets an instance whose process has ended and lets a waiting request use the room.
func (f *Function) remove(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, i)
	f.idle = slices.DeleteFunc(f.idle, func(o *instance) bool { return o == i })
	if f.closed {
		return
	}
	if i.late.Load() {
		f.stats.Timeouts++
	} else {
		f.stats.Crashes++
	}
	if len(f.queue) > 0 {
		f.grantNext(f.start())
	}
}

func (f *Function) grantNext(g grant) {
	f.queue[0] <- g
	f.queue = f.queue[1:]
}

// Close refuses further requests, kills every instance and returns when the processes are gone.
func (f *Function) Close() {
	f.mu.Lock()
	f.closed = true
	for len(f.queue) > 0 {
		f.grantNext(grant{err: ErrClosed})
	}
	for i := range f.all {
		i.kill()
	}
	f.mu.Unlock()
	f.ended.Wait()
}
