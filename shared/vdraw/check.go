package vdraw

import (
	"bytes"
	"slices"
	"sort"
	"strings"
)

// Check takes the ten steps on a proof in its JSON form. It never fails: what is wrong is in the report.
func Check(proof []byte, g Given) Report {
	p, err := parseProof(proof)
	if err != nil {
		return unreadable(err)
	}
	c := newChecker(p, g)
	c.report.Drawn = p.Drawn()
	c.add(OK, found("format.ok"))
	for _, step := range []func() (Outcome, Finding){
		c.promise, c.secret, c.rounds, c.signature, c.lock, c.seed, c.draw, c.list, c.mine,
	} {
		c.add(step())
	}
	return c.report
}

func unreadable(err error) Report {
	c := newChecker(nil, Given{})
	c.add(Failed, found("format.failed", strings.ReplaceAll(err.Error(), "vdraw: ", "")))
	for range len(stepNames) - 1 {
		c.add(NotChecked, found("format.first"))
	}
	return c.report
}

type checker struct {
	*Proof
	given  Given
	report Report
	chain  *Chain // nil where it is unknown
	listed bool   // the list that was given is the one that was locked
}

func newChecker(p *Proof, g Given) *checker {
	return &checker{Proof: p, given: g, report: Report{NotChecked: []Finding{}}}
}

func (c *checker) add(o Outcome, f Finding) {
	n := len(c.report.Steps)
	c.report.Steps = append(c.report.Steps, Step{n + 1, stepNames[n], o, f})
	if o == NotChecked {
		c.open(f)
	}
}

// open takes down what could not be checked, once, also where the step ends well.
func (c *checker) open(f Finding) {
	if !slices.Contains(c.report.NotChecked, f) {
		c.report.NotChecked = append(c.report.NotChecked, f)
	}
}

// promise is step 2: what was promised at creation.
func (c *checker) promise() (Outcome, Finding) {
	g := c.given
	switch {
	case c.Event.Digest() != c.Manifest:
		return Failed, found("promise.fields")
	case g.Manifest != nil && *g.Manifest != c.Manifest:
		return Failed, found("promise.manifest")
	case g.Receipt != nil && g.Receipt.Manifest != c.Manifest:
		return Failed, found("promise.receipt")
	case g.Rules != nil && RulesDigest(*g.Rules) != c.Event.Rules:
		return Failed, found("promise.rules")
	}
	if g.Rules == nil {
		c.open(found("promise.no_rules"))
	}
	if g.Manifest == nil && !c.receiptSigned() {
		c.open(found("promise.no_manifest"))
		return OK, found("promise.consistent")
	}
	return OK, found("promise.ok")
}

// receiptSigned reports whether a receipt can stand for what was seen at the time.
func (c *checker) receiptSigned() bool {
	return c.given.Receipt != nil && c.given.Key != nil && c.given.Receipt.Verify(c.given.Key)
}

// secret is step 3.
func (c *checker) secret() (Outcome, Finding) {
	switch {
	case c.Lock.Secret == nil:
		return NotChecked, found("secret.hidden")
	case Commit(c.Event.EventID, *c.Lock.Secret) != c.Event.Commit:
		return Failed, found("secret.failed")
	}
	return OK, found("secret.ok")
}

// rounds is step 4: whose randomness, and which.
func (c *checker) rounds() (Outcome, Finding) {
	if c.Event.Mode == ModeTrusted {
		c.report.Trusted = true
		return OK, found("rounds.trusted")
	}
	for _, chain := range append([]Chain{Quicknet()}, c.given.Chains...) {
		if chain.Hash == c.Event.Chain && chain.Period > 0 && c.chain == nil { // nobody replaces what is pinned
			c.chain = &chain
			c.report.Due = chain.RoundTime(c.DecidingRound())
		}
	}
	switch {
	case c.chain == nil:
		return Failed, found("rounds.chain")
	case c.Event.Round != c.chain.RoundAt(c.Event.DrawTime):
		return Failed, found("rounds.round", c.Event.Round, c.chain.RoundAt(c.Event.DrawTime))
	}
	c.report.Rehearsal = c.chain.Hash != Quicknet().Hash
	if c.report.Rehearsal {
		c.open(found("rounds.development"))
	}
	if c.Lock.LateRound != 0 {
		c.report.Late = true
		if c.Lock.LateRound <= c.Event.Round {
			return Failed, found("rounds.late_round", c.Lock.LateRound, c.Event.Round)
		}
		return OK, found("rounds.late", c.Lock.LateRound, c.Event.Round)
	}
	return OK, found("rounds.ok", c.Event.Round)
}

