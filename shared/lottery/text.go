package lottery

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"wxlottery/shared/fault"
)

// Limits of texts, in runes.
const (
	MaxTitle       = 60
	MaxDescription = 500
	MaxPrizeName   = 40
	MaxTerms       = 300 // conditions, and claim terms
	MaxName        = 20
)

// DisplayName checks a user's name and returns it trimmed. Errors: invalid_name, text_rejected.
func DisplayName(name string) (string, error) {
	text, problem := checkText(name, MaxName)
	if problem != "" {
		return "", fault.Invalid("name", "name %s", problem)
	}
	return text, checkWords([]fieldText{{"name", text}})
}

// checkText trims a text and says what is wrong with it, or "". What a reader would see as something else than it is (text
// directions turned over, control characters, damaged characters) is refused; emoji are text like any other.
func checkText(s string, limit int) (text, problem string) {
	text = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError):
		return "", "is damaged: it is not UTF-8, or has the character U+FFFD that stands for what was lost"
	case strings.ContainsFunc(text, forbidden):
		return "", "contains a control or text direction character"
	case !strings.ContainsFunc(text, visible):
		return "", "is empty"
	case utf8.RuneCountInString(text) > limit:
		return "", "is too long"
	}
	return text, ""
}

// forbidden are control characters, line and paragraph separators, and the bidirectional embeddings, overrides and
// isolates.
func forbidden(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
		r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// visible says whether r leaves a mark of its own on a screen.
func visible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != brailleBlank &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
