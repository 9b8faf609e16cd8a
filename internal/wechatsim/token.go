package wechatsim

import (
	"encoding/base64"
	"net/http"
	"time"
)

const (
	tokenLife  = 2 * time.Hour
	tokenRenew = 5 * time.Minute // what a token has left when WeChat starts to give out the next, and how long it then lives
)

// token is an access token and the end of its life.
type token struct {
	value string
	end   time.Time
}

// tokens are the one that is given out and the one before it. All others are forgotten and so unknown.
type tokens struct{ current, old token }

type tokenAnswer struct {
	Token   string `json:"access_token"`
	Seconds int    `json:"expires_in"`
}

// stableToken gives out the same token until its last five minutes. With force_refresh the old one dies at once.
func (s *Sim) stableToken(r request) any {
	if r.method != http.MethodPost {
		return refuse(43002, "require POST method")
	}
	in, good := read[struct {
		GrantType string `json:"grant_type"`
		AppID     string `json:"appid"`
		Secret    string `json:"secret"`
		Force     bool   `json:"force_refresh"`
	}](r)
	switch {
	case !good:
		return refuse(47001, "data format error")
	case in.GrantType != "client_credential":
		return refuse(40002, "invalid grant_type")
	case in.AppID != s.cfg.AppID:
		return refuse(40013, "invalid appid")
	case in.Secret != s.cfg.Secret:
		return refuse(40125, "invalid appsecret")
	}
	now := s.now()
	t := s.tokens.give(now, in.Force)
	return tokenAnswer{t.value, int(t.end.Sub(now) / time.Second)}
}

// give returns the current token, after making it if there is none that is good for long enough.
func (t *tokens) give(now time.Time, force bool) token {
	left := t.current.end.Sub(now)
	if t.current.value != "" && left > tokenRenew && !force {
		return t.current
	}
	t.old = token{}
	if t.current.value != "" && left > 0 && !force {
		t.old = token{t.current.value, now.Add(tokenRenew)}
	}
	t.current = token{random(96, base64.RawURLEncoding), now.Add(tokenLife)}
	return t.current
}

// refuse says what is wrong with a token that a call came with.
func (t *tokens) refuse(value string, now time.Time) (refusal, bool) {
	switch {
	case value == "":
		return refuse(41001, "access_token missing"), true
	case value == t.current.value && now.Before(t.current.end):
		return refusal{}, false
	case value == t.current.value:
		return refuse(42001, "access_token expired"), true
	case value == t.old.value && now.Before(t.old.end):
		return refusal{}, false
	}
	return refuse(40001, "invalid credential, access_token is invalid or not latest"), true
}

// authed puts the checks that all calls with a token share before the work of one.
func authed(work endpoint) endpoint {
	return func(s *Sim, r request) any {
		if r.method != http.MethodPost {
			return refuse(43002, "require POST method")
		}
		if no, bad := s.tokens.refuse(r.query.Get("access_token"), s.now()); bad {
			return no
		}
		return work(s, r)
	}
}

// Revoke makes the access tokens that are out invalid at once, as a reset of the app secret or a forced refresh by somebody
// else does. The next call of stable_token makes a new one.
func (s *Sim) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = tokens{}
}
