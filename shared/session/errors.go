package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"wxlottery/shared/fault"
)

// down says that Redis failed while doing something.
func down(doing string, err error) error {
	return fault.Down(fmt.Errorf("session: %s: %w", doing, cause(err)))
}

// cause keeps of a Redis error what is known to quote neither a command, as the reply to an unknown one does (with a
// password or an openid among its arguments), nor a reply, as parse errors do. Of anything else the type is told.
func cause(err error) error {
	var reply redis.Error
	if errors.As(err, &reply) {
		text := reply.Error()
		if i := strings.IndexAny(text, "'`\""); i >= 0 {
			text = text[:i]
		}
		return fmt.Errorf("redis: %.80s", strings.TrimSpace(text))
	}
	for _, known := range []error{
		context.DeadlineExceeded, context.Canceled, io.ErrUnexpectedEOF, io.EOF,
		redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Errorf("redis: error of type %T", err)
}
