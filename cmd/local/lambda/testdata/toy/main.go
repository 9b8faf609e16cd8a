// Command toy is a function for tests: it does what its event asks for.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// An order is what a test wants done; Body is set when the event came through the gateway, with the order in it.
type order struct {
	Do    string `json:"do"`
	Wait  string `json:"wait"`  // a file: the answer is held back until it is there
	Touch string `json:"touch"` // a file to make first, so that a test knows the work has begun
	Body  string `json:"body"`
}

func main() {
	if os.Getenv("TOY_START") == "crash" {
		fmt.Fprintln(os.Stderr, "toy: no start today")
		os.Exit(3)
	}
	if gate := os.Getenv("TOY_GATE"); gate != "" {
		answerThenWait(gate)
	}
	lambda.Start(handle)
}

// answerThenWait speaks the Runtime API by hand: it answers each event at once, but asks for more only when gate exists.
func answerThenWait(gate string) {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		event, err := http.Get(api + "next")
		if err != nil {
			os.Exit(1)
		}
		io.Copy(io.Discard, event.Body)
		id := event.Header.Get("Lambda-Runtime-Aws-Request-Id")
		http.Post(api+"an-older-one/response", "", strings.NewReader(`"too late"`))
		http.Post(api+id+"/response", "", strings.NewReader(fmt.Sprintf(`{"pid":%d}`, os.Getpid())))
		await(gate)
	}
}

func await(file string) {
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	var o order
	json.Unmarshal(event, &o)
	if o.Body != "" {
		json.Unmarshal([]byte(o.Body), &o)
	}
	fmt.Fprintln(os.Stderr, "toy: do", o.Do)
	if o.Touch != "" {
		os.WriteFile(o.Touch, nil, 0o600)
	}
	if o.Wait != "" {
		await(o.Wait)
	}
	switch o.Do {
	case "crash":
		os.Exit(7)
	case "error":
		return nil, errors.New("toy: as ordered")
	case "hang":
		for {
			time.Sleep(time.Hour)
		}
	case "big":
		return string(make([]byte, 7<<20)), nil
	case "http":
		return map[string]any{"statusCode": 200, "headers": map[string]string{"content-type": "application/json"}, "body": string(event)}, nil
	}
	deadline, _ := ctx.Deadline()
	call, _ := lambdacontext.FromContext(ctx)
	return map[string]any{
		"pid": os.Getpid(), "left_ms": time.Until(deadline).Milliseconds(), "id": call.AwsRequestID,
		"arn": call.InvokedFunctionArn, "env": os.Environ(),
	}, nil
}
