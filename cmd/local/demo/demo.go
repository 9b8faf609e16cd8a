// Package demo plays one whole lottery against a running service, over its public HTTP interface, tells each step in
// plain words and rechecks the draw from what the service published.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"wxlottery/shared/vdraw"
)

const (
	players = 50
	atOnce  = 8                // players who act at the same time
	drawLag = 30 * time.Second // how long a result may be missing before the demo gives up
)

// Config says where to play.
type Config struct {
	URL   string        // of the service, with its simulated WeChat under /_sim/wechat
	Lead  time.Duration // how far ahead the draw is set
	Out   io.Writer     // takes the story
	Chain *vdraw.Chain  // the development chain that draws may be decided by
}

// A player is one user; the receipt, with his ticket, is there once he has joined.
type player struct {
	name    string
	token   string
	receipt vdraw.Receipt
}

type prize struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
}

var prizes = []prize{{"a bicycle", 1}, {"a tea set", 2}, {"a book", 5}}

const places = 8 // of all prizes together

// A story is one lottery in progress.
type story struct {
	Config
	client
	mu        sync.Mutex // for what players do side by side
	run       string     // makes this run's users new ones
	organiser *player
	stranger  *player
	players   []*player
	event     event
	promised  event        // as it was when it was made
	locked    vdraw.Digest // the lock record's digest, as it was before the draw
	winners   []winner
	proof     []byte
}

// Play returns nil if the lottery went as it has to, else what was different.
func Play(ctx context.Context, cfg Config) error {
	s := &story{Config: cfg, client: client{cfg.URL}, run: strings.ToLower(rand.Text()[:8])}
	for _, act := range []func(context.Context) error{
		s.logIn, s.create, s.join, s.changeMinds, s.comeTooLate, s.watchTheLock, s.awaitTheResult, s.announce, s.hear,
	} {
		if err := act(ctx); err != nil {
			return fmt.Errorf("the demo went wrong: %w", err)
		}
	}
	if err := s.recheck(); err != nil {
		return fmt.Errorf("the demo's recheck of the draw failed: %w", err)
	}
	s.tell("Rechecked: each of the %d players, with what he kept, finds rules, list, seed and %d winners as they had to be.", players, places)
	if s.event.Fairness.Mode == vdraw.ModeTrusted {
		s.tell("This draw used no public randomness, so the operator had to be trusted (-beacon drand is the other way).")
	}
	return nil
}

func (s *story) tell(format string, args ...any) { fmt.Fprintf(s.Out, format+"\n", args...) }

func (s *story) path() string { return "/events/" + s.event.ID }

func (s *story) logIn(ctx context.Context) error {
	for i := range players {
		s.players = append(s.players, &player{name: fmt.Sprintf("player %d", i+1)})
	}
	s.organiser, s.stranger = &player{name: "the organiser"}, &player{name: "a stranger"}
	err := each(ctx, append([]*player{s.organiser, s.stranger}, s.players...), s.logInOne)
	if err == nil {
		s.tell("An organiser, %d players and a stranger have logged in and told their names.", players)
	}
	return err
}

// openid is who a player is for WeChat.
func (s *story) openid(p *player) string {
	return "demo-" + s.run + "-" + strings.ReplaceAll(p.name, " ", "-")
}

func (s *story) logInOne(ctx context.Context, p *player) error {
	var code struct{ Code string }
	if err := s.do(ctx, 200, request{method: "POST", path: "/_sim/wechat/code", body: map[string]string{"openid": s.openid(p)}}, &code); err != nil {
		return err
	}
	var login struct{ Token string }
	if err := s.do(ctx, 200, request{method: "POST", path: "/login", body: map[string]string{"code": code.Code}}, &login); err != nil {
		return err
	}
	p.token = login.Token
	return s.do(ctx, 200, request{method: "PATCH", path: "/login", token: p.token, body: map[string]string{"name": p.name}}, nil)
}

func (s *story) create(ctx context.Context) error {
	drawAt := time.Now().Add(s.Lead + time.Second).Truncate(time.Second).UTC()
	err := s.do(ctx, 201, request{
		method: "POST", path: "/events", token: s.organiser.token, idempotency: "demo-" + s.run,
		body: map[string]any{"title": "A lottery to look at 🎁", "draw_at": drawAt.Format(time.RFC3339), "prizes": prizes},
	}, &s.event)
	s.promised = s.event
	if err == nil {
		s.tell("The organiser makes lottery %s: %d prizes for %d winners, to be drawn at %s. Joining ends at %s.",
			s.event.ID, len(prizes), places, clock(s.event.DrawAt), clock(s.event.LockAt))
	}
	return err
}

