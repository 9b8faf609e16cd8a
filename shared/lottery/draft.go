package lottery

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"wxlottery/shared/fault"
	"wxlottery/shared/vdraw"
)

// Limits of an event.
const (
	MaxPrizes  = 10
	MaxWinners = 100_000
	MaxValue   = 100_000_000         // of one prize, in yuan
	MaxAhead   = 90 * 24 * time.Hour // DrawAt is at most this far away
)

// Draft is what an organiser asks for.
type Draft struct {
	Title       string
	Description string // "" is none
	DrawAt      time.Time
	Prizes      []Prize
	Organiser   Organiser
	Conditions  string // "" is none
	ClaimTerms  string // "" is none
	Notify      bool   // the organiser wants a message with the result
}

// Terms are the deployment's times.
type Terms struct {
	LockLead time.Duration // the list is locked this long before the draw; whole seconds
	MinLead  time.Duration // a draw is at least this far away when it is created
	Chain    *vdraw.Chain  // whose rounds decide the draws of new events; nil: mode 0, the operator has to be trusted
}

// Place is where a new event stands in its owner's chain.
type Place struct {
	Owner UserID
	Seq   uint64
	Prev  vdraw.Digest // manifest digest of the owner's event before it; zero for the first
}

// Check returns the draft as it will be stored, texts trimmed. It holds for every rule that does not need the time.
// Errors: invalid_title, invalid_description, invalid_draw_at, invalid_prizes, invalid_organiser,
// invalid_conditions, invalid_claim_terms.
func (d Draft) Check() (Draft, error) {
	var problem string
	if d.Title, problem = checkText(d.Title, MaxTitle); problem != "" {
		return Draft{}, fault.Invalid("title", "title %s (1 to %d characters)", problem, MaxTitle)
	}
	for _, optional := range []struct {
		field string
		text  *string
		limit int
	}{
		{"description", &d.Description, MaxDescription},
		{"conditions", &d.Conditions, MaxTerms},
		{"claim_terms", &d.ClaimTerms, MaxTerms},
	} {
		if *optional.text == "" {
			continue
		}
		if *optional.text, problem = checkText(*optional.text, optional.limit); problem != "" {
			return Draft{}, fault.Invalid(optional.field, "%s %s (1 to %d characters, or none)", optional.field, problem, optional.limit)
		}
	}
	if d.Organiser != Private && d.Organiser != Business {
		return Draft{}, fault.Invalid("organiser", "organiser must be private or business")
	}
	if d.DrawAt.Nanosecond() != 0 {
		return Draft{}, fault.Invalid("draw_at", "draw_at must be in whole seconds")
	}
	d.DrawAt = d.DrawAt.UTC()
	var err error
	d.Prizes, err = checkPrizes(d.Prizes)
	return d, err
}

// CheckWords refuses words that no lottery of ours may have. Error: text_rejected, which names the field.
func (d Draft) CheckWords() error { return checkWords(d.texts()) }

// texts are what others will read, by the field they are of.
func (d Draft) texts() []fieldText {
	all := []fieldText{
		{"title", d.Title}, {"description", d.Description}, {"conditions", d.Conditions}, {"claim_terms", d.ClaimTerms},
	}
	for i, p := range d.Prizes {
		all = append(all, fieldText{fmt.Sprintf("prizes[%d].name", i), p.Name})
	}
	return all
}

// Content is everything that others will read, a line each, for a check of texts; at most 1,573 characters.
func (d Draft) Content() string {
	var lines []string
	for _, t := range d.texts() {
		if t.text != "" {
			lines = append(lines, t.text)
		}
	}
	return strings.Join(lines, "\n")
}

func checkPrizes(prizes []Prize) ([]Prize, error) {
	if len(prizes) < 1 || len(prizes) > MaxPrizes {
		return nil, fault.Invalid("prizes", "there must be 1 to %d prizes", MaxPrizes)
	}
	checked := make([]Prize, 0, len(prizes))
	for i, p := range prizes {
		name, problem := checkText(p.Name, MaxPrizeName)
		if problem != "" {
			return nil, fault.Invalid("prizes", "prizes[%d].name %s (1 to %d characters)", i, problem, MaxPrizeName)
		}
		if p.Quantity < 1 || p.Quantity > MaxWinners {
			return nil, fault.Invalid("prizes", "prizes[%d].quantity must be 1 to %d", i, MaxWinners)
		}
		if p.Value < 0 || p.Value > MaxValue {
			return nil, fault.Invalid("prizes", "prizes[%d].value_cny must be 0 to %d", i, MaxValue)
		}
		checked = append(checked, Prize{name, p.Quantity, p.Value})
	}
	if quantity(checked) > MaxWinners {
		return nil, fault.Invalid("prizes", "there may be %d winners in all", MaxWinners)
	}
	return checked, nil
}

