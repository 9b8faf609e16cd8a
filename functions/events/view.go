package main

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"wxlottery/shared/api"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/vdraw"
)

// eventView is an event as clients see it. Instants are RFC 3339 in UTC, whole seconds.
type eventView struct {
	ID           string       `json:"id"`
	Status       string       `json:"status"`
	Title        string       `json:"title"`
	Description  string       `json:"description"`
	DrawAt       string       `json:"draw_at"`
	LockAt       string       `json:"lock_at"`
	Prizes       []prize      `json:"prizes"`
	Participants uint64       `json:"participants"`
	CreatedAt    string       `json:"created_at"`
	DrawnAt      string       `json:"drawn_at,omitempty"`
	CanceledAt   string       `json:"canceled_at,omitempty"`
	CancelReason string       `json:"cancel_reason,omitempty"`
	Late         bool         `json:"late,omitempty"`
	Undrawn      int          `json:"undrawn,omitempty"`
	Rules        rulesView    `json:"rules"`
	Fairness     fairnessView `json:"fairness"`
	Template     string       `json:"notify_template,omitempty"` // whose message a participant may agree to
	Held         bool         `json:"held,omitempty"`            // the text check has not passed it: only its owner sees it
	HeldBecause  string       `json:"held_because,omitempty"`    // what the check has just said
	Messages     *noticeView  `json:"messages,omitempty"`        // how far they have come; its owner sees it
	Me           *meView      `json:"me,omitempty"`
}

// noticeView counts the participants who wish a message, by what became of theirs.
type noticeView struct {
	Wanted  int  `json:"wanted"`
	Sent    int  `json:"sent"`
	Refused int  `json:"refused"`
	Dead    int  `json:"dead"`
	Done    bool `json:"done"`
}

// rulesView is what participants have to be shown, besides prizes and times.
type rulesView struct {
	Organiser  organiserView `json:"organiser"`
	Conditions string        `json:"conditions"`
	ClaimTerms string        `json:"claim_terms"`
	Method     string        `json:"method"` // a sentence for them
	Odds       oddsView      `json:"odds"`
	Notes      []string      `json:"notes,omitempty"`
}

type organiserView struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// oddsView are a participant's odds if it were drawn now: so many of so many win.
type oddsView struct {
	Winners uint64 `json:"winners"`
	Of      uint64 `json:"of"`
}

// overValue is the note of a business's prize over CNY 50,000.
const overValue = "business_prize_over_cny_50000"

// methods say by label how the winners are found.
var methods = map[string]string{
	publicRandomness:  "到时由公开随机数(drand)与预先承诺的密钥共同抽取,每人最多中一次,任何人都可核验。 Drawn at random by public randomness (drand) together with a secret committed to in advance; nobody wins twice; anybody can recheck it.",
	developmentBeacon: "到时由开发用随机数抽取,仅供试用,不能证明公平。 Drawn by a chain for trying things out, which proves nothing.",
	operatorTrusted:   "到时由运营方预先承诺的密钥抽取,每人最多中一次;结果可核对,但须信任运营方。 Drawn by a secret that the operator committed to in advance; nobody wins twice; the result can be rechecked, but the operator has to be trusted.",
}

func rules(e *lottery.Event, participants uint64) rulesView {
	v := rulesView{
		Organiser:  organiserView{e.Organiser.String(), e.OwnerName},
		Conditions: e.Conditions, ClaimTerms: e.ClaimTerms, Method: methods[label(e)],
		Odds: oddsView{min(uint64(e.Quantity()), participants), participants},
	}
	if e.OverValue() {
		v.Notes = []string{overValue}
	}
	return v
}

// fairnessView is what somebody needs to recompute the draw. Hashes and keys are lower-case hex.
type fairnessView struct {
	Mode         uint8         `json:"mode"`
	Label        string        `json:"label"`
	Manifest     vdraw.Digest  `json:"manifest"`
	Organiser    string        `json:"organiser"` // his public id: GET /events?owner=… lists his chain
	Prev         vdraw.Digest  `json:"prev"`
	Seq          uint64        `json:"seq"`
	Chain        *vdraw.Digest `json:"chain,omitempty"` // of mode 1
	Round        uint64        `json:"round,omitempty"`
	Commit       vdraw.Digest  `json:"commit"`
	RulesText    string        `json:"rules_text"`
	OperatorKey  string        `json:"operator_key"`
	Lock         *lockView     `json:"lock,omitempty"`
	WaitingRound uint64        `json:"waiting_for_round,omitempty"` // the draw is due and this round's signature is not there yet
	Beacon       *vdraw.Round  `json:"beacon,omitempty"`
	Seed         *vdraw.Digest `json:"seed,omitempty"`
}

type lockView struct {
	Count  uint64       `json:"count"`
	Root   vdraw.Digest `json:"root"`
	Digest vdraw.Digest `json:"digest"`
	Sig    string       `json:"sig"`
	Secret *string      `json:"secret"` // null in mode 0 until the result is public: there it is the result
	Late   uint64       `json:"late_round,omitempty"`
}

type meView struct {
	Owner    bool   `json:"owner"`
	Ticket   string `json:"ticket,omitempty"`
	JoinedAt string `json:"joined_at,omitempty"`
	Prize    string `json:"prize,omitempty"`
	Unread   bool   `json:"unread,omitempty"` // it has ended, and he has not said that he knows
}

