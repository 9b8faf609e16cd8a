package lottery

import (
	"fmt"
	"slices"
)

// Organiser says what sort of organiser holds an event; the numbers are what the database holds.
type Organiser uint8

// The sorts. Rules about the promotion of sales bind a business only.
const (
	Private  Organiser = 0
	Business Organiser = 1
)

// String is the name in the API.
func (o Organiser) String() string {
	if o == Business {
		return "business"
	}
	return "private"
}

// ParseOrganiser reads the name in the API.
func ParseOrganiser(name string) (o Organiser, ok bool) {
	switch name {
	case "private":
		return Private, true
	case "business":
		return Business, true
	}
	return Private, false
}

// mostBusinessValue is the most, in yuan, that one prize of a business's draw may be worth in China.
const mostBusinessValue = 50_000

// OverValue reports whether a business declares a prize of more than it may give by lot: participants and the organiser should
// know. Source: 规范促销行为暂行规定 (State Administration for Market Regulation, order 32), article 17.
func (e *Event) OverValue() bool {
	return e.Organiser == Business && slices.ContainsFunc(e.Prizes, func(p Prize) bool { return p.Value > mostBusinessValue })
}

// Content is everything of the event that others will read, as Draft.Content.
func (e *Event) Content() string {
	return Draft{
		Title: e.Title, Description: e.Description, Prizes: e.Prizes, Conditions: e.Conditions, ClaimTerms: e.ClaimTerms,
	}.Content()
}

// worth is the declared value as the rules text has it, "" without one.
func (p Prize) worth() string {
	if p.Value == 0 {
		return ""
	}
	return fmt.Sprintf(" (CNY %d)", p.Value)
}
