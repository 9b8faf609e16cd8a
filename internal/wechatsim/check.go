package wechatsim

import (
	"strings"
	"time"
	"unicode/utf8"
)

const (
	activeFor    = 2 * time.Hour // how long after his login a user's texts may be checked
	contentLimit = 2500          // characters
)

// opinion is the answer of msg_sec_check; WeChat's has more, in detail.
type opinion struct {
	success
	Result struct {
		Suggest string `json:"suggest"`
		Label   int    `json:"label"`
	} `json:"result"`
}

// msgSecCheck finds a text risky or in need of a review by the words RISKY and REVIEW in it, its title or the nickname.
func (s *Sim) msgSecCheck(r request) any {
	in, good := read[struct {
		Content  string `json:"content"`
		Scene    int    `json:"scene"`
		OpenID   string `json:"openid"`
		Title    string `json:"title"`
		Nickname string `json:"nickname"`
	}](r)
	if !good {
		return refuse(47001, "data format error")
	}
	u := s.users[in.OpenID]
	switch n := utf8.RuneCountInString(in.Content); {
	case u == nil:
		return refuse(40003, "invalid openid")
	case u.seen.IsZero() || s.now().Sub(u.seen) > activeFor:
		return refuse(61010, "code is expired")
	case in.Scene < 1 || in.Scene > 4:
		return refuse(40129, "invalid scene")
	case n < 1 || n > contentLimit:
		return refuse(44002, "empty or too long content")
	}
	return judge(in.Content + "\n" + in.Title + "\n" + in.Nickname)
}

func judge(text string) (o opinion) {
	o.success = ok
	o.Result.Suggest, o.Result.Label = "pass", 100
	switch {
	case strings.Contains(text, "RISKY"):
		o.Result.Suggest, o.Result.Label = "risky", 20006
	case strings.Contains(text, "REVIEW"):
		o.Result.Suggest, o.Result.Label = "review", 20006
	}
	return o
}
