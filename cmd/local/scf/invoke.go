package scf

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/rpc"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"

	"wxlottery/cmd/local/function"
)

// answerLimit is the cloud's limit for an answer: 6 MB.
const answerLimit = 6 << 20

// Invoke calls the function.
func (l *line) Invoke(ctx context.Context, c function.Call) ([]byte, error) {
	req, err := l.request(c)
	if err != nil {
		return nil, err
	}
	var res messages.InvokeResponse
	err = call(ctx, l.client, "Function.Invoke", req, &res)
	switch {
	case unsent(err):
		return nil, function.ErrNotTaken
	case err != nil:
		return nil, err
	case res.Error != nil:
		l.over = res.Error.ShouldExit
		return nil, reported(res.Error)
	case len(res.Payload) > answerLimit:
		return nil, &function.Error{Payload: []byte(`{"errorType":"TooLarge","errorMessage":"the limit for an answer is 6 MB"}`)}
	}
	return res.Payload, nil
}

// request has what the platform tells. The library takes a missing deadline for one in 1970.
func (l *line) request(c function.Call) (*messages.InvokeRequest, error) {
	environment, err := json.Marshal(c.Variables)
	if err != nil {
		return nil, err
	}
	return &messages.InvokeRequest{
		Payload:         c.Event,
		RequestId:       c.ID,
		Deadline:        messages.InvokeRequest_Timestamp{Seconds: c.Deadline.Unix(), Nanos: int64(c.Deadline.Nanosecond())},
		Namespace:       "default",
		FunctionName:    l.cfg.Name,
		FunctionVersion: "$LATEST",
		MemoryLimitInMb: 128,
		TimeLimitInMs:   int32(l.cfg.Timeout / time.Millisecond),
		Environment:     string(environment),
	}, nil
}

// unsent says that the request has not left this side, or not as a whole.
func unsent(err error) bool {
	var failed *net.OpError
	return errors.Is(err, rpc.ErrShutdown) || errors.As(err, &failed) && failed.Op == "write"
}

// reported gives an error of the function the shape that those of the other cloud have.
func reported(e *messages.InvokeResponse_Error) error {
	payload, err := json.Marshal(struct {
		Message string                                      `json:"errorMessage"`
		Type    string                                      `json:"errorType"`
		Stack   []*messages.InvokeResponse_Error_StackFrame `json:"stackTrace,omitempty"`
	}{e.Message, e.Type, e.StackTrace})
	if err != nil {
		return err
	}
	return &function.Error{Payload: payload}
}
