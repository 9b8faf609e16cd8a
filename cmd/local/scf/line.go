// Package scf speaks the protocol of Tencent's Serverless Cloud Functions: every process serves net/rpc on a port it is
// given, and this side calls it.
package scf

import (
	"context"
	"errors"
	"net"
	"net/rpc"
	"strconv"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"

	"wxlottery/cmd/local/function"
)

// Protocol is Tencent's. The variables of a function come with every event and not in the environment of its processes,
// as they may on the real platform: a function that reads them too early does not work here.
type Protocol struct {
	reserve func() (port, error) // for tests; nil is reservePort
}

// Open finds a free port. The function's library will listen on it on all addresses, not only on the loopback one; that is
// not ours to change.
func (p Protocol) Open(cfg function.Config) (function.Line, error) {
	reserve := p.reserve
	if reserve == nil {
		reserve = reservePort
	}
	port, err := reserve()
	if err != nil {
		return nil, err
	}
	return &line{cfg: cfg, port: port}, nil
}

// A line is the connection to one process.
type line struct {
	cfg    function.Config
	port   port
	client *rpc.Client // nil until the process has answered the first time
	over   bool        // the process wants to be replaced
}

// Environ tells the port, and what the process's clock shows.
func (l *line) Environ() []string {
	return []string{"_LAMBDA_SERVER_PORT=" + strconv.Itoa(l.port.number), "TZ=UTC"}
}

var (
	errOver = errors.New("the process wants to be replaced")
	errGone = errors.New("the process has ended")
)

// Ready connects the first time. After that, a process that has answered is ready, unless it wants to be replaced.
func (l *line) Ready(ctx context.Context) error {
	if l.over {
		return errOver
	}
	for l.client == nil {
		if l.connect(ctx) == nil {
			break
		}
		select {
		case <-time.After(dialPause):
		case <-ctx.Done():
			return l.whyGone()
		}
	}
	return nil
}

// dialPause lies between two attempts to reach a process that does not listen yet.
const dialPause = 2 * time.Millisecond

// connect makes one attempt.
func (l *line) connect(ctx context.Context) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", l.port.address())
	if err != nil {
		return err
	}
	client := rpc.NewClient(conn)
	if err := call(ctx, client, "Function.Ping", &messages.PingRequest{}, &messages.PingResponse{}); err != nil {
		client.Close()
		return err
	}
	l.client = client
	return nil
}

// whyGone tells a process that ended because it could not listen from one that had a reason of its own.
func (l *line) whyGone() error {
	if l.port.taken() {
		return function.ErrNoPlace
	}
	return errGone
}

// call makes a call and forgets it when the process ends, for then nothing comes any more.
func call(ctx context.Context, client *rpc.Client, method string, in, out any) error {
	select {
	case done := <-client.Go(method, in, out, make(chan *rpc.Call, 1)).Done:
		return done.Error
	case <-ctx.Done():
		return errGone
	}
}

// Close hangs up.
func (l *line) Close() {
	if l.client != nil {
		l.client.Close()
	}
	l.port.release()
}
