package wechatsim

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"time"
)

// identity is the answer to a good code. A new session key each time, as WeChat does when the old one has expired.
type identity struct {
	OpenID     string `json:"openid"`
	SessionKey string `json:"session_key"`
	UnionID    string `json:"unionid,omitempty"`
}

// jscode2session answers the first of WeChat's refusals that applies, in WeChat's order. Only success spends the code.
func (s *Sim) jscode2session(r request) any {
	if r.method != http.MethodGet {
		return refuse(43001, "require GET method")
	}
	q := r.query
	if no, bad := s.refuseApp(q); bad {
		return no
	}
	switch {
	case q.Get("js_code") == "":
		return refuse(41008, "missing code")
	case q.Get("grant_type") != "authorization_code":
		return refuse(40002, "invalid grant_type")
	}
	g := s.codes[q.Get("js_code")]
	if g == nil || s.expired(g) {
		return refuse(40029, "invalid code")
	}
	if g.used {
		return refuse(40163, "code been used")
	}
	u := s.user(g.openID)
	if u.flagged {
		return refuse(40226, "code blocked")
	}
	if !u.mayLogin(s.now()) {
		return refuse(45011, "api minute-quota reach limit  mustslower  retry next minute")
	}
	g.used, u.seen = true, s.now()
	return identity{g.openID, random(16, base64.StdEncoding), g.unionID}
}

// refuseApp checks who calls.
func (s *Sim) refuseApp(q url.Values) (refusal, bool) {
	switch {
	case q.Get("appid") == "":
		return refuse(41002, "appid missing"), true
	case q.Get("appid") != s.cfg.AppID:
		return refuse(40013, "invalid appid"), true
	case q.Get("secret") == "":
		return refuse(41004, "appsecret missing"), true
	case q.Get("secret") != s.cfg.Secret:
		return refuse(40125, "invalid appsecret"), true
	}
	return refusal{}, false
}

// mayLogin counts a login at now, unless there were rateLimit of them in the minute before.
func (u *user) mayLogin(now time.Time) bool {
	for len(u.logins) > 0 && now.Sub(u.logins[0]) >= rateWindow {
		u.logins = u.logins[1:]
	}
	if len(u.logins) >= rateLimit {
		return false
	}
	u.logins = append(u.logins, now)
	return true
}
