// Package message writes what users are told of an event's end: which facts go into which field of a WeChat template, in the
// form that WeChat takes. It is pure; sending is another package's work.
package message

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Template is a subscribe message's template: its id, and what goes into each of its fields. The zero Template is none.
type Template struct {
	ID     string
	fields []field
}

type field struct{ name, source string }

// IsZero reports whether there is no template.
func (t Template) IsZero() bool { return t.ID == "" }

// sources are what may go into a field, by the kinds of field that hold it.
var sources = map[string][]string{
	"thing":  {"title", "result", "prize"},
	"phrase": {"result"},
	"time":   {"time", "draw_at"},
	"number": {"participants", "winners"},
}

// Parse reads a template as configuration has it: the id that WeChat gave it, and its fields with their sources, as in
//
//	aBc_1-2 thing1=title,phrase2=result,time3=time,thing4=prize
//
// An empty text is the zero Template. The error says what is wrong with which field; it quotes names only.
func Parse(text string) (Template, error) {
	id, list, ok := strings.Cut(strings.TrimSpace(text), " ")
	if id == "" {
		return Template{}, nil
	}
	if !ok || !isID(id) {
		return Template{}, errors.New("message: a template is an id, a space and its fields")
	}
	t := Template{ID: id}
	for _, item := range strings.Split(strings.TrimSpace(list), ",") {
		name, source, _ := strings.Cut(strings.TrimSpace(item), "=")
		if err := checkField(name, source); err != nil {
			return Template{}, err
		}
		if slices.ContainsFunc(t.fields, func(f field) bool { return f.name == name }) {
			return Template{}, fmt.Errorf("message: the field %s is there twice", name)
		}
		t.fields = append(t.fields, field{name, source})
	}
	return t, nil
}

func isID(id string) bool {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
	return len(id) <= 64 && strings.Trim(id, letters) == ""
}

func checkField(name, source string) error {
	kind := strings.TrimRight(name, "0123456789")
	number, err := strconv.Atoi(name[len(kind):])
	fits, known := sources[kind]
	switch {
	case !known || err != nil || number < 1 || number > 99 || kind+strconv.Itoa(number) != name:
		return fmt.Errorf("message: %q is no field of the kinds thing, phrase, time and number", name)
	case !slices.Contains(fits, source):
		return fmt.Errorf("message: %s cannot be %q; it takes %s", name, source, strings.Join(fits, ", "))
	}
	return nil
}

// thingLimit is how many characters a thing may have.
const thingLimit = 20

// China is the time zone that WeChat shows instants and counts days in. It has had no summer time since 1991.
var China = time.FixedZone("CST", 8*60*60)

// Fill writes a message: the values of the template's fields by name, each within WeChat's rules for its kind (a thing has at most
// 20 characters, a phrase at most 5 Chinese ones, a time is one of China).
func (t Template) Fill(f Facts) map[string]string {
	data := make(map[string]string, len(t.fields))
	for _, field := range t.fields {
		data[field.name] = f.value(field.source)
	}
	return data
}

func (f Facts) value(source string) string {
	switch source {
	case "title":
		return short(f.Title)
	case "result":
		return f.Result
	case "prize":
		return short(f.Prize)
	case "time":
		return f.Time.In(China).Format("2006-01-02 15:04")
	case "draw_at":
		return f.DrawAt.In(China).Format("2006-01-02 15:04")
	case "participants":
		return strconv.FormatUint(f.Participants, 10)
	case "winners":
		return strconv.FormatUint(f.Winners, 10)
	}
	panic("message: no such source: " + source) // Parse lets none in
}

// short is a text cut to what a thing holds.
func short(text string) string {
	runes := []rune(text)
	if len(runes) <= thingLimit {
		return text
	}
	return string(runes[:thingLimit-1]) + "…"
}
