//go:build !scf

package cloud

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// StartHTTP serves h, wrapped by Wrap, as an AWS Lambda function behind an HTTP API, a function URL or a REST API. It
// never returns.
func StartHTTP(h http.Handler) {
	startLog()
	lambda.Start(function(HTTPHandler(h)))
}

// HTTPHandler is what StartHTTP serves: an event as JSON in, its answer as JSON out. It is for programs that play the
// platform, and never fails: whatever goes wrong is an answer.
func HTTPHandler(h http.Handler) func(ctx context.Context, payload []byte) ([]byte, error) {
	return onAWS(httpFunction(decodeAWS, h))
}

// StartTimer runs f for every event of an EventBridge rule or schedule, under a deadline that leaves two seconds. An
// error or panic of f is logged and reported to the platform; so is an f that goes on after its context has ended, and an
// HTTP event, for which f is not run. It never returns.
func StartTimer(f func(ctx context.Context, t Timer) error) {
	startLog()
	lambda.Start(onAWS(timerFunction(decodeAWSTimer, f)))
}

// StartCall runs f for every invocation of a function that only people and programs with a right to invoke it reach; an
// HTTP event is refused. f's result is the answer, as JSON. Its deadline leaves two seconds. An error of f is logged and
// reported to the platform with its text, a panic without it. It never returns.
func StartCall(f func(ctx context.Context, payload []byte) (any, error)) {
	startLog()
	lambda.Start(onAWS(callFunction(f)))
}

// onAWS gives an invocation its id, which is all there is for timers and for events without a request id.
func onAWS(f function) function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		if lc, ok := lambdacontext.FromContext(ctx); ok {
			ctx = withRequestID(ctx, lc.AwsRequestID)
		}
		return f(ctx, payload)
	}
}
