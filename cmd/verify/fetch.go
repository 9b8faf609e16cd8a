package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"wxlottery/shared/vdraw"
)

// How much of a service's answers is read, after decompression.
const (
	maxEvent   = 1 << 20
	maxPage    = 2 << 20
	maxRefusal = 1 << 16
)

// patience is how long and how often a service is tried. Tests have less of it.
var patience = struct {
	connect, request time.Duration
	tries            int
	pause            time.Duration // before the second try; doubled each time
	longest          time.Duration // that a service may ask to wait
}{connect: 5 * time.Second, request: 10 * time.Second, tries: 3, pause: 500 * time.Millisecond, longest: 10 * time.Second}

// service is where one event is served.
type service struct {
	client *http.Client
	url    string
	id     vdraw.EventID
}

func newService(a *address) *service {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: patience.connect}).DialContext
	transport.TLSHandshakeTimeout = patience.connect
	client := &http.Client{Transport: transport, Timeout: patience.request, CheckRedirect: stay}
	return &service{client, a.url, a.id}
}

var errElsewhere = errors.New("redirected elsewhere, which is not followed")

// stay follows redirects within a host only: the answer of another is not what was asked for.
func stay(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	leaves := next.URL.Host != first.Host || first.Scheme == "https" && next.URL.Scheme != "https"
	if leaves || len(via) > 3 {
		return fmt.Errorf("%w: %s", errElsewhere, printable(next.URL.Redacted()))
	}
	return nil
}

// get fetches what is at path under the event's address. Reading changes nothing there, so it is tried again where that
// may help.
func (s *service) get(path string, limit int64) ([]byte, error) {
	for try := 1; ; try++ {
		body, err := s.once(path, limit)
		if err == nil {
			return body, nil
		}
		wait, again := pauseAfter(err, try)
		if !again || try == patience.tries {
			return nil, err
		}
		time.Sleep(wait)
	}
}

func (s *service) once(path string, limit int64) ([]byte, error) {
	answer, err := s.client.Get(s.url + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, refused(answer)
	}
	body, err := readUpTo(answer.Body, limit, 0)
	if err != nil {
		return nil, fmt.Errorf("get %s%s: %w", s.url, path, err)
	}
	return body, nil
}

// pauseAfter says whether to try again after an error, and when.
func pauseAfter(err error, try int) (time.Duration, bool) {
	wait := patience.pause << (try - 1)
	var no *refusal
	switch {
	case errors.Is(err, errElsewhere) || errors.Is(err, errTooLarge):
		return 0, false
	case !errors.As(err, &no):
		return wait, true // the connection failed
	case no.status != http.StatusTooManyRequests && no.status != http.StatusServiceUnavailable:
		return 0, false
	}
	return max(wait, no.wait), no.wait <= patience.longest
}

// refusal is an answer that is not what was asked for.
type refusal struct {
	url           *url.URL
	status        int
	code, message string        // empty where the answer is not in the service's form
	wait          time.Duration // that the service asks for
}

func refused(answer *http.Response) *refusal {
	no := &refusal{url: answer.Request.URL, status: answer.StatusCode}
	if seconds, err := strconv.ParseUint(answer.Header.Get("Retry-After"), 10, 31); err == nil {
		no.wait = time.Duration(seconds) * time.Second
	}
	var body struct {
		Error struct{ Code, Message string }
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxRefusal)) // without it, the status has to do
	if json.Unmarshal(text, &body) == nil {
		no.code, no.message = printable(body.Error.Code), printable(body.Error.Message)
	}
	return no
}

func (no *refusal) Error() string {
	said := fmt.Sprintf("%d %s: %s", no.status, no.code, no.message)
	if no.code == "" {
		said = fmt.Sprintf("%d %s", no.status, http.StatusText(no.status))
	}
	switch {
	case no.code == "not_locked_yet":
		return fmt.Sprintf("the list of this event is not locked yet, so there is nothing to check before it is (%s)", said)
	case no.wait > patience.longest:
		return fmt.Sprintf("get %s: %s; try again in %v", no.url, said, no.wait)
	}
	return fmt.Sprintf("get %s: %s", no.url, said)
}

// printable makes a service's words fit for a terminal: one line, of a length to read, and nothing that moves a cursor.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}
