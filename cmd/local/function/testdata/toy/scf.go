//go:build scf

package main

import (
	"context"
	"encoding/json"

	"github.com/tencentyun/scf-go-lib/cloudfunction"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

func start() {
	cloudfunction.Start(func(ctx context.Context, event json.RawMessage) (any, error) { return handle(ctx, event) })
}

// callOf is what the library knows of the invocation.
func callOf(ctx context.Context) map[string]any {
	call, _ := functioncontext.FromContext(ctx)
	return map[string]any{
		"id": call.RequestID, "name": call.FunctionName, "version": call.FunctionVersion, "namespace": call.Namespace,
		"memory": call.MemoryLimitInMb, "limit_ms": call.TimeLimitInMs,
	}
}
