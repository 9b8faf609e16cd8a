//go:build !scf

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func start() {
	if gate := os.Getenv("TOY_GATE"); gate != "" {
		answerThenWait(gate)
	}
	lambda.Start(func(ctx context.Context, event json.RawMessage) (any, error) { return handle(ctx, event) })
}

// callOf is what the library knows of the invocation.
func callOf(ctx context.Context) map[string]any {
	call, _ := lambdacontext.FromContext(ctx)
	return map[string]any{"id": call.AwsRequestID, "arn": call.InvokedFunctionArn}
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
