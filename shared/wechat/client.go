// Package wechat speaks WeChat's server API. Its one idea: whatever goes wrong, no error says more than which call
// failed, WeChat's number for it and the request id; the app secret, codes and openids that travel in addresses and
// answers stay out of every error text. The package logs nothing.
//
// An API method is a call value and a type for its answer; Client.do is the one place that talks to the network.
package wechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"wxlottery/shared/secret"
)

const (
	defaultBaseURL = "https://api.weixin.qq.com"
	callTimeout    = 3 * time.Second
	busyPause      = 100 * time.Millisecond
	answerLimit    = 64 << 10
)

// Config is what New needs.
type Config struct {
	AppID   string
	Secret  secret.Text
	BaseURL string // scheme, host and an optional path prefix; empty: https://api.weixin.qq.com
	// HTTP is optional; its redirect policy and cookie jar are not used. A transport that keeps connections alive lets
	// net/http send a GET again when one of them dies, which spends a one-use code twice; the default one does not.
	HTTP *http.Client
}

// Client calls WeChat for one app. It is safe for concurrent use.
type Client struct {
	appID   string
	secret  secret.Text
	base    *url.URL
	http    *http.Client
	timeout time.Duration // of one request and its answer
	pause   time.Duration // before the second try of a busy call
}

// New makes a client; it does not call WeChat.
func New(c Config) (*Client, error) {
	if c.AppID == "" || c.Secret.IsZero() {
		return nil, errors.New("wechat: app id and secret must be set")
	}
	if c.BaseURL == "" {
		c.BaseURL = defaultBaseURL
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || !plain(base) {
		return nil, errors.New("wechat: the base URL must be http(s)://host[:port][/prefix] and nothing more")
	}
	return &Client{c.AppID, c.Secret, base, httpClient(c.HTTP), callTimeout, busyPause}, nil
}

// plain reports whether u is an address that paths and queries can be appended to.
func plain(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func httpClient(given *http.Client) *http.Client {
	c := &http.Client{}
	if given != nil {
		*c = *given
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSHandshakeTimeout: callTimeout,
			DisableKeepAlives:   true, // see Config.HTTP
		}
	}
	c.Jar = nil
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// call is one request to WeChat.
type call struct {
	api   string // the name in errors
	path  string // below the base URL
	query url.Values
}

// do makes the call and decodes the answer into out. The error is an *Error when WeChat answered with an errcode; any
// other error means that no usable answer came, and the call may or may not have had its effect.
func (c *Client) do(ctx context.Context, k call, out any) error {
	body, err := c.fetch(ctx, k)
	if err != nil {
		return fmt.Errorf("wechat: %s: %w", k.api, err)
	}
	var head struct {
		Code    errcode `json:"errcode"`
		Message string  `json:"errmsg"`
	}
	// The texts of JSON errors quote the answer, so they are dropped.
	if json.Unmarshal(body, &head) != nil {
		return fmt.Errorf("wechat: %s: the answer is not the JSON we know", k.api)
	}
	if head.Code != 0 {
		return &Error{API: k.api, Code: int(head.Code), RID: ridOf(head.Message)}
	}
	if json.Unmarshal(body, out) != nil {
		return fmt.Errorf("wechat: %s: the answer has fields of unknown types", k.api)
	}
	return nil
}

// doBusy is do, and once more after a pause when WeChat says it is busy and the context has time left. Nothing else is
// tried again: after a lost answer nobody knows whether a one-use code is spent.
func (c *Client) doBusy(ctx context.Context, k call, out any) error {
	err := c.do(ctx, k, out)
	var e *Error
	if !errors.As(err, &e) || e.Code != codeBusy {
		return err
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= c.pause {
		return err
	}
	select {
	case <-ctx.Done():
		return err
	case <-time.After(c.pause):
		return c.do(ctx, k, out)
	}
}

// fetch returns the body of a 200 answer, whatever is in it.
func (c *Client) fetch(ctx context.Context, k call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	u := c.base.JoinPath(k.path)
	u.RawQuery = k.query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("the request cannot be built") // err quotes the URL
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = resp.Body.Close() }() // what was read is all that matters
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	if err != nil {
		return nil, cause(err)
	}
	if len(body) > answerLimit {
		return nil, fmt.Errorf("the answer is over %d bytes", answerLimit)
	}
	return body, nil
}
