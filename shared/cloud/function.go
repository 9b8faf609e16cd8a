package cloud

import (
	"context"
	"encoding/json"
	"net/http"
)

// function is bytes in, bytes out: the form of a handler that no library puts its own JSON decoding around, which would
// make every unexpected event an error of the function.
type function func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke is what the library of either cloud calls. No panic gets out, as it would end the process: what the guards around
// handlers, ticks and calls leave is an error.
func (f function) Invoke(ctx context.Context, payload []byte) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			ctx, rec := withRecord(ctx)
			rec.writePanic(ctx, p)
			out, err = nil, errJobPanic
		}
	}()
	return f(ctx, payload)
}

// httpFunction answers the HTTP events that decode reads. It has no error: whatever goes wrong is an answer.
func httpFunction(decode httpDecoder, h http.Handler) function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		e, encode, err := decode(payload)
		return json.Marshal(encode(answer(ctx, h, e, err)))
	}
}

// timerFunction runs f for the timer events that decode reads. What decode refuses is a tick that failed.
func timerFunction(decode timerDecoder, f func(context.Context, Timer) error) function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		t, err := decode(payload)
		if err != nil {
			return nil, tick(ctx, func(context.Context, Timer) error { return err }, t)
		}
		return []byte("null"), tick(ctx, f, t)
	}
}

// callFunction runs f for direct invocations and gives its result as JSON.
func callFunction(f func(context.Context, []byte) (any, error)) function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		return job(ctx, "call", func(ctx context.Context) ([]byte, error) {
			if isHTTP(payload) {
				return nil, errHTTPEvent
			}
			result, err := f(ctx, payload)
			if err != nil {
				return nil, err
			}
			out, err := json.Marshal(result)
			if len(out) > AnswerLimit {
				return nil, errAnswer
			}
			return out, err
		})
	}
}
