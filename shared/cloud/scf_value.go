package cloud

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
)

var (
	errOddValue = errors.New("cloud: a header or query key of the event has an odd value")
	errOddQuery = errors.New("cloud: the event's query is neither text nor an object")
)

// texts are the values of one header or query key: a text, a number, a bool, null, or a list of those. What true stands
// for differs.
func texts(raw json.RawMessage, onTrue string) ([]string, error) {
	list := []json.RawMessage{raw}
	if raw[0] == '[' {
		list = nil
		_ = json.Unmarshal(raw, &list) // any list fits
	}
	var all []string
	for _, one := range list {
		s, err := scalar(one, onTrue)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func scalar(raw json.RawMessage, onTrue string) (string, error) {
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case 't':
		return onTrue, nil
	case 'n':
		return "", nil
	case '{', '[':
		return "", errOddValue
	default:
		return string(raw), nil
	}
}

// queryKeys reads a query that is a text, percent-encoded as in a URL, or an object with decoded values, where true stands
// for a key without value.
func queryKeys(raw json.RawMessage) (url.Values, error) {
	if !present(raw) {
		return nil, nil
	}
	var whole string
	if json.Unmarshal(raw, &whole) == nil {
		keys, _ := url.ParseQuery(strings.TrimPrefix(whole, "?")) // what is not decodable is left out, as by net/http
		return keys, nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return nil, errOddQuery
	}
	keys := url.Values{}
	for name, value := range object {
		values, err := texts(value, "")
		if err != nil {
			return nil, err
		}
		keys[name] = values
	}
	return keys, nil
}
