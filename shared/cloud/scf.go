//go:build scf

package cloud

import (
	"context"
	"net/http"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// StartHTTP serves h, wrapped by Wrap, as a Tencent SCF event function behind a function URL, a custom domain or the
// retired API Gateway. It never returns.
func StartHTTP(h http.Handler) {
	startLog()
	cloudfunction.StartHandler(function(HTTPHandler(h)))
}

// HTTPHandler is what StartHTTP serves: an event as JSON in, its answer as JSON out. It is for programs that play the
// platform, and never fails: whatever goes wrong is an answer.
func HTTPHandler(h http.Handler) func(ctx context.Context, payload []byte) ([]byte, error) {
	return onSCF(httpFunction(decodeSCF, h))
}

// StartTimer runs f for every event of a timer trigger, under a deadline that leaves two seconds. An error or panic of f
// is logged and reported to the platform; so is an f that goes on after its context has ended, and an HTTP event, for
// which f is not run. It never returns.
func StartTimer(f func(ctx context.Context, t Timer) error) {
	startLog()
	cloudfunction.StartHandler(onSCF(timerFunction(decodeSCFTimer, f)))
}

// StartCall runs f for every invocation of a function that only people and programs with a right to invoke it reach; an
// HTTP event is refused. f's result is the answer, as JSON. Its deadline leaves two seconds. An error of f is logged and
// reported to the platform with its text, a panic without it. It never returns.
func StartCall(f func(ctx context.Context, payload []byte) (any, error)) {
	startLog()
	cloudfunction.StartHandler(onSCF(callFunction(f)))
}

// onSCF gives an invocation its id and its deadline. The id is the platform's for the invocation, not one of the event,
// where a header may hold a client's.
func onSCF(f function) function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var limit time.Duration
		if fc, ok := functioncontext.FromContext(ctx); ok {
			ctx = withRequestID(ctx, fc.RequestID)
			limit = time.Duration(fc.TimeLimitInMs) * time.Millisecond
		}
		ctx, cancel := withLimit(ctx, limit)
		defer cancel()
		return f(ctx, payload)
	}
}
