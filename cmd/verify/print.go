package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"wxlottery/shared/vdraw"
)

// show prints a result in the form that was asked for.
func show(w io.Writer, r result, o options) error {
	if o.json {
		return showJSON(w, r.Report)
	}
	p := &printer{lang: o.lang}
	p.steps(r.Steps)
	p.notChecked(r.Report)
	p.key(r.servedKey)
	p.closing(r.Report)
	_, err := io.WriteString(w, p.String())
	return err
}

func showJSON(w io.Writer, r vdraw.Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// printer writes a report in one language.
type printer struct {
	strings.Builder
	lang string
}

func (p *printer) in(t vdraw.Text) string {
	if p.lang == "zh" {
		return t.Zh
	}
	return t.En
}

// printf writes a line whose form is in both languages.
func (p *printer) printf(form vdraw.Text, args ...any) {
	fmt.Fprintf(p, p.in(form)+"\n", args...)
}

func (p *printer) steps(steps []vdraw.Step) {
	outcome, name := 0, 0 // the columns' widths
	for _, s := range steps {
		outcome, name = max(outcome, width(p.in(outcomes[s.Outcome]))), max(name, width(p.in(s.Name)))
	}
	for _, s := range steps {
		ended, called := pad(p.in(outcomes[s.Outcome]), outcome), pad(p.in(s.Name), name)
		fmt.Fprintf(p, "%2d  %s  %s  %s\n", s.Number, ended, called, p.in(s.Finding.Text))
	}
}

// notChecked lists what was left unchecked, each thing once, with the steps that it kept from being taken and the flag that
// would help.
func (p *printer) notChecked(r vdraw.Report) {
	if len(r.NotChecked) == 0 {
		return
	}
	p.printf(headingOpen)
	for _, f := range r.NotChecked {
		p.WriteString("  - ")
		if n := stepsWith(r.Steps, f.Code); len(n) > 0 {
			fmt.Fprintf(p, p.in(ofSteps), strings.Join(n, p.in(comma)))
		}
		p.WriteString(p.in(f.Text))
		if flag := remedies[f.Code]; flag != "" {
			fmt.Fprintf(p, p.in(remedy), flag)
		}
		p.WriteString("\n")
	}
}

// stepsWith returns the numbers of the steps that were not taken for the reason of this code.
func stepsWith(steps []vdraw.Step, code string) (numbers []string) {
	for _, s := range steps {
		if s.Outcome == vdraw.NotChecked && s.Finding.Code == code {
			numbers = append(numbers, strconv.Itoa(s.Number))
		}
	}
	return numbers
}

func (p *printer) key(served string) {
	if served != "" {
		p.printf(keyIsServed, printable(served))
	}
}

// closing sums up. Only where nothing at all is open does it say that all was checked.
func (p *printer) closing(r vdraw.Report) {
	p.WriteString("\n")
	if r.Failed() {
		p.printf(closingFailed, strings.Join(p.failures(r.Steps), p.in(semicolon)))
		return
	}
	if but := p.reservations(r); len(but) > 0 {
		p.printf(closingBut, strings.Join(but, p.in(semicolon)))
		return
	}
	p.printf(closingAll)
}

func (p *printer) failures(steps []vdraw.Step) (failed []string) {
	for _, s := range steps {
		if s.Outcome == vdraw.Failed {
			failed = append(failed, fmt.Sprintf(p.in(failedStep), s.Number, p.in(s.Name)))
		}
	}
	return failed
}

func (p *printer) reservations(r vdraw.Report) (but []string) {
	timeOpen := slices.ContainsFunc(r.NotChecked, func(f vdraw.Finding) bool { return f.Code == "lock.time" })
	for _, b := range []struct {
		applies bool
		text    vdraw.Text
	}{
		{!r.Drawn, notDrawn},
		{r.Rehearsal, rehearsal},
		{r.Trusted, trusted},
		{r.Late, late},
		{timeOpen, timeNotProven},
		{len(r.NotChecked) > 0, notEverything},
	} {
		if b.applies {
			but = append(but, p.in(b.text))
		}
	}
	return but
}

func pad(text string, to int) string { return text + strings.Repeat(" ", to-width(text)) }

// width is how many columns a text takes in a terminal: Chinese characters and their punctuation take two.
func width(text string) (columns int) {
	for _, r := range text {
		columns++
		if r >= 0x2e80 {
			columns++
		}
	}
	return columns
}
