// Command toy is a function for tests: it does what its event asks for. Built with -tags scf it is one for Tencent.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// An order is what a test wants done; Body is set when the event came through the gateway, with the order in it.
type order struct {
	Do    string `json:"do"`
	Wait  string `json:"wait"`  // a file: the answer is held back until it is there
	Touch string `json:"touch"` // a file to make first, so that a test knows the work has begun
	Body  string `json:"body"`
}

var (
	bornWith = os.Environ() // the environment at the start
	served   int            // events so far
)

func main() {
	if os.Getenv("TOY_START") == "crash" {
		fmt.Fprintln(os.Stderr, "toy: no start today")
		os.Exit(3)
	}
	start()
}

func await(file string) {
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func handle(ctx context.Context, event []byte) (any, error) {
	served++
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
	case "panic":
		panic("toy: as ordered")
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
	return map[string]any{
		"pid": os.Getpid(), "nth": served, "left_ms": time.Until(deadline).Milliseconds(), "call": callOf(ctx),
		"env": os.Environ(), "born_with": bornWith,
	}, nil
}
