package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"wxlottery/shared/fault"
)

// Optional is implemented by the input of a call whose body may be left out.
type Optional interface{ OptionalBody() }

// decode reads the body as one JSON object with known fields, each once, in valid UTF-8. Errors: malformed, too_large.
func decode[In any](r *http.Request) (in In, err error) {
	if _, none := any(in).(None); none {
		return in, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return in, err
		}
		return in, malformed("the body cannot be read").Because(err)
	}
	if _, optional := any(in).(Optional); optional && len(bytes.TrimSpace(body)) == 0 {
		return in, nil
	}
	if !utf8.Valid(body) {
		return in, malformed("the body is not valid UTF-8")
	}
	if err := checkObject(body); err != nil {
		return in, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return in, malformed(reason(err))
	}
	return in, nil
}

// checkObject requires one JSON object and nothing behind it, with no name twice in an object and no null: what two readers
// could understand differently is refused.
func checkObject(body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	token, err := d.Token()
	if err != nil || token != json.Delim('{') {
		return malformed("the body must be a JSON object")
	}
	if err := members(d); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return malformed("there is something behind the JSON object")
	}
	return nil
}

// members reads the rest of an object.
func members(d *json.Decoder) error {
	seen := make(map[string]bool)
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return malformed("the body is not valid JSON").Because(err)
		}
		text, _ := name.(string)
		if strings.ContainsFunc(text, foreign) {
			return malformed(fmt.Sprintf("there is no field %q", text))
		}
		if seen[text] {
			return malformed(fmt.Sprintf("the field %q is there twice", text))
		}
		seen[text] = true
		if err := value(d); err != nil {
			return err
		}
	}
	_, err := d.Token()
	if err != nil {
		return malformed("the body is not valid JSON").Because(err)
	}
	return nil
}

// foreign says that a character is in no field name of ours. encoding/json would take Title for title.
func foreign(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }

// value reads one value of any kind.
func value(d *json.Decoder) error {
	token, err := d.Token()
	switch {
	case err != nil:
		return malformed("the body is not valid JSON").Because(err)
	case token == nil:
		return malformed("null is no value here; leave the field out")
	case token == json.Delim('{'):
		return members(d)
	case token == json.Delim('['):
		for d.More() {
			if err := value(d); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil {
			return malformed("the body is not valid JSON").Because(err)
		}
	}
	return nil
}

func malformed(message string) *fault.Error {
	return fault.New(fault.Malformed, "malformed", message)
}

// reason says what is wrong with a body in words a client developer can use, without repeating values.
func reason(err error) string {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return fmt.Sprintf("%s has the wrong type", wrongType.Field)
	}
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return "there is no field " + name
	}
	return "the body does not have the right form"
}

// Limit reads the query parameter limit: a whole number from 1, clamped to most; usual where there is none. Error:
// invalid_limit.
func Limit(r *http.Request, usual, most int) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrRange) && text[0] != '-' {
		return most, nil
	}
	if err != nil || n < 1 {
		return 0, fault.Invalid("limit", "limit must be a whole number from 1")
	}
	return min(n, most), nil
}
