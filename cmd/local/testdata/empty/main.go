// Command empty is a function for AWS Lambda that does nothing: what any function's start costs at least.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, json.RawMessage) (any, error) {
		return map[string]any{"statusCode": 200, "headers": map[string]string{"content-type": "text/plain"}, "body": "here"}, nil
	})
}
