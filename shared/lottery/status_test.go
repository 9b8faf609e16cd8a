package lottery

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"
)

var (
	lockAt = time.Date(2026, 12, 24, 9, 59, 0, 0, time.UTC)
	drawAt = lockAt.Add(time.Minute)
	before = lockAt.Add(-time.Millisecond)
)

// every status with and without a frozen list, held or not, as the schema allows it.
func every() map[string]*Event {
	owner := UserID{1}
	base := Event{Owner: owner, LockAt: lockAt, DrawAt: drawAt}
	with := func(change func(*Event)) *Event {
		e := base
		change(&e)
		return &e
	}
	return map[string]*Event{
		"init":        with(func(*Event) {}),
		"held":        with(func(e *Event) { e.Held = true }),
		"opening":     with(func(e *Event) { e.Status = Opening }),
		"frozen":      with(func(e *Event) { e.Status, e.Record = Opening, &LockRecord{} }),
		"opened":      with(func(e *Event) { e.Status, e.Record, e.Result = Opened, &LockRecord{}, &Result{} }),
		"canceled":    with(func(e *Event) { e.Status, e.Reason = Canceled, ReasonOwner }),
		"unknown (5)": with(func(e *Event) { e.Status = 5 }),
	}
}

// TestOnlyTheTablesStepsAreTaken asks for every step in every status at every time; what is not listed must be refused.
func TestOnlyTheTablesStepsAreTaken(t *testing.T) {
	steps := map[string]func(*Event, time.Time) (Transition, error){
		"cancel": func(e *Event, now time.Time) (Transition, error) { return e.Cancel(e.Owner, now) },
		"steal":  func(e *Event, now time.Time) (Transition, error) { return e.Cancel(UserID{2}, now) },
		"lock":   (*Event).Lock,
		"open":   (*Event).Open,
		"void":   (*Event).Void,
	}
	times := map[string]time.Time{
		"before": before, "locked": lockAt, "due": drawAt, "later": drawAt.Add(VoidAfter - time.Second), "lost": drawAt.Add(VoidAfter),
	}
	legal := map[string]Transition{
		"init before cancel": cancelByOwner, "held before cancel": cancelByOwner,
		"init locked lock": lock, "init due lock": lock, "init later lock": lock, "init lost lock": lock,
		"held locked lock": cancelHeld, "held due lock": cancelHeld, "held later lock": cancelHeld, "held lost lock": cancelHeld,
		"frozen due open": open, "frozen later open": open, "frozen lost open": open,
		"opening lost void": void, "frozen lost void": void,
	}
	for status, e := range every() {
		if status == "unknown (5)" {
			continue // the schema refuses it
		}
		for when, now := range times {
			for name, step := range steps {
				what := fmt.Sprintf("%s %s %s", status, when, name)
				got, err := step(e, now)
				want, ok := legal[what]
				switch {
				case ok && (err != nil || got != want):
					t.Errorf("%s: %v, %v; want %v", what, got, err, want)
				case !ok && !got.IsZero():
					t.Errorf("%s is not in the table but was allowed: %v", what, got)
				case !ok && err == nil && !(status == "canceled" && name == "cancel"):
					t.Errorf("%s is not in the table and was not refused", what)
				}
			}
		}
	}
}

func TestRefusalsSayWhatTheEventHasBecome(t *testing.T) {
	e := every()
	for _, c := range []struct {
		what string
		err  error
		want error
	}{
		{"cancel by another", second(e["init"].Cancel(UserID{9}, before)), ErrNotOwner},
		{"cancel after the lock, stored status init", second(e["init"].Cancel(UserID{1}, lockAt)), ErrLocked},
		{"cancel while opening", second(e["opening"].Cancel(UserID{1}, before)), ErrLocked},
		{"cancel after the draw", second(e["opened"].Cancel(UserID{1}, drawAt)), ErrOpened},
		{"lock too early", second(e["init"].Lock(before)), ErrNotLocked},
		{"lock twice", second(e["opening"].Lock(drawAt)), ErrLocked},
		{"lock a drawn one", second(e["opened"].Lock(drawAt)), ErrOpened},
		{"lock a canceled one", second(e["canceled"].Lock(drawAt)), ErrCanceled},
		{"open without a list", second(e["opening"].Open(drawAt)), ErrNotLocked},
		{"open too early", second(e["frozen"].Open(lockAt)), ErrNotDrawn},
		{"open twice", second(e["opened"].Open(drawAt)), ErrOpened},
		{"open a canceled one", second(e["canceled"].Open(drawAt)), ErrCanceled},
		{"void too early", second(e["frozen"].Void(drawAt)), ErrNotDrawn},
		{"cancel another's held one", second(e["held"].Cancel(UserID{9}, before)), ErrNotFound},
		{"void a drawn one", second(e["opened"].Void(drawAt)), ErrOpened},
		{"join in time", e["init"].Joinable(before), nil},
		{"join a held one", e["held"].Joinable(before), ErrNotFound},
		{"join at the lock", e["init"].Joinable(lockAt), ErrLocked},
		{"join a drawn one", e["opened"].Joinable(drawAt), ErrOpened},
		{"join a canceled one", e["canceled"].Joinable(before), ErrCanceled},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.err, c.want)
		}
	}
}

func second(_ Transition, err error) error { return err }

func TestFinalStatusesHaveNoWayOut(t *testing.T) {
	for _, step := range Transitions() {
		if step.From().Final() {
			t.Errorf("%v leaves a final status", step)
		}
		if (step.To() == Canceled) != (step.Reason() != ReasonNone) {
			t.Errorf("%v: a reason belongs to canceled and to nothing else", step)
		}
	}
}

// TestThePictureShowsTheCode compares the diagram and the table of docs/state_machine.md with the transitions.
func TestThePictureShowsTheCode(t *testing.T) {
	page, err := os.ReadFile("../../docs/state_machine.md")
	if err != nil {
		t.Fatal(err)
	}
	var code []string
	for _, step := range Transitions() {
		code = append(code, fmt.Sprintf("%s→%s %s", step.From(), step.To(), step.Reason()))
	}
	var drawn, listed []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\w+) --> (\w+) : (.*)$`).FindAllStringSubmatch(string(page), -1) {
		reason := ""
		if m[2] == Canceled.String() {
			reason = m[3]
		}
		drawn = append(drawn, fmt.Sprintf("%s→%s %s", m[1], m[2], reason))
	}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d) (\w+) \| (\d) (\w+) \| (\w*) ?\|`).FindAllStringSubmatch(string(page), -1) {
		listed = append(listed, fmt.Sprintf("%s→%s %s", m[2], m[4], m[5]))
		for i, status := range []string{m[2], m[4]} {
			if number := m[1+2*i]; fmt.Sprint(byName(status)) != number {
				t.Errorf("the page numbers %s as %s", status, number)
			}
		}
	}
	for _, list := range [][]string{code, drawn, listed} {
		slices.Sort(list)
	}
	if !slices.Equal(code, drawn) {
		t.Errorf("the diagram has %q, the code %q", drawn, code)
	}
	if !slices.Equal(code, listed) {
		t.Errorf("the table has %q, the code %q", listed, code)
	}
}

func byName(name string) int {
	for _, s := range []Status{Init, Opening, Opened, Canceled} {
		if s.String() == name {
			return int(s)
		}
	}
	return -1
}