// signature is step 5.
func (c *checker) signature() (Outcome, Finding) {
	switch {
	case c.Event.Mode == ModeTrusted:
		return NotChecked, found("signature.trusted")
	case c.Beacon == nil:
		return NotChecked, found("not_drawn")
	case c.Beacon.Round != c.DecidingRound():
		return Failed, found("signature.round", c.Beacon.Round, c.DecidingRound())
	case c.chain == nil:
		return NotChecked, found("signature.chain")
	case c.chain.Verify(c.Beacon.Round, c.Beacon.Signature) != nil:
		return Failed, found("signature.failed", c.Beacon.Round)
	}
	return OK, found("signature.ok", c.Beacon.Round)
}

// lockDigest is LD as it follows from the proof.
func (p *Proof) lockDigest() Digest {
	if p.Lock.LateRound != 0 {
		return LateLockDigest(p.Manifest, p.Lock.Count, p.Lock.Root, p.Lock.LateRound)
	}
	return LockDigest(p.Manifest, p.Lock.Count, p.Lock.Root)
}

// lock is step 6.
func (c *checker) lock() (Outcome, Finding) {
	g := c.given
	switch {
	case c.lockDigest() != c.Lock.Digest:
		return Failed, found("lock.fields")
	case g.Lock != nil && *g.Lock != c.Lock.Digest:
		return Failed, found("lock.digest")
	case g.Key != nil && c.Lock.Sig != nil && !VerifyLock(g.Key, c.Lock.Digest, c.Lock.Sig[:]):
		return Failed, found("lock.signature")
	}
	if g.Key == nil {
		c.open(found("lock.no_key"))
	} else if c.Lock.Sig == nil {
		c.open(found("lock.no_signature"))
	}
	if c.report.Late {
		c.open(found("lock.late"))
	}
	if g.Lock == nil {
		c.open(found("lock.time"))
		return OK, found("lock.consistent", c.Lock.Count)
	}
	return OK, found("lock.ok", c.Lock.Count)
}

// seed is step 7.
func (c *checker) seed() (Outcome, Finding) {
	if !c.Drawn() {
		return NotChecked, found("not_drawn")
	}
	var beacon Digest
	if c.Beacon != nil {
		beacon = c.Beacon.Signature.Beacon()
	}
	if Seed(c.Lock.Digest, *c.Lock.Secret, beacon) != *c.Seed {
		return Failed, found("seed.failed")
	}
	return OK, found("seed.ok")
}

// draw is step 8.
func (c *checker) draw() (Outcome, Finding) {
	if !c.Drawn() {
		return NotChecked, found("not_drawn")
	}
	for i, index := range Picks(*c.Seed, c.Lock.Count, len(c.Winners)) {
		if c.Winners[i].Index != index {
			return Failed, found("draw.failed", i+1, c.Winners[i].Index, index)
		}
	}
	return OK, found("draw.ok", len(c.Winners))
}

