package wechatsim

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	sentLimit = 200_000   // the oldest messages beyond it are forgotten
	tapsLimit = 1_000_000 // in one Subscribe
	// firstMsgID is so large, as WeChat's are, that a float64 cannot hold it exactly.
	firstMsgID = 4_000_000_000_000_000_000
)

type sendAnswer struct {
	success
	MsgID int64 `json:"msgid"`
}

// Value is how the text of a field is wrapped.
type Value struct {
	Value string `json:"value"`
}

// Sent is a message that WeChat accepted, also when a fault then kept its answer from the sender.
type Sent struct {
	ToUser     string           `json:"touser"`
	TemplateID string           `json:"template_id"`
	Page       string           `json:"page"`
	Data       map[string]Value `json:"data"`
	State      string           `json:"miniprogram_state"`
	At         time.Time        `json:"at"` // WeChat's time, UTC
}

// subscribeSend answers the first refusal that applies. Only an accepted message uses up a tap.
func (s *Sim) subscribeSend(r request) any {
	m, good := read[Sent](r)
	if !good {
		return refuse(47001, "data format error")
	}
	u := s.users[m.ToUser]
	fields, known := s.cfg.Templates[m.TemplateID]
	switch {
	case u == nil:
		return refuse(40003, "invalid openid")
	case !known:
		return refuse(40037, "invalid template_id")
	case m.Page != "" && !s.isPage(m.Page):
		return refuse(41030, "invalid page")
	case !fits(m.Data, fields):
		return refuse(47003, "argument invalid! data is not what the template needs")
	case u.taps[m.TemplateID] == 0:
		return refuse(43101, "user refuse to accept the msg")
	}
	u.taps[m.TemplateID]--
	m.At = s.now().UTC()
	s.keep(m)
	s.msgID++
	return sendAnswer{ok, firstMsgID + s.msgID}
}

// isPage reports whether a path, with or without a query, leads to a page of the app.
func (s *Sim) isPage(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	return slices.Contains(s.cfg.Pages, path)
}

// keep remembers a message; the caller holds mu.
func (s *Sim) keep(m Sent) {
	if len(s.sent) == sentLimit {
		s.sent[0] = Sent{} // the slice moves on, its array does not
		s.sent = s.sent[1:]
	}
	s.sent = append(s.sent, m)
}

// Subscribe is a user who taps n times (1 to 1,000,000) that he wants a message of this template; without a template, of
// every one.
func (s *Sim) Subscribe(openID, templateID string, n int) error {
	if err := checkOpenID(openID); err != nil {
		return err
	}
	if n < 1 || n > tapsLimit {
		return errors.New("n must be 1 to 1000000")
	}
	templates := slices.Collect(maps.Keys(s.cfg.Templates))
	if templateID != "" {
		templates = []string{templateID}
	}
	if _, known := s.cfg.Templates[templateID]; templateID != "" && !known || len(templates) == 0 {
		return errors.New("the app has no such template")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.user(openID)
	if u.taps == nil {
		u.taps = map[string]int{}
	}
	for _, id := range templates {
		u.taps[id] += n
	}
	return nil
}

// Sent returns the accepted messages, oldest first: the last 200,000 of them. Their Data is not to be changed.
func (s *Sim) Sent() []Sent { return s.sentTo("") }

// SentCount is how many messages Sent would return.
func (s *Sim) SentCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

// sentTo is Sent of one user; of all if openID is empty.
func (s *Sim) sentTo(openID string) []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	if openID == "" {
		return append([]Sent{}, s.sent...)
	}
	his := []Sent{}
	for _, m := range s.sent {
		if m.ToUser == openID {
			his = append(his, m)
		}
	}
	return his
}
