//go:build !scf

package cloud

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

const (
	startWay     = "AWS 2.0 (HTTP API)"
	startMessage = "detail"
)

// startPlatform is the Lambda service as far as one environment sees it.
func (c *child) startPlatform() func(invocation) outcome {
	t := c.t
	t.Helper()
	next, done := make(chan invocation), make(chan outcome)
	mux := http.NewServeMux()
	const api = "/2018-06-01/runtime/invocation/"
	mux.HandleFunc("GET "+api+"next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case in := <-next:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", in.id)
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(in.limit).UnixMilli()))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:f")
			_, _ = io.WriteString(w, in.payload)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST "+api+"{id}/{how}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		o := outcome{out: body}
		if r.PathValue("how") == "error" {
			var report struct{ ErrorMessage string }
			_ = json.Unmarshal(body, &report)
			o = outcome{failure: report.ErrorMessage, exit: report.ErrorMessage == ""}
		}
		done <- o
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	c.cmd.Env = append(c.cmd.Env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(srv.URL, "http://"))
	c.run() // it ends before the server: the poll would keep that open
	return func(in invocation) outcome {
		t.Helper()
		select {
		case next <- in:
		case <-time.After(time.Minute):
			t.Fatal("the function asks for no invocation")
		}
		select {
		case o := <-done:
			return o
		case <-time.After(time.Minute):
			t.Fatal("the function does not answer")
			return outcome{}
		}
	}
}