func (s *story) join(ctx context.Context) error {
	err := each(ctx, s.players, func(ctx context.Context, p *player) error {
		agrees := map[string]string{"openid": s.openid(p)} // as by a tap on his phone
		if err := s.do(ctx, 200, request{method: "POST", path: "/_sim/wechat/subscribe", body: agrees}, nil); err != nil {
			return err
		}
		var err error
		p.receipt, err = s.joinOne(ctx, 201, p)
		return err
	})
	if err == nil {
		s.tell("%d players have joined; each has a ticket and a signed receipt, and wants a message with the result.", players)
	}
	return err
}

func (s *story) joinOne(ctx context.Context, want int, p *player) (vdraw.Receipt, error) {
	var joined struct{ Receipt vdraw.Receipt }
	err := s.do(ctx, want, request{method: "POST", path: "/join/" + s.event.ID, token: p.token, body: map[string]bool{"notify": true}}, &joined)
	return joined.Receipt, err
}

// changeMinds has one player join twice and another leave and come back: neither gets a second chance.
func (s *story) changeMinds(ctx context.Context) error {
	twice, back := s.players[0], s.players[1]
	receipt, err := s.joinOne(ctx, 200, twice)
	if err != nil {
		return err
	}
	if receipt != twice.receipt {
		return errors.New("joining twice gave another receipt")
	}
	s.tell("%s joins once more and is shown the same receipt.", twice.name)
	if err := s.do(ctx, 204, request{method: "DELETE", path: "/join/" + s.event.ID, token: back.token}, nil); err != nil {
		return err
	}
	if receipt, err = s.joinOne(ctx, 201, back); err != nil {
		return err
	}
	if receipt.Ticket != back.receipt.Ticket {
		return errors.New("leaving and coming back gave another ticket")
	}
	back.receipt = receipt
	s.tell("%s leaves, comes back, and has the same ticket as before.", back.name)
	return nil
}

func (s *story) comeTooLate(ctx context.Context) error {
	s.tell("Waiting for the lock at %s …", clock(s.event.LockAt))
	if err := sleep(ctx, time.Until(s.event.LockAt)+50*time.Millisecond); err != nil {
		return err
	}
	_, err := s.joinOne(ctx, 201, s.stranger)
	if late := (*refusal)(nil); !errors.As(err, &late) || late.status != 409 || late.code != "event_locked" {
		return fmt.Errorf("a join after the lock should be refused as event_locked, but: %v", err)
	}
	s.tell("A stranger comes too late: 409 event_locked.")
	return nil
}

func (s *story) watchTheLock(ctx context.Context) error {
	err := s.await(ctx, s.event.DrawAt, "the list to be locked", func() bool { return s.event.Fairness.Lock != nil })
	if err != nil {
		return err
	}
	fair := s.event.Fairness
	s.locked = fair.Lock.Digest
	trusted := fair.Mode == vdraw.ModeTrusted
	if s.event.Status != "opening" || (fair.Lock.Secret == nil) != trusted {
		return fmt.Errorf("before the draw the status is %q, and the secret is public: %v", s.event.Status, fair.Lock.Secret != nil)
	}
	s.tell("The list is locked: %d tickets under the root %s.", fair.Lock.Count, fair.Lock.Root)
	if trusted {
		s.tell("The secret that decides stays hidden.")
	} else {
		s.tell("The secret is public now. What decides is round %d of the public randomness, which nobody knows yet.", fair.Round)
	}
	return nil
}

func (s *story) awaitTheResult(ctx context.Context) error {
	s.tell("Waiting for the draw at %s …", clock(s.event.DrawAt))
	err := s.await(ctx, s.event.DrawAt.Add(drawLag), "the result", func() bool { return s.event.Status == "opened" })
	if err == nil {
		s.tell("The result is out, %.1f seconds after the draw time. The winners:", time.Since(s.event.DrawAt).Seconds())
	}
	return err
}

// announce reads the winners and the proof, and reads the winners out.
func (s *story) announce(ctx context.Context) error {
	var page struct{ Winners []winner }
	if err := s.do(ctx, 200, request{method: "GET", path: s.path() + "/winners"}, &page); err != nil {
		return err
	}
	s.winners = page.Winners
	var proof json.RawMessage
	if err := s.do(ctx, 200, request{method: "GET", path: s.path() + "/proof"}, &proof); err != nil {
		return err
	}
	s.proof = proof
	for _, w := range s.winners {
		s.tell("  %d. %-10s ticket %s  %s", w.Place, w.Prize, w.Ticket, w.Name)
	}
	return nil
}

// await reads the event until it is as wanted.
func (s *story) await(ctx context.Context, until time.Time, what string, wanted func() bool) error {
	for {
		now := event{}
		if err := s.do(ctx, 200, request{method: "GET", path: s.path()}, &now); err != nil {
			return err
		}
		if s.event = now; wanted() {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("waited in vain for %s; the status is %q", what, s.event.Status)
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

func each(ctx context.Context, all []*player, act func(context.Context, *player) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, p := range all {
		group.Go(func() error {
			if err := act(ctx, p); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func clock(t time.Time) string { return t.Local().Format("15:04:05") }
