package deploy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var term = regexp.MustCompile(`^\$\.(\w+) (=|!=|>=|<=|>|<) ("[^"]*"|-?\d+)$`)

// matches says whether a metric filter counts a record: terms on JSON fields, all of which must hold. A field that is not
// there matches nothing.
func matches(pattern, record string) (bool, error) {
	var fields map[string]any
	if err := json.Unmarshal([]byte(record), &fields); err != nil {
		return false, nil // a filter for JSON passes other lines over
	}
	inner, ok := strings.CutPrefix(pattern, "{ ")
	inner, closed := strings.CutSuffix(inner, " }")
	if !ok || !closed {
		return false, fmt.Errorf("%q is no filter for JSON", pattern)
	}
	all := true
	for _, part := range strings.Split(inner, " && ") {
		m := term.FindStringSubmatch(part)
		if m == nil {
			return false, fmt.Errorf("%q is no term", part)
		}
		all = all && holds(fields[m[1]], m[2], m[3])
	}
	return all, nil
}

func holds(field any, operator, literal string) bool {
	var order int
	switch field := field.(type) {
	case string:
		text, err := strconv.Unquote(literal)
		if err != nil || operator != "=" && operator != "!=" {
			return false
		}
		order = strings.Compare(field, text)
	case float64:
		number, err := strconv.ParseFloat(literal, 64)
		if err != nil {
			return false
		}
		order = cmp.Compare(field, number)
	default:
		return false
	}
	switch operator {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	}
	return strings.HasPrefix(operator, ">") && order > 0 || strings.HasPrefix(operator, "<") && order < 0 ||
		strings.HasSuffix(operator, "=") && order == 0
}

func TestFiltersAreReadAsTheCloudReadsThem(t *testing.T) {
	t.Parallel()
	const record = `{"msg":"tick","level":"INFO","overdue":3}`
	for pattern, want := range map[string]bool{
		`{ $.msg = "tick" }`: true, `{ $.msg = "tock" }`: false, `{ $.msg != "tock" }`: true, `{ $.other = "tick" }`: false,
		`{ $.overdue > 0 }`: true, `{ $.overdue > 3 }`: false, `{ $.overdue >= 3 }`: true, `{ $.overdue < 4 }`: true,
		`{ $.overdue <= 2 }`: false, `{ $.overdue = 3 }`: true, `{ $.overdue = "3" }`: false, `{ $.msg > 0 }`: false,
		`{ $.msg = "tick" && $.level = "INFO" }`: true, `{ $.msg = "tick" && $.level = "ERROR" }`: false,
	} {
		if got, err := matches(pattern, record); err != nil || got != want {
			t.Errorf("%s: %v, %v", pattern, got, err)
		}
	}
	for _, pattern := range []string{`$.msg = "tick"`, `{ msg = "tick" }`, `{ $.msg = "tick" || $.level = "INFO" }`} {
		if _, err := matches(pattern, record); err == nil {
			t.Errorf("%s is taken", pattern)
		}
	}
}
