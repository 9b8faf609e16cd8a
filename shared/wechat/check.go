package wechat

import (
	"context"
	"errors"
	"unicode/utf8"

	"wxlottery/shared/fault"
)

const contentLimit = 2500 // characters

// Text is something a user wrote for others to read.
type Text struct {
	OpenID   string // who wrote it; must have been active in the last two hours
	Content  string // 1 to 2500 characters
	Title    string // optional
	Nickname string // optional
}

// Verdict is WeChat's opinion of a text.
type Verdict uint8

// The verdicts. Whatever WeChat may say besides pass and risky is for a person to look at.
const (
	Pass Verdict = iota
	Review
	Risky
)

// CheckText asks WeChat whether a text may be published. Every error is a *fault.Error: unavailable when no usable answer
// comes or the day's quota is used up, else internal. It comes with Review, and the text must be held.
func (c *Client) CheckText(ctx context.Context, t Text) (Verdict, error) {
	if n := utf8.RuneCountInString(t.Content); n < 1 || n > contentLimit {
		return Review, errOurs.Because(errors.New("wechat: msg_sec_check: content must be 1 to 2500 characters"))
	}
	var out struct {
		Result struct {
			Suggest string `json:"suggest"`
		} `json:"result"`
	}
	err := c.authed(ctx, call{api: "msg_sec_check", path: "/wxa/msg_sec_check", busy: true, body: t.body()}, &out)
	if err == nil && out.Result.Suggest == "" {
		err = incomplete("msg_sec_check", "suggest")
	}
	if err != nil {
		return Review, callFault(err)
	}
	switch out.Result.Suggest {
	case "pass":
		return Pass, nil
	case "risky":
		return Risky, nil
	}
	return Review, nil
}

func (t Text) body() []byte {
	return encode(struct {
		Content  string `json:"content"`
		Version  int    `json:"version"`
		Scene    int    `json:"scene"` // 3: a forum, the nearest to what an organiser writes
		OpenID   string `json:"openid"`
		Title    string `json:"title,omitempty"`
		Nickname string `json:"nickname,omitempty"`
	}{t.Content, 2, 3, t.OpenID, t.Title, t.Nickname})
}

// callFault says what a failed call means to the user who waits for it.
func callFault(err error) *fault.Error {
	switch FateOf(err) {
	case NoAnswer, Quota:
		return fault.Down(err)
	}
	return errOurs.Because(err)
}