// The labels say wherever an event is shown whom its draw rests on.
const (
	operatorTrusted   = "operator-trusted"   // mode 0
	publicRandomness  = "public-randomness"  // mode 1 by drand's quicknet
	developmentBeacon = "development-beacon" // mode 1 by a chain for trying things out: proves nothing
)

func label(e *lottery.Event) string {
	switch {
	case e.Mode == vdraw.ModeTrusted:
		return operatorTrusted
	case e.Chain == vdraw.Quicknet().Hash:
		return publicRandomness
	}
	return developmentBeacon
}

// one answers 200 with an event; because is why it is held, where that has just been asked.
func (s *server) one(ctx context.Context, caller *api.Caller, e *lottery.Event, now time.Time, because string) (api.Answer, error) {
	views, err := s.views(ctx, caller, []*lottery.Event{e}, now)
	if err != nil {
		return api.Answer{}, err
	}
	v := views[0]
	v.HeldBecause = because
	if e.Status.Final() && caller != nil && caller.User == e.Owner {
		n, found, err := s.store.Notice(ctx, e.ID)
		if err != nil {
			return api.Answer{}, err
		}
		if found {
			v.Messages = &noticeView{n.Wanted, n.Sent, n.Refused, n.Dead, n.Done}
		}
	}
	return api.OK(v), nil
}

// views shows events as they are at now, and to a caller what he is in them.
func (s *server) views(ctx context.Context, caller *api.Caller, events []*lottery.Event, now time.Time) ([]eventView, error) {
	numbers, err := s.counts.of(ctx, events)
	if err != nil {
		return nil, err
	}
	parts, err := s.parts(ctx, caller, events)
	if err != nil {
		return nil, err
	}
	views := make([]eventView, len(events))
	for i, e := range events {
		views[i] = s.view(e, now, numbers[e.ID])
		if caller != nil {
			views[i].Me = me(e, *caller, parts[e.ID])
		}
	}
	return views, nil
}

func (s *server) parts(ctx context.Context, caller *api.Caller, events []*lottery.Event) (map[lottery.EventID]store.Part, error) {
	if caller == nil {
		return nil, nil
	}
	tickets := make(map[lottery.EventID]vdraw.Ticket, len(events))
	for _, e := range events {
		ticket, err := s.keys.Ticket(e.KeyVersion, e.ID, caller.OpenID)
		if errors.Is(err, lottery.ErrNoKey) {
			continue // an event whose key was taken away can still be looked at
		}
		if err != nil {
			return nil, err
		}
		tickets[e.ID] = ticket
	}
	return s.store.Parts(ctx, caller.User, tickets)
}

func (s *server) view(e *lottery.Event, now time.Time, participants uint64) eventView {
	v := eventView{
		ID: e.ID.String(), Status: e.StatusAt(now).String(), Title: e.Title, Description: e.Description,
		DrawAt: text(e.DrawAt), LockAt: text(e.LockAt), CreatedAt: text(e.CreatedAt),
		Participants: participants, CancelReason: string(e.Reason), Late: e.Late(), Undrawn: e.Undrawn(),
		Rules: rules(e, participants), Fairness: fairness(e, now), Template: s.templates.Participant, Held: e.Held,
	}
	for _, p := range e.Prizes {
		v.Prizes = append(v.Prizes, prize(p))
	}
	if e.Result != nil {
		v.DrawnAt = text(e.Result.DrawnAt)
	}
	if !e.CanceledAt.IsZero() {
		v.CanceledAt = text(e.CanceledAt)
	}
	return v
}

func fairness(e *lottery.Event, now time.Time) fairnessView {
	f := fairnessView{
		Mode: e.Mode, Label: label(e), Manifest: e.Manifest, Organiser: e.Owner.Organiser().String(), Prev: e.Prev, Seq: e.Seq,
		Round: e.Round, Commit: e.Commit, RulesText: e.RulesText, OperatorKey: hex.EncodeToString(e.OperatorKey[:]),
	}
	if e.Mode == vdraw.ModeBeacon {
		f.Chain = &e.Chain
	}
	if r := e.Record; r != nil {
		f.Lock = &lockView{Count: r.Count, Root: r.Root, Digest: r.Digest, Sig: hex.EncodeToString(r.Sig), Late: r.LateRound}
	}
	if s := e.Secret(); s != nil {
		secret := hex.EncodeToString(s[:])
		f.Lock.Secret = &secret
	}
	if e.AwaitsBeacon(now) == nil && e.Beacon == nil {
		f.WaitingRound = e.DecidingRound()
	}
	if e.Result != nil {
		f.Beacon, f.Seed = e.Proof().Beacon, &e.Result.Seed
	}
	return f
}

func me(e *lottery.Event, caller api.Caller, part store.Part) *meView {
	m := &meView{Owner: e.Owner == caller.User}
	if part.Joined != nil {
		m.Ticket, m.JoinedAt = part.Joined.Ticket.String(), text(part.Joined.JoinedAt)
	}
	if p, won := e.PrizeAt(part.Place); won {
		m.Prize = p.Name
	}
	m.Unread = part.Unread && e.Status.Final() // it may have ended since it was read
	return m
}

func text(t time.Time) string { return t.UTC().Format(time.RFC3339) }
