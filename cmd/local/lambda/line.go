// Package lambda speaks AWS Lambda's protocol: every process has a Runtime API of its own, an HTTP server on this side,
// which it asks for events and tells its answers.
package lambda

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"wxlottery/cmd/local/function"
)

// Protocol is AWS Lambda's. The variables of a function are in the environment of its processes.
type Protocol struct{}

// Open serves a Runtime API on a free port.
func (Protocol) Open(cfg function.Config) (function.Line, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &line{
		cfg: cfg, addr: listener.Addr().String(),
		asked: make(chan struct{}, 1), given: make(chan *delivery),
	}
	l.server = &http.Server{Handler: l.routes()}
	go l.server.Serve(listener)
	return l, nil
}

// A line is the Runtime API of one process.
type line struct {
	cfg    function.Config
	addr   string
	server *http.Server
	asked  chan struct{}  // the process has asked for an event
	given  chan *delivery // the event it gets for that
	mu     sync.Mutex
	holds  *delivery // what the process works on, nil for nothing; guarded by mu
}

// A delivery is a call on its way through the Runtime API.
type delivery struct {
	function.Call
	settled chan outcome // gets the first outcome; a second answer to the same event changes nothing
}

type outcome struct {
	answer []byte
	err    error
}

func (d *delivery) settle(o outcome) {
	select {
	case d.settled <- o:
	default:
	}
}

// Environ has what Lambda sets and the function's variables.
func (l *line) Environ() []string {
	var env []string
	for name, value := range l.cfg.Variables {
		env = append(env, name+"="+value)
	}
	return append(env, // after them, since these names are reserved
		"AWS_LAMBDA_RUNTIME_API="+l.addr,
		"AWS_LAMBDA_FUNCTION_NAME="+l.cfg.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"_HANDLER=bootstrap",
		"AWS_REGION=local",
		"TZ=UTC",
	)
}

var errGone = errors.New("the process has ended")

// Ready waits until the process asks for an event. That it has answered is not enough.
func (l *line) Ready(ctx context.Context) error {
	select {
	case <-l.asked:
		return nil
	case <-ctx.Done():
		return errGone
	}
}

// Invoke gives the event to the request for it that waits.
func (l *line) Invoke(ctx context.Context, call function.Call) ([]byte, error) {
	d := &delivery{Call: call, settled: make(chan outcome, 1)}
	select {
	case l.given <- d:
	case <-ctx.Done():
		return nil, function.ErrNotTaken
	}
	select {
	case o := <-d.settled:
		return o.answer, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-d.settled: // it answered and ended afterwards
		return o.answer, o.err
	default:
		return nil, errGone
	}
}

// Close ends the Runtime API.
func (l *line) Close() { l.server.Close() }
