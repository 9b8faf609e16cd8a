// Package wechatsim stands in for WeChat's servers: the API that functions call, and a control plane for what a phone,
// a user or bad luck would do. Its one idea: every answer that WeChat documents can be had on purpose and without
// waiting, so a client is tested against the real conversation instead of a mock of itself.
//
// API serves WeChat's paths: /sns/jscode2session, /cgi-bin/stable_token, /cgi-bin/message/subscribe/send,
// /wxa/getwxacodeunlimit and /wxa/msg_sec_check. Control serves /code, /flag, /subscribe, /revoke, /fault, /clock, /sent, /log
// and /reset. Both are to be mounted below any prefix with http.StripPrefix. Tests may call the methods of the same names
// instead.
package wechatsim

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	codeLife   = 5 * time.Minute
	rateWindow = time.Minute
	rateLimit  = 100    // logins of one user in rateWindow
	logLimit   = 10_000 // the log forgets the oldest calls beyond it
	sweepFrom  = 1024   // codes held before expired ones are looked for
)

// Config is one simulated app.
type Config struct {
	AppID  string
	Secret string
	Now    func() time.Time // nil: time.Now
	// Templates are the subscribe messages of the app: id → field names such as thing1, phrase2, time3, number4.
	Templates map[string][]string
	Pages     []string // the published pages: paths without a query
}

// Sim is the simulated WeChat of one app. It is safe for concurrent use and keeps everything in memory.
type Sim struct {
	cfg Config

	mu      sync.Mutex
	ahead   time.Duration // how far Advance has moved the clock
	codes   map[string]*grant
	sweepAt int
	users   map[string]*user
	faults  map[string][]*activeFault // by api, in the order in which they were set
	calls   []Call
	tokens  tokens
	sent    []Sent
	msgID   int64
}

// grant is what a login code stands for.
type grant struct {
	openID, unionID string
	at              time.Time
	used            bool
}

// user is what the simulator knows of an openid.
type user struct {
	flagged bool
	logins  []time.Time    // within rateWindow
	seen    time.Time      // the last login; zero: never
	taps    map[string]int // accepted and not used up, by template
}

// Call is one line of the log.
type Call struct {
	API     string `json:"api"`
	ErrCode int    `json:"errcode"` // as answered; 0: success, or no JSON answer at all
	Fault   string `json:"fault,omitempty"`
}

// New makes a simulator without users, codes or faults.
func New(c Config) *Sim {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Sim{cfg: c}
	s.Reset()
	return s
}

// Reset forgets users, codes, flags, taps, tokens, messages, counts, faults and the log, and puts the clock back to its
// source.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead, s.calls, s.sweepAt = 0, nil, sweepFrom
	s.codes, s.users, s.faults = map[string]*grant{}, map[string]*user{}, map[string][]*activeFault{}
	s.tokens, s.sent = tokens{}, nil
}

// Code makes a login code, as wx.login does on the phone of this user. An openid is printable characters, 1 to 64 bytes of
// them; the API answers it unchanged, so the same openid is always the same user. The unionid may be empty.
func (s *Sim) Code(openID, unionID string) (string, error) {
	if err := checkOpenID(openID); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	code := random(24, base64.RawURLEncoding)
	s.codes[code] = &grant{openID: openID, unionID: unionID, at: s.now()}
	s.user(openID) // whoever opens the mini program is known
	return code, nil
}

// sweep drops expired codes, which are answered like unknown ones, so a long load test does not fill the memory.
func (s *Sim) sweep() {
	if len(s.codes) < s.sweepAt {
		return
	}
	for code, g := range s.codes {
		if s.expired(g) {
			delete(s.codes, code)
		}
	}
	s.sweepAt = max(sweepFrom, 2*len(s.codes))
}

func (s *Sim) expired(g *grant) bool { return s.now().Sub(g.at) > codeLife }

// Flag makes a user one that WeChat holds to be high-risk, until Reset.
func (s *Sim) Flag(openID string) error {
	if err := checkOpenID(openID); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user(openID).flagged = true
	return nil
}

// Know makes WeChat know these users, as if they had opened the mini program at some time.
func (s *Sim) Know(openIDs ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range openIDs {
		s.user(id)
	}
}

// Advance moves WeChat's clock forward.
func (s *Sim) Advance(d time.Duration) error {
	if d < 0 {
		return errors.New("the clock does not go back")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
	return nil
}

// Log returns the calls seen, oldest first. It holds no codes, secrets, tokens, openids or texts.
func (s *Sim) Log() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call{}, s.calls...)
}

// now is WeChat's time; the caller holds mu.
func (s *Sim) now() time.Time { return s.cfg.Now().Add(s.ahead) }

// user finds or makes a user; the caller holds mu.
func (s *Sim) user(openID string) *user {
	u := s.users[openID]
	if u == nil {
		u = &user{}
		s.users[openID] = u
	}
	return u
}

var errOpenID = errors.New("openid must be 1 to 64 bytes of printable characters")

func checkOpenID(s string) error {
	hidden := func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }
	if len(s) < 1 || len(s) > 64 || strings.ContainsFunc(s, hidden) {
		return errOpenID
	}
	return nil
}

// random returns n random bytes as text.
func random(n int, enc *base64.Encoding) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return enc.EncodeToString(b)
}
