package function

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"sync/atomic"
	"time"
)

// startLimit bounds the time from the start of a process until it is ready for an event, as the clouds do.
const startLimit = 10 * time.Second

// An instance is one process (an execution environment) and the line to it.
type instance struct {
	fn      *Function
	cmd     *exec.Cmd
	line    Line
	work    chan *invocation // holds one: an instance does one thing at a time
	left    chan struct{}    // closed when nobody hands events to the process any more
	gone    chan struct{}    // closed when the process has ended
	late    atomic.Bool      // killed for taking too long
	alarm   *time.Timer      // kills the process; set at its start and with every event
	since   time.Time        // when the process was started
	noPlace bool             // the process could not start where it was told to; to be read once it is gone
	started bool             // has been ready for an event; guarded by fn.mu
	busy    bool             // belongs to a request; guarded by fn.mu
	served  int              // guarded by fn.mu
}

// An invocation is one event on its way through an instance.
type invocation struct {
	event []byte
	taken bool         // the process may have seen it; to be read once the process is gone
	done  chan outcome // gets one at most
}

type outcome struct {
	answer []byte
	err    error
}

// launch starts a process that belongs to the request it is started for. The caller holds fn.mu.
func launch(f *Function) (*instance, error) {
	line, err := f.cfg.Protocol.Open(f.cfg)
	if err != nil {
		return nil, err
	}
	i := &instance{
		fn: f, line: line, busy: true,
		work: make(chan *invocation, 1), left: make(chan struct{}), gone: make(chan struct{}),
	}
	i.cmd = exec.Command(f.cfg.Path)
	i.cmd.Env = append(line.Environ(), f.cfg.Env...)
	i.cmd.SysProcAttr = apart()
	i.cmd.WaitDelay = time.Second
	if f.cfg.Log != nil {
		i.cmd.Stdout, i.cmd.Stderr = f.cfg.Log, f.cfg.Log
	}
	if err := i.cmd.Start(); err != nil {
		line.Close()
		return nil, err
	}
	i.since = time.Now().UTC().Truncate(time.Millisecond)
	i.alarm = time.AfterFunc(startLimit, i.expire)
	return i, nil
}

// serve hands events to the process, for as long as it lives and can be talked to. It is free not when it has answered,
// but when it is ready for more.
func (i *instance) serve(ctx context.Context) {
	defer close(i.left)
	for {
		if err := i.line.Ready(ctx); err != nil {
			i.noPlace = errors.Is(err, ErrNoPlace)
			i.kill()
			return
		}
		i.alarm.Stop()
		i.fn.ready(i)
		select {
		case inv := <-i.work:
			if !i.handle(ctx, inv) {
				i.kill()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// handle reports whether the process answered.
func (i *instance) handle(ctx context.Context, inv *invocation) bool {
	i.fn.given(i)
	i.alarm.Reset(i.fn.cfg.Timeout)
	answer, err := i.line.Invoke(ctx, Call{
		ID: newID(), Event: inv.event, Deadline: time.Now().Add(i.fn.cfg.Timeout), Variables: i.fn.cfg.Variables,
	})
	inv.taken = !errors.Is(err, ErrNotTaken)
	if reported := (*Error)(nil); err != nil && !errors.As(err, &reported) {
		return false
	}
	inv.done <- outcome{answer, err}
	return true
}

// run hands the event over and waits for the answer or the end of the process.
func (i *instance) run(inv *invocation) ([]byte, error) {
	i.work <- inv
	select {
	case o := <-inv.done:
		return o.answer, o.err
	case <-i.gone:
	}
	select {
	case o := <-inv.done: // it answered and ended afterwards
		return o.answer, o.err
	default:
	}
	if i.late.Load() {
		return nil, ErrTimeout
	}
	return nil, ErrCrashed
}

// watch waits for the end of the process and clears up after it.
func (i *instance) watch() {
	ctx, end := context.WithCancel(context.Background())
	go i.serve(ctx)
	i.cmd.Wait() // how it ended is in its log; that it ended is all that matters here
	i.alarm.Stop()
	end()
	<-i.left
	i.line.Close()
	i.fn.remove(i)
	close(i.gone)
}

func (i *instance) expire() {
	i.late.Store(true)
	i.kill()
}

func (i *instance) kill() { i.cmd.Process.Kill() }

// newID makes an id in the shape of a random UUID, which is what the clouds use for invocations.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
