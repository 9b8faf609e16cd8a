package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const answerLimit = 64 << 10

// call is one request to WeChat.
type call struct {
	api   string // the name in errors
	path  string // below the base URL
	query url.Values
	body  []byte // JSON to POST; nil: a GET
	busy  bool   // may be made again when WeChat is busy, because then nothing has happened and a repetition harms nothing
	limit int    // of the answer in bytes; 0: answerLimit
}

// binary is an answer that is no JSON when it is a good one.
type binary interface {
	read(body []byte) bool // false: look for a refusal in it
}

// do makes the call and decodes the answer into out, and once more after a pause if the call allows it, WeChat says it is
// busy and the context has time left. Nothing else is tried again: after a lost answer nobody knows whether a one-use code
// is spent or a message sent.
func (c *Client) do(ctx context.Context, k call, out any) error {
	err := c.once(ctx, k, out)
	if !k.busy || CodeOf(err) != codeBusy {
		return err
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= c.pause {
		return err
	}
	select {
	case <-ctx.Done():
		return err
	case <-time.After(c.pause):
		return c.once(ctx, k, out)
	}
}

// once makes one request. The error is an *Error when WeChat answered with an errcode; any other error means that no usable
// answer came, and the call may or may not have had its effect.
func (c *Client) once(ctx context.Context, k call, out any) error {
	body, err := c.fetch(ctx, k)
	if err != nil {
		return fmt.Errorf("wechat: %s: %w", k.api, err)
	}
	if b, ok := out.(binary); ok && b.read(body) {
		return nil
	}
	return decode(k.api, body, out)
}

// decode reads a JSON answer. The texts of JSON errors quote it, so they are dropped.
func decode(api string, body []byte, out any) error {
	var head struct {
		Code    number `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if json.Unmarshal(body, &head) != nil {
		return fmt.Errorf("wechat: %s: the answer is not the JSON we know", api)
	}
	if head.Code != 0 {
		return &Error{API: api, Code: int(head.Code), RID: ridOf(head.Message)}
	}
	if json.Unmarshal(body, out) != nil {
		return fmt.Errorf("wechat: %s: the answer has fields of unknown types", api)
	}
	return nil
}

// incomplete is the error of an answer that is JSON and no refusal, but lacks what the call is for.
func incomplete(api, what string) error {
	return fmt.Errorf("wechat: %s: the answer has no usable %s", api, what)
}

// encode is JSON as WeChat writes it: < > & stand for themselves.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings, numbers and booleans always have a JSON
	return bytes.TrimSpace(b.Bytes())
}

// fetch returns the body of a 200 answer, whatever is in it.
func (c *Client) fetch(ctx context.Context, k call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, client, err := c.request(ctx, k)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = resp.Body.Close() }() // what was read is all that matters
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %d", resp.StatusCode)
	}
	limit := answerLimit
	if k.limit > 0 {
		limit = k.limit
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err != nil {
		return nil, cause(err)
	}
	if len(body) > limit {
		return nil, fmt.Errorf("the answer is over %d bytes", limit)
	}
	return body, nil
}

// request builds a call's request and says which client is to make it.
func (c *Client) request(ctx context.Context, k call) (*http.Request, *http.Client, error) {
	u := c.base.JoinPath(k.path)
	u.RawQuery = k.query.Encode()
	method, client := http.MethodGet, c.get
	if k.body != nil {
		method, client = http.MethodPost, c.post
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(k.body))
	if err != nil {
		return nil, nil, errors.New("the request cannot be built") // err quotes the URL
	}
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, client, nil
}
