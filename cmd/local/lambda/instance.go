package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// startLimit bounds the time from the start of a process to its first request for work, as the cloud does.
const startLimit = 10 * time.Second

// An instance is one process (an execution environment) with a Runtime API of its own.
type instance struct {
	fn     *Function
	cmd    *exec.Cmd
	api    *http.Server
	work   chan *invocation // holds one: an instance does one thing at a time
	gone   chan struct{}    // closed when the process has ended
	late   atomic.Bool      // killed for taking too long
	asked  atomic.Bool      // has asked for work at least once
	alarm  *time.Timer      // kills the process; set at its start and with every invocation
	busy   bool             // belongs to a request; guarded by fn.mu
	mu     sync.Mutex
	holds  *invocation // what the process is working on; guarded by mu
	served int         // guarded by mu
}

// An invocation is one event on its way through an instance.
type invocation struct {
	id    string
	event []byte
	taken atomic.Bool  // the process has it
	done  chan outcome // gets one
}

type outcome struct {
	answer []byte
	err    error
}

func newInvocation(event []byte) *invocation {
	return &invocation{id: newID(), event: event, done: make(chan outcome, 1)}
}

// settle records the first outcome; a second answer to the same event changes nothing.
func (inv *invocation) settle(o outcome) {
	select {
	case inv.done <- o:
	default:
	}
}

// launch starts a process that belongs to the request it is started for.
func launch(f *Function) (*instance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &instance{fn: f, busy: true, work: make(chan *invocation, 1), gone: make(chan struct{})}
	i.cmd = exec.Command(f.cfg.Path)
	i.cmd.Env = environment(f.cfg, listener.Addr().String())
	i.cmd.SysProcAttr = apart()
	i.cmd.WaitDelay = time.Second
	if f.log != nil {
		i.cmd.Stdout, i.cmd.Stderr = f.log, f.log
	}
	if err := i.cmd.Start(); err != nil {
		listener.Close()
		return nil, err
	}
	i.alarm = time.AfterFunc(startLimit, i.expire)
	i.api = &http.Server{Handler: i.routes()}
	go i.api.Serve(listener)
	return i, nil
}

func environment(cfg Config, api string) []string {
	return append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + cfg.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"_HANDLER=bootstrap",
		"AWS_REGION=local",
		"TZ=UTC",
	}, cfg.Env...)
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
	i.cmd.Wait() // how it ended is in its log; that it ended is all that matters here
	i.alarm.Stop()
	i.api.Close()
	i.fn.remove(i)
	close(i.gone)
}

func (i *instance) expire() {
	i.late.Store(true)
	i.kill()
}

func (i *instance) kill() { i.cmd.Process.Kill() }

// newID makes an id in the shape of a random UUID, which is what AWS uses for requests.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b)
	return hex.EncodeToString(b)
}
