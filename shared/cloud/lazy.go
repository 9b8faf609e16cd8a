package cloud

import (
	"context"
	"errors"
	"net/http"
	"sync"
)

// Lazy builds the handler at the first request, because some platforms hand over the configuration only then. Requests
// that arrive meanwhile wait for the same attempt and share its outcome; a failed one answers its fault, and the next
// request tries again. The context given to open ends with the request: what is opened must not keep it.
func Lazy(open func(context.Context) (http.Handler, error)) http.Handler {
	return &lazy{open: open}
}

type lazy struct {
	open func(context.Context) (http.Handler, error)

	mu  sync.Mutex
	try *attempt // the one under way or the one that succeeded; nil before the first and after a failure
}

// attempt is one call of open; handler and err may be read once done is closed.
type attempt struct {
	done    chan struct{}
	handler http.Handler
	err     error
}

var errOpenPanicked = errors.New("opening the handler panicked")

func (l *lazy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, err := l.handler(r.Context())
	if err != nil {
		WriteError(w, r, err)
		return
	}
	h.ServeHTTP(w, r)
}

func (l *lazy) handler(ctx context.Context) (http.Handler, error) {
	l.mu.Lock()
	try := l.try
	if try == nil {
		try = &attempt{done: make(chan struct{}), err: errOpenPanicked}
		l.try = try
		l.mu.Unlock()
		l.run(ctx, try)
		return try.handler, try.err
	}
	l.mu.Unlock()
	select {
	case <-try.done:
		return try.handler, try.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run makes the attempt and forgets it when it failed, also by a panic.
func (l *lazy) run(ctx context.Context, try *attempt) {
	defer func() {
		if try.err != nil {
			l.mu.Lock()
			l.try = nil
			l.mu.Unlock()
		}
		close(try.done)
	}()
	try.handler, try.err = l.open(ctx)
}