// Digest identifies the content of a checked draft: two requests with one Idempotency-Key must agree in it. It is kept
// for good, so its form never changes: what a later version adds to drafts goes to the end, where it is there.
func (d Draft) Digest() [32]byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%q\n%q\n%d\n", d.Title, d.Description, d.DrawAt.Unix())
	for _, p := range d.Prizes {
		fmt.Fprintf(&b, "%q × %d\n", p.Name, p.Quantity)
	}
	for i, p := range d.Prizes {
		if p.Value != 0 {
			fmt.Fprintf(&b, "value %d %d\n", i, p.Value)
		}
	}
	if d.Organiser != Private {
		fmt.Fprintf(&b, "organiser %d\n", d.Organiser)
	}
	if d.Conditions != "" {
		fmt.Fprintf(&b, "conditions %q\n", d.Conditions)
	}
	if d.ClaimTerms != "" {
		fmt.Fprintf(&b, "claim %q\n", d.ClaimTerms)
	}
	if d.Notify {
		b.WriteString("notify\n")
	}
	return sha256.Sum256([]byte(b.String()))
}

// Event makes the event of a checked draft at now, with the commitment to its secret and its manifest. Error:
// invalid_draw_at where the draw is too near or too far.
func (d Draft) Event(id EventID, place Place, now time.Time, terms Terms, keys *Keyring) (*Event, error) {
	if err := d.CheckLead(now, terms); err != nil {
		return nil, err
	}
	secret, err := keys.Secret(keys.Current(), id)
	if err != nil {
		return nil, err
	}
	operator, err := keys.Operator(keys.Current())
	if err != nil {
		return nil, err
	}
	e := &Event{
		ID: id, Owner: place.Owner, Seq: place.Seq, Prev: place.Prev,
		Title: d.Title, Description: d.Description, Prizes: d.Prizes,
		Organiser: d.Organiser, Conditions: d.Conditions, ClaimTerms: d.ClaimTerms, NotifyOwner: d.Notify,
		CreatedAt: now.UTC(), LockAt: d.DrawAt.Add(-terms.LockLead).UTC(), DrawAt: d.DrawAt.UTC(),
		KeyVersion: keys.Current(), OperatorKey: [32]byte(operator.Public().(ed25519.PublicKey)),
		Commit: vdraw.Commit(id, secret),
	}
	if c := terms.Chain; c != nil {
		e.Mode, e.Chain, e.Round = vdraw.ModeBeacon, c.Hash, c.RoundAt(uint64(e.DrawAt.Unix()))
	}
	e.RulesText = rulesText(d, e.Mode)
	e.Manifest = e.manifest().Digest()
	return e, nil
}

// CheckLead says whether the draw is as far away as it must be. Error: invalid_draw_at.
func (d Draft) CheckLead(now time.Time, terms Terms) error {
	if lead := d.DrawAt.Sub(now); lead < terms.MinLead || lead > MaxAhead {
		return fault.Invalid("draw_at", "draw_at must be %s to %d days ahead", terms.MinLead, MaxAhead/(24*time.Hour))
	}
	return nil
}

// rulesText is what participants are promised, a line each; its exact bytes are hashed into the manifest.
func rulesText(d Draft, mode uint8) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", d.Title, d.Description)
	for _, p := range d.Prizes {
		fmt.Fprintf(&b, "%s × %d%s\n", p.Name, p.Quantity, p.worth())
	}
	if d.Organiser == Business {
		b.WriteString("商家活动 held by a business\n")
	}
	if d.Conditions != "" {
		fmt.Fprintf(&b, "参与条件 conditions: %s\n", d.Conditions)
	}
	if d.ClaimTerms != "" {
		fmt.Fprintf(&b, "领奖方式 claiming: %s\n", d.ClaimTerms)
	}
	fmt.Fprintf(&b, "%s\n", d.DrawAt.UTC().Format(time.RFC3339))
	b.WriteString(voidRules[mode] + "\n")
	return b.String()
}

// voidRules say by mode when nobody wins. They are part of what was promised: never change one, add another mode.
var voidRules = map[uint8]string{
	vdraw.ModeTrusted: "若开奖时间后七日内仍无法产生抽奖密钥,本活动作废,无人中奖。 " +
		"If the secret of the draw cannot be produced within seven days of the draw time, the event is void and nobody wins.",
	vdraw.ModeBeacon: "若开奖时间后七日内仍无法取得公共随机数或抽奖密钥,本活动作废,无人中奖。 " +
		"If the public randomness or the secret of the draw cannot be had within seven days of the draw time, the event is void and nobody wins.",
}

// manifest is what the event committed to when it was created.
func (e *Event) manifest() vdraw.Manifest {
	return vdraw.Manifest{
		EventID: vdraw.EventID(e.ID), Seq: e.Seq, Prev: e.Prev, Mode: e.Mode,
		LockTime: uint64(e.LockAt.Unix()), DrawTime: uint64(e.DrawAt.Unix()), Chain: e.Chain, Round: e.Round,
		Winners: uint32(e.Quantity()), Commit: e.Commit, Rules: vdraw.RulesDigest(e.RulesText),
	}
}