// list is step 9: the winners' tickets, by their paths and by the whole list.
func (c *checker) list() (Outcome, Finding) {
	paths := len(c.Winners) > 0 && c.Winners[0].Path != nil
	if paths {
		for i, w := range c.Winners {
			if !VerifyPath(c.Lock.Root, c.Lock.Count, w.Index, w.Ticket, w.Path) {
				return Failed, found("list.path", i+1)
			}
		}
	}
	if c.given.Tickets != nil || c.Lock.Count == 0 {
		return c.wholeList()
	}
	switch {
	case paths:
		c.open(found("list.unseen"))
		return OK, found("list.paths", len(c.Winners))
	case !c.Drawn():
		return NotChecked, found("list.missing")
	}
	return NotChecked, found("list.needed", len(c.Winners))
}

func (c *checker) wholeList() (Outcome, Finding) {
	tickets := c.given.Tickets
	if uint64(len(tickets)) != c.Lock.Count*uint64(len(Ticket{})) {
		return Failed, found("list.length", len(tickets), c.Lock.Count)
	}
	root, err := RootOfList(tickets)
	switch {
	case err != nil:
		return Failed, found("list.order")
	case root != c.Lock.Root:
		return Failed, found("list.root")
	}
	for i, w := range c.Winners {
		if ticketAt(tickets, w.Index) != w.Ticket {
			return Failed, found("list.winner", i+1)
		}
	}
	c.listed = true
	return OK, found("list.ok", c.Lock.Count)
}

func ticketAt(tickets []byte, index uint64) Ticket { return Ticket(tickets[index*16:]) }

// mine is step 10: the ticket of whoever checks.
func (c *checker) mine() (Outcome, Finding) {
	ticket := c.given.Ticket
	if r := c.given.Receipt; r != nil {
		if f, bad := c.badReceipt(*r); bad {
			return Failed, f
		}
		ticket = &r.Ticket
	}
	if ticket == nil {
		return NotChecked, found("mine.none")
	}
	index, outcome, f := c.find(*ticket)
	if outcome != OK {
		return outcome, f
	}
	for i, w := range c.Winners {
		if w.Ticket == *ticket {
			c.report.MyPlace = i + 1
			return OK, found("mine.won", index, i+1)
		}
	}
	if !c.Drawn() {
		return OK, found("mine.listed", index)
	}
	return OK, found("mine.lost", index)
}

// badReceipt says what is wrong with a receipt. Its event is checked in step 2.
func (c *checker) badReceipt(r Receipt) (f Finding, bad bool) {
	switch {
	case c.given.Ticket != nil && *c.given.Ticket != r.Ticket:
		return found("mine.two"), true
	case r.JoinedAt >= c.Event.LockTime:
		return found("mine.joined_at"), true
	case c.given.Key == nil:
		c.open(found("mine.no_key"))
		return Finding{}, false
	case !bytes.Equal(r.Key[:], c.given.Key):
		return found("mine.key"), true
	case !r.Verify(c.given.Key):
		return found("mine.signature"), true
	}
	return Finding{}, false
}

// find looks a ticket up in the list, by its path, or among the winners with theirs.
func (c *checker) find(t Ticket) (index uint64, o Outcome, f Finding) {
	if p := c.given.Place; p != nil && !VerifyPath(c.Lock.Root, c.Lock.Count, p.Index, t, p.Path) {
		return 0, Failed, found("mine.path")
	}
	if c.listed {
		tickets := c.given.Tickets
		i := sort.Search(int(c.Lock.Count), func(i int) bool { return bytes.Compare(tickets[i*16:i*16+16], t[:]) >= 0 })
		if uint64(i) == c.Lock.Count || ticketAt(tickets, uint64(i)) != t {
			return 0, Failed, found("mine.missing")
		}
		return uint64(i), OK, Finding{}
	}
	if p := c.given.Place; p != nil {
		return p.Index, OK, Finding{}
	}
	for _, w := range c.Winners {
		if w.Ticket == t && VerifyPath(c.Lock.Root, c.Lock.Count, w.Index, t, w.Path) {
			return w.Index, OK, Finding{}
		}
	}
	if c.given.Tickets != nil {
		return 0, NotChecked, found("mine.other_list")
	}
	return 0, NotChecked, found("mine.no_list")
}
