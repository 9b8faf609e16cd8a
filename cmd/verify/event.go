package main

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"

	"wxlottery/shared/vdraw"
)

// view is what matters here of an event as the service shows it.
type view struct {
	Fairness struct {
		RulesText   *string `json:"rules_text"`
		Manifest    string  `json:"manifest"`
		OperatorKey string  `json:"operator_key"`
	} `json:"fairness"`
}

// checkEvent checks what a service serves now. Its own word on digests and keys proves nothing about the past, so these are
// held against the proof but are not taken for what was seen at the time.
func checkEvent(s *service, given vdraw.Given) (result, error) {
	v, err := s.view()
	if err != nil {
		return result{}, err
	}
	proof, err := s.get("/proof", maxProof)
	if err != nil {
		return result{}, err
	}
	if given.Rules == nil {
		given.Rules = v.Fairness.RulesText
	}
	p, err := vdraw.ParseProof(proof)
	if err != nil {
		return result{Report: vdraw.Check(proof, given)}, nil // the first step says what is wrong
	}
	var noList error
	if given.Tickets == nil {
		given.Tickets, noList = s.tickets(p.Lock.Count)
	}
	r := result{Report: vdraw.Check(proof, given)}
	if noList != nil && !r.Failed() { // a service cannot hide what is wrong behind a list that it does not give
		return result{}, noList
	}
	if given.Key == nil {
		r.servedKey = v.Fairness.OperatorKey
	}
	contradict(r.Report, s.id, v, p)
	return r, nil
}

func (s *service) view() (v view, err error) {
	text, err := s.get("", maxEvent)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("event: %w", err)
	}
	if v.Fairness.Manifest == "" {
		return v, errors.New("event: what the address serves is not an event: it has no fairness.manifest")
	}
	return v, nil
}

// contradict lets the steps fail in which the proof does not go with the event that is shown beside it.
func contradict(r vdraw.Report, id vdraw.EventID, v view, p *vdraw.Proof) {
	switch {
	case p.Event.EventID != id:
		fail(r, 2, "promise.address", otherEvent)
	case v.Fairness.Manifest != p.Manifest.String():
		fail(r, 2, "promise.shown", otherDigest)
	}
	if !signedAsShown(v.Fairness.OperatorKey, p.Lock) {
		fail(r, 6, "lock.shown", otherKey)
	}
}

// signedAsShown reports whether the key that the service shows fits the lock's signature, as far as both are there.
func signedAsShown(key string, l vdraw.Lock) bool {
	if key == "" || l.Sig == nil {
		return true
	}
	k, err := vdraw.ParseDigest(key)
	return err == nil && vdraw.VerifyLock(ed25519.PublicKey(k[:]), l.Digest, l.Sig[:])
}

// fail lets a step fail; one that has failed already keeps its reason, which says more.
func fail(r vdraw.Report, number int, code string, why vdraw.Text) {
	if s := &r.Steps[number-1]; s.Outcome != vdraw.Failed {
		s.Outcome, s.Finding = vdraw.Failed, vdraw.Finding{Code: code, Text: why}
	}
}
