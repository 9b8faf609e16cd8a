package lottery

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wxlottery/shared/fault"
	"wxlottery/shared/vdraw"
)

func keyring(t *testing.T) *Keyring {
	t.Helper()
	k, err := NewKeyring(2, map[int][]byte{1: []byte(strings.Repeat("a", 32)), 2: []byte(strings.Repeat("b", 32))})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var (
	now   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	terms = Terms{LockLead: time.Minute, MinLead: 2 * time.Minute}
	good  = Draft{Title: "Tea", DrawAt: now.Add(time.Hour), Prizes: []Prize{{Name: "Pot", Quantity: 1}, {Name: "Cup", Quantity: 4}}}
)

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func TestADraftIsCheckedFieldByField(t *testing.T) {
	change := func(f func(*Draft)) Draft {
		d := good
		d.Prizes = append([]Prize(nil), good.Prizes...)
		f(&d)
		return d
	}
	title := func(s string) Draft { return change(func(d *Draft) { d.Title = s }) }
	prizes := func(p ...Prize) Draft { return change(func(d *Draft) { d.Prizes = p }) }
	for what, c := range map[string]struct {
		draft Draft
		code  string
	}{
		"as it should be":           {good, ""},
		"longest title":             {title(strings.Repeat("奖", 60)), ""},
		"emoji, flags and families": {title("🎁 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️"), ""},
		"only an emoji":             {title("🎁"), ""},
		"title too long":            {title(strings.Repeat("奖", 61)), "invalid_title"},
		"no title":                  {title(""), "invalid_title"},
		"blank title":               {title(" \t\u3000 "), "invalid_title"},
		"invisible title":           {title("\u200b\u200d"), "invalid_title"},
		"filler title":              {title("\u3164"), "invalid_title"},
		"new line in the title":     {title("a\nb"), "invalid_title"},
		"NUL in the title":          {title("a\x00b"), "invalid_title"},
		"C1 control in the title":   {title("a\u0085b"), "invalid_title"},
		"right-to-left override":    {title("a\u202eb"), "invalid_title"},
		"isolate":                   {title("a\u2067b"), "invalid_title"},
		"line separator":            {title("a\u2028b"), "invalid_title"},
		"damaged text":              {title("a\ufffdb"), "invalid_title"},
		"broken UTF-8":              {title("a\xffb"), "invalid_title"},
		"long description":          {change(func(d *Draft) { d.Description = strings.Repeat("x", 501) }), "invalid_description"},
		"blank description":         {change(func(d *Draft) { d.Description = "  " }), "invalid_description"},
		"no prizes":                 {prizes(), "invalid_prizes"},
		"ten prizes":                {prizes(ten()...), ""},
		"eleven prizes":             {prizes(append(ten(), Prize{Name: "k", Quantity: 1})...), "invalid_prizes"},
		"quantity 0":                {prizes(Prize{Name: "a", Quantity: 0}), "invalid_prizes"},
		"negative quantity":         {prizes(Prize{Name: "a", Quantity: 2}, Prize{Name: "b", Quantity: -1}), "invalid_prizes"},
		"100,000 winners":           {prizes(Prize{Name: "a", Quantity: 99_999}, Prize{Name: "b", Quantity: 1}), ""},
		"100,001 winners":           {prizes(Prize{Name: "a", Quantity: 100_000}, Prize{Name: "b", Quantity: 1}), "invalid_prizes"},
		"prize without a name":      {prizes(Prize{Name: " ", Quantity: 1}), "invalid_prizes"},
		"prize name too long":       {prizes(Prize{Name: strings.Repeat("x", 41), Quantity: 1}), "invalid_prizes"},
		"half a second in the draw": {change(func(d *Draft) { d.DrawAt = d.DrawAt.Add(time.Second / 2) }), "invalid_draw_at"},
	} {
		if _, err := c.draft.Check(); code(err) != c.code {
			t.Errorf("%s: %v, want %q", what, err, c.code)
		}
	}
}

func ten() (p []Prize) {
	for i := range 10 {
		p = append(p, Prize{Name: string(rune(97 + i)), Quantity: 1})
	}
	return p
}

func TestTextsAreTrimmedAndOtherwiseIntact(t *testing.T) {
	d := good
	d.Title = " 🎁 👨‍👩‍👧‍👦 Tee\u00a0 "
	d.DrawAt = d.DrawAt.In(time.FixedZone("", 8*3600))
	got, err := d.Check()
	if err != nil || got.Title != "🎁 👨‍👩‍👧‍👦 Tee" || got.DrawAt.Location() != time.UTC {
		t.Errorf("%+v, %v", got, err)
	}
	if name, err := DisplayName(" 小明 "); err != nil || name != "小明" {
		t.Errorf("%q, %v", name, err)
	}
	if _, err := DisplayName(strings.Repeat("明", 21)); code(err) != "invalid_name" {
		t.Error(err)
	}
}

func TestTheDrawMustBeNeitherTooNearNorTooFar(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		-time.Hour: "invalid_draw_at", 0: "invalid_draw_at", terms.MinLead - time.Second: "invalid_draw_at",
		terms.MinLead: "", MaxAhead: "", MaxAhead + time.Second: "invalid_draw_at",
	} {
		d := good
		d.DrawAt = now.Add(ahead)
		if _, err := d.Event(NewEventID(), Place{Seq: 1}, now, terms, keyring(t)); code(err) != want {
			t.Errorf("%s ahead: %v, want %q", ahead, err, want)
		}
	}
}

