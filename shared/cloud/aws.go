//go:build !scf

package cloud

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// StartHTTP serves h, wrapped by Wrap, as an AWS Lambda function behind an HTTP API, a function URL or a REST API. It
// never returns.
func StartHTTP(h http.Handler) {
	startLog()
	lambda.Start(httpFunction(h))
}

// StartTimer runs f, under a deadline that leaves two seconds, for every event of an EventBridge rule or schedule; f
// ought to end when its context does. An error or panic of f is logged and reported to the platform. It never returns.
func StartTimer(f func(ctx context.Context, t Timer) error) {
	startLog()
	lambda.Start(timerFunction(f))
}

// function is bytes in, bytes out: the form of a handler that the library does not put its own JSON decoding around,
// which would make every unexpected event an error of the function.
type function func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke is what the Lambda library calls.
func (f function) Invoke(ctx context.Context, payload []byte) ([]byte, error) { return f(ctx, payload) }

func httpFunction(h http.Handler) function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		e, encode, err := decodeAWS(payload)
		if e.requestID == "" {
			e.requestID = awsRequestID(ctx)
		}
		return json.Marshal(encode(answer(ctx, h, e, err)))
	}
}

func timerFunction(f func(context.Context, Timer) error) function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		ctx = withRequestID(ctx, awsRequestID(ctx))
		return []byte("null"), tick(ctx, f, decodeAWSTimer(payload))
	}
}

// awsRequestID is the id of the invocation, which is all there is for timers and for events without a request id.
func awsRequestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
