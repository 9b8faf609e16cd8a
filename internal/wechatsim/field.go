package wechatsim

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// formats are WeChat's rules for the values of a kind of field. Of other kinds it only asks that they are not empty.
var formats = map[string]func(string) bool{
	"thing":  func(s string) bool { return utf8.RuneCountInString(s) <= 20 },
	"number": func(s string) bool { return len(s) <= 32 && strings.Trim(s, "0123456789") == "" },
	"time":   isTime,
	"phrase": func(s string) bool { return utf8.RuneCountInString(s) <= 5 && !strings.ContainsFunc(s, notHan) },
}

// fits reports whether data has exactly the fields of a template, and values that these take.
func fits(data map[string]Value, fields []string) bool {
	if len(data) != len(fields) {
		return false
	}
	for _, name := range fields {
		if v, there := data[name]; !there || !isValue(name, v.Value) {
			return false
		}
	}
	return true
}

// isValue checks a value by the kind of its field: a field is named by its kind and a number.
func isValue(name, text string) bool {
	if text == "" || strings.ContainsFunc(text, unicode.IsControl) {
		return false
	}
	format, known := formats[strings.TrimRight(name, "0123456789")]
	return !known || format(text)
}

// isTime reads a time back, because time.Parse takes 7:00 for 07:00.
func isTime(text string) bool {
	const layout = "2006-01-02 15:04"
	t, err := time.Parse(layout, text)
	return err == nil && t.Format(layout) == text
}

func notHan(r rune) bool { return !unicode.Is(unicode.Han, r) }