func TestTwoDraftsAreOneRequestOnlyIfTheyAgreeInEverything(t *testing.T) {
	same := good
	same.DrawAt = same.DrawAt.In(time.FixedZone("", 3600))
	if same.Digest() != good.Digest() {
		t.Error("another zone of the same instant is another request")
	}
	for what, change := range map[string]func(*Draft){
		"title":       func(d *Draft) { d.Title = "Te" },
		"description": func(d *Draft) { d.Description = "x" },
		"draw_at":     func(d *Draft) { d.DrawAt = d.DrawAt.Add(time.Second) },
		"prizes":      func(d *Draft) { d.Prizes = []Prize{{Name: "Pot", Quantity: 1}, {Name: "Cup", Quantity: 5}} },
	} {
		d := good
		change(&d)
		if d.Digest() == good.Digest() {
			t.Errorf("%s does not count", what)
		}
	}
}

func event(t *testing.T) *Event {
	t.Helper()
	e, err := good.Event(EventID{1}, Place{Owner: UserID{1}, Seq: 1}, now, terms, keyring(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTheRulesTextPromisesWhatTheEventIs(t *testing.T) {
	e := event(t)
	lines := strings.Split(e.RulesText, "\n")
	want := []string{"Tea", "", "Pot × 1", "Cup × 4", "2026-11-23T13:00:00Z"}
	if len(lines) != len(want)+2 || !strings.HasPrefix(e.RulesText, strings.Join(want, "\n")+"\n") {
		t.Errorf("%q", e.RulesText)
	}
	if e.LockAt != e.DrawAt.Add(-time.Minute) {
		t.Error("lock_at")
	}
	changed := *e
	changed.RulesText += " "
	if changed.manifest().Digest() == e.Manifest {
		t.Error("the rules text is not bound by the manifest")
	}
}

func TestTheDrawIsAFunctionOfWhatWasFrozen(t *testing.T) {
	e, keys := event(t), keyring(t)
	root := vdraw.Digest{7}
	record, err := e.Freeze(100, root, keys, nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if !vdraw.VerifyLock(e.OperatorKey[:], record.Digest, record.Sig) {
		t.Error("the lock record is not signed by the event's operator key")
	}
	e.Record = &record
	first, picks, err := e.Draw(keys, nil)
	if err != nil || len(picks) != 5 {
		t.Fatalf("%d picks, %v", len(picks), err)
	}
	again, _, _ := e.Draw(keys, nil)
	if first != again {
		t.Error("two draws of one event differ")
	}
	if vdraw.Commit(e.ID, first.Secret) != e.Commit {
		t.Error("the secret does not open the commitment")
	}
	if want := vdraw.Seed(vdraw.LockDigest(e.Manifest, 100, root), first.Secret, vdraw.Digest{}); first.Seed != want {
		t.Error("the seed does not follow from lock record and secret")
	}
}

func TestADrawFromChangedInputsIsRefused(t *testing.T) {
	keys := keyring(t)
	for what, change := range map[string]func(*Event){
		"count":      func(e *Event) { e.Record.Count++ },
		"root":       func(e *Event) { e.Record.Root[0]++ },
		"digest":     func(e *Event) { e.Record.Digest[0]++ },
		"quantity":   func(e *Event) { e.Prizes = []Prize{{Name: "Pot", Quantity: 6}} },
		"draw_at":    func(e *Event) { e.DrawAt = e.DrawAt.Add(time.Second) },
		"rules text": func(e *Event) { e.RulesText = "another" },
		"no record":  func(e *Event) { e.Record = nil },
	} {
		e := event(t)
		record, err := e.Freeze(3, vdraw.Digest{}, keys, nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		e.Record = &record
		change(e)
		if _, _, err := e.Draw(keys, nil); !errors.Is(err, ErrRecord) {
			t.Errorf("%s changed: %v", what, err)
		}
	}
}

func TestAMissingOrWrongMasterKeyIsNoticed(t *testing.T) {
	e := event(t) // made under version 2
	old, _ := NewKeyring(1, map[int][]byte{1: []byte(strings.Repeat("a", 32))})
	if _, err := e.Freeze(0, vdraw.Digest{}, old, nil, time.Time{}); !errors.Is(err, ErrNoKey) {
		t.Errorf("missing version: %v", err)
	}
	wrong, _ := NewKeyring(2, map[int][]byte{2: []byte(strings.Repeat("x", 32))})
	if _, err := e.Freeze(0, vdraw.Digest{}, wrong, nil, time.Time{}); !errors.Is(err, ErrCommit) {
		t.Errorf("wrong key: %v", err)
	}
	if _, err := NewKeyring(3, map[int][]byte{1: make([]byte, 32)}); !errors.Is(err, ErrNoKey) {
		t.Errorf("current version without a key: %v", err)
	}
	if _, err := NewKeyring(1, map[int][]byte{1: make([]byte, 31)}); err == nil {
		t.Error("a short key is accepted")
	}
}

func TestATicketIsTheUsersAndTheEvents(t *testing.T) {
	k := keyring(t)
	a, _ := k.Ticket(2, EventID{1}, "alice")
	again, _ := k.Ticket(2, EventID{1}, "alice")
	if a != again {
		t.Error("one user has two tickets in an event")
	}
	for what, other := range map[string]func() (vdraw.Ticket, error){
		"user":    func() (vdraw.Ticket, error) { return k.Ticket(2, EventID{1}, "bob") },
		"event":   func() (vdraw.Ticket, error) { return k.Ticket(2, EventID{2}, "alice") },
		"version": func() (vdraw.Ticket, error) { return k.Ticket(1, EventID{1}, "alice") },
	} {
		if b, err := other(); err != nil || a == b {
			t.Errorf("another %s has the same ticket (%v)", what, err)
		}
	}
}

func TestPlacesTakeThePrizesInOrder(t *testing.T) {
	e := &Event{Prizes: []Prize{{Name: "Pot", Quantity: 1}, {Name: "Cup", Quantity: 2}}}
	for place, want := range map[int]string{-1: "", 0: "", 1: "Pot", 2: "Cup", 3: "Cup", 4: ""} {
		p, ok := e.PrizeAt(place)
		if ok != (want != "") || ok && p.Name != want {
			t.Errorf("place %d: %v %v, want %q", place, p, ok, want)
		}
	}
}

func TestUndrawnPrizesAndLateness(t *testing.T) {
	e := event(t)
	if e.Undrawn() != 0 || e.Late() {
		t.Error("something is undrawn or late before the draw")
	}
	e.Record = &LockRecord{Count: 2, FrozenAt: e.LockAt.Add(10 * time.Second)}
	e.Result = &Result{DrawnAt: e.DrawAt.Add(5 * time.Second)}
	if e.Undrawn() != 3 || e.Late() {
		t.Errorf("undrawn %d, late %v", e.Undrawn(), e.Late())
	}
	e.Result.DrawnAt = e.DrawAt.Add(5*time.Second + time.Millisecond)
	if !e.Late() {
		t.Error("a result after more than five seconds is not late")
	}
	e.Result.DrawnAt, e.Record.FrozenAt = e.DrawAt, e.DrawAt
	if !e.Late() {
		t.Error("a list frozen when the draw was due is not late")
	}
	e.Record.Count = 1 << 40
	if e.Undrawn() != 0 {
		t.Error("undrawn with more participants than prizes")
	}
}

func TestEventIDsHaveOneName(t *testing.T) {
	id := NewEventID()
	got, err := ParseEventID(id.String())
	if err != nil || got != id || len(id.String()) != 22 {
		t.Fatalf("%s: %v %v", id, got, err)
	}
	for _, bad := range []string{"", "short", id.String() + "A", strings.Repeat("A", 21) + "B", strings.Repeat("+", 22), strings.Repeat("A", 20) + "=="} {
		if _, err := ParseEventID(bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := ParseUserID("x"); err == nil {
		t.Error("a malformed user id is accepted")
	}
}

func FuzzDisplayName(f *testing.F) {
	f.Add("小明")
	f.Add("\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		name, err := DisplayName(s)
		if err != nil {
			return
		}
		if again, err := DisplayName(name); err != nil || again != name {
			t.Errorf("%q is accepted, %q is not", s, name)
		}
	})
}
