package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"wxlottery/shared/fault"
)

var (
	errCodeSpent   = fault.New(fault.LoginRequired, "login_code_spent", "the login code is spent, please log in again")
	errUserBlocked = fault.New(fault.Forbidden, "user_blocked", "WeChat has blocked this user")
	errTooOften    = fault.New(fault.RateLimited, "rate_limited", "too many logins in a minute, please wait")
	errOurs        = fault.New(fault.Internal, "internal", "something went wrong on our side")
)

// openIDLimit is the longest openid in bytes that anything downstream has to hold; WeChat's have 28.
const openIDLimit = 64

// isCode reports whether s has the form of a login code. (A regular expression for it would cost a tenth of a cold start.)
func isCode(s string) bool {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
	return s != "" && len(s) <= 128 && strings.Trim(s, letters) == ""
}

// Session is who a login code stands for. WeChat's session_key is not in it, nor anywhere else: the lottery decrypts
// nothing, and what is never decoded cannot leak.
type Session struct {
	OpenID  string `json:"openid"`  // 1 to 64 bytes
	UnionID string `json:"unionid"` // empty unless the app belongs to an open platform account
}

// Code2Session exchanges the one-use code of wx.login (valid for 5 minutes) for its user. Every error is a
// *fault.Error: invalid_code (WeChat is not asked), login_code_spent, user_blocked, rate_limited, internal for our own
// configuration, unavailable when WeChat is busy or no usable answer comes; an *Error is among its causes when WeChat
// answered.
func (c *Client) Code2Session(ctx context.Context, code string) (Session, error) {
	if !isCode(code) {
		return Session{}, fault.Invalid("code", "code must be 1 to 128 letters, digits, _ or -")
	}
	var s Session
	err := c.do(ctx, call{
		api:  "jscode2session",
		path: "/sns/jscode2session",
		busy: true,
		query: url.Values{
			"appid":      {c.appID},
			"secret":     {c.secret.Reveal()},
			"js_code":    {code},
			"grant_type": {"authorization_code"},
		},
	}, &s)
	if err != nil {
		return Session{}, loginFault(err)
	}
	if n := len(s.OpenID); n < 1 || n > openIDLimit {
		return Session{}, fault.Down(fmt.Errorf("wechat: jscode2session: the answer has an openid of %d bytes", n))
	}
	return s, nil
}

// loginFault says what a failed login means to the client. An errcode we do not know is ours to look into.
func loginFault(err error) *fault.Error {
	var e *Error
	if !errors.As(err, &e) {
		return fault.Down(err)
	}
	switch e.Code {
	case codeBusy:
		return fault.Down(err)
	case codeInvalid, codeUsed:
		return errCodeSpent.Because(err)
	case codeUserBlocked:
		return errUserBlocked.Because(err)
	case codeTooOften:
		f := errTooOften.Because(err)
		f.RetryAfter = time.Minute
		return f
	}
	return errOurs.Because(err)
}
