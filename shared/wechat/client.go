// Package wechat speaks WeChat's server API. Its one idea: whatever goes wrong, no error says more than which call
// failed, WeChat's number for it and the request id; the app secret, tokens, codes, openids and texts that travel in
// addresses, bodies and answers stay out of every error text. The package logs nothing.
//
// Code2Session logs a user in, Send notifies him (FateOf says what became of the message), CheckText has his words judged,
// ShareCode makes the picture that leads to a page. An API method is a call value and a type for its answer; Client.do is
// the one place that talks to the network, Client.authed the one that puts the access token in.
package wechat

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"wxlottery/shared/secret"
)

const (
	defaultBaseURL = "https://api.weixin.qq.com"
	callTimeout    = 3 * time.Second
	busyPause      = 100 * time.Millisecond
	// idleLife is shorter than what servers and NAT gateways keep an idle connection for, so that a function which was
	// frozen between requests does not write into one that is gone.
	idleLife  = 5 * time.Second
	idleConns = 64 // a worker sends a handful of messages at a time
)

// Config is what New needs.
type Config struct {
	AppID   string
	Secret  secret.Text
	BaseURL string // scheme, host and an optional path prefix; empty: https://api.weixin.qq.com
	// HTTP is optional; its redirect policy and cookie jar are not used. A transport that keeps connections alive lets
	// net/http send a GET again when one of them dies, which spends a one-use code twice; by default logins have one that
	// does not. A POST is never sent again, so the other calls keep their connections for a few seconds.
	HTTP   *http.Client
	Tokens TokenCache // optional: where access tokens are kept between instances; nil: in this process only
}

// Client calls WeChat for one app. It is safe for concurrent use.
type Client struct {
	appID   string
	secret  secret.Text
	base    *url.URL
	get     *http.Client
	post    *http.Client
	timeout time.Duration // of one request and its answer
	pause   time.Duration // before the second try of a busy call
	tokens  *keeper
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
	client := &Client{
		appID: c.AppID, secret: c.Secret, base: base,
		get: httpClient(c.HTTP, false), post: httpClient(c.HTTP, true),
		timeout: callTimeout, pause: busyPause,
	}
	client.tokens = newKeeper(client.stableToken, c.Tokens)
	return client, nil
}

// plain reports whether u is an address that paths and queries can be appended to.
func plain(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func httpClient(given *http.Client, keepAlive bool) *http.Client {
	c := &http.Client{}
	if given != nil {
		*c = *given
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSHandshakeTimeout: callTimeout,
			DisableKeepAlives:   !keepAlive, // see Config.HTTP
			IdleConnTimeout:     idleLife,
			MaxIdleConnsPerHost: idleConns,
		}
	}
	c.Jar = nil
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}
