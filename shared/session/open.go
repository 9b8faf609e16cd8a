package session

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"wxlottery/shared/secret"
)

const (
	ioTimeout = time.Second
	poolSize  = 2 // an instance serves one request at a time; the second is for the daily slide of a slow one
	// idleLife is below what the clouds' load balancers and NAT gateways keep an idle connection for (5 minutes or more).
	idleLife = 4 * time.Minute
)

// RedisOptions say where Redis is.
type RedisOptions struct {
	Addr     string // host:port
	Username string // empty: the default user
	Password secret.Text
	TLS      bool // the certificate must be good for the host of Addr
}

// Open makes a client with what suits a function: few connections, an answer within about two seconds or an error, and a
// context that is honoured. It does not talk to Redis yet, and it silences the library's own logger, which prints
// addresses, for the whole process; the errors it would log come back from the calls anyway.
func Open(o RedisOptions) *redis.Client {
	logging.Disable()
	return redis.NewClient(&redis.Options{
		Addr:     o.Addr,
		Username: o.Username,
		Password: o.Password.Reveal(),
		Dialer:   dialer(o.TLS),

		// RESP2: every server and proxy speaks it, and nothing here needs the push messages of RESP3.
		Protocol:                 2,
		DisableIdentity:          true, // no CLIENT SETINFO, one round trip less at a cold start
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},

		DialTimeout:           ioTimeout,
		DialerRetries:         1, // MaxRetries dials again
		ReadTimeout:           ioTimeout,
		WriteTimeout:          ioTimeout,
		ContextTimeoutEnabled: true,
		MaxRetries:            1, // every command here may be repeated

		PoolSize:         poolSize,
		PipelinePoolSize: -1, // pipelines share the pool
		ConnMaxIdleTime:  idleLife,
	})
}

// dialer never fails: what a failed dial gives is a connection that answers every use with the error. The library counts
// failed dials, and after PoolSize of them it refuses to dial at all until a probe in the background, one a second, gets
// through; a function that is frozen between requests would meet its users with errors from before the freeze.
func dialer(withTLS bool) func(ctx context.Context, network, addr string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: ioTimeout}
	dial := plain.DialContext
	if withTLS {
		dial = (&tls.Dialer{NetDialer: plain}).DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return newDeadConn(err), nil
		}
		return conn, nil
	}
}

// deadConn is a connection that could not be made.
type deadConn struct {
	net.Conn // addresses, deadlines and Close
	err      error
}

func newDeadConn(err error) deadConn {
	here, there := net.Pipe()
	_ = there.Close() // a pipe's Close never fails
	return deadConn{here, err}
}

func (c deadConn) Read([]byte) (int, error)  { return 0, c.err }
func (c deadConn) Write([]byte) (int, error) { return 0, c.err }
