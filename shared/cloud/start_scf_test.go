//go:build scf

package cloud

import (
	"net"
	"net/rpc"
	"strconv"
	"testing"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

const (
	startWay     = "SCF function URL"
	startMessage = "Message"
)

// startPlatform is the SCF service as far as one instance sees it.
func (c *child) startPlatform() func(invocation) outcome {
	client := c.startInstance()
	return func(in invocation) outcome {
		c.t.Helper()
		end := time.Now().Add(in.limit)
		return invokeSCF(c.t, client, messages.InvokeRequest{
			Payload: []byte(in.payload), RequestId: in.id,
			Deadline: messages.InvokeRequest_Timestamp{Seconds: end.Unix(), Nanos: int64(end.Nanosecond())},
		})
	}
}

func (c *child) startInstance() *rpc.Client {
	t := c.t
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	_, port, _ := net.SplitHostPort(address)
	c.cmd.Env = append(c.cmd.Env, "_LAMBDA_SERVER_PORT="+port)
	c.run()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		client, err := rpc.Dial("tcp", address)
		if err == nil {
			t.Cleanup(func() { _ = client.Close() })
			if err := client.Call("Function.Ping", messages.PingRequest{}, &messages.PingResponse{}); err != nil {
				t.Fatal(err)
			}
			return client
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func invokeSCF(t *testing.T, client *rpc.Client, req messages.InvokeRequest) outcome {
	t.Helper()
	var res messages.InvokeResponse
	call := client.Go("Function.Invoke", req, &res, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		if call.Error != nil {
			t.Fatal(call.Error)
		}
	case <-time.After(time.Minute):
		t.Fatal("the function does not answer")
	}
	if res.Error != nil {
		return outcome{failure: res.Error.Message, exit: res.Error.ShouldExit}
	}
	return outcome{out: res.Payload}
}

// Without a deadline in the request the library ends every context at once.
func TestARequestWithoutADeadlineIsServedWithinTheFunctionsLimit(t *testing.T) {
	t.Parallel()
	c := newChild(t, "http")
	client := c.startInstance()
	for path, tt := range map[string]struct {
		limit  int32
		status int
	}{"/echo/a": {0, 201}, "/echo/b": {30_000, 201}, "/sleep": {5000, 503}} {
		begin := time.Now()
		got := invokeSCF(t, client, messages.InvokeRequest{
			Payload:   []byte(mustJSON(t, eventURL(call{method: "GET", path: path}))),
			RequestId: "id " + strconv.Itoa(int(tt.limit)), TimeLimitInMs: tt.limit,
		})
		if answer := readAnswer(t, got.out); answer.Status != tt.status || tt.limit == 5000 && time.Since(begin) >= 5*time.Second {
			t.Errorf("%s, %d ms: %d after %v %s", path, tt.limit, answer.Status, time.Since(begin), got.failure)
		}
	}
	for _, rec := range c.records() {
		if id, _ := rec["request_id"].(string); rec["msg"] == "request" && id[:3] != "id " {
			t.Errorf("the invocation's id is not in %v", rec)
		}
	}
}
