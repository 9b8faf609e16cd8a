package gateway

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// FunctionURL is the form of a function URL of Tencent SCF, and of its custom domains.
var FunctionURL Form = functionURL{}

type functionURL struct{}

type urlEvent struct {
	Method          string         `json:"httpMethod"`
	Path            string         `json:"path"`
	Headers         map[string]any `json:"headers"`
	Query           map[string]any `json:"queryString"`
	Body            string         `json:"body"`
	IsBase64Encoded bool           `json:"isBase64Encoded,omitempty"` // there is none as long as the body is text
}

// event has the path percent-encoded, as it came. Whether the platform sends it so is not settled by its documents.
func (functionURL) event(r *http.Request, body []byte, id string, _ time.Time) ([]byte, error) {
	e := urlEvent{Method: r.Method, Path: r.URL.EscapedPath(), Headers: map[string]any{"host": r.Host}, Query: queryOf(r.URL.RawQuery)}
	e.Body, e.IsBase64Encoded = textOf(body)
	for name, values := range r.Header {
		e.Headers[strings.ToLower(name)] = oneOrAll(values)
	}
	e.Headers["x-scf-remote-addr"] = clientIP(r) // whatever the client wrote there
	e.Headers["x-scf-request-id"] = id
	return json.Marshal(e)
}

func oneOrAll(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	return values
}

// queryOf gives the decoded values by key: a text, an array for a repeated key, true for a key without a value. What
// cannot be decoded is left out.
func queryOf(raw string) map[string]any {
	out := map[string]any{}
	values, _ := url.ParseQuery(raw)
	for name, all := range values {
		out[name] = oneOrAll(all)
	}
	for pair := range strings.SplitSeq(raw, "&") {
		if name, err := url.QueryUnescape(pair); err == nil && !strings.Contains(pair, "=") && out[name] == "" {
			out[name] = true
		}
	}
	return out
}

func (functionURL) answer(returned []byte) (answer, error) {
	var res struct {
		StatusCode      int
		Headers         map[string]headerValues
		Body            string
		IsBase64Encoded bool
	}
	if err := json.Unmarshal(returned, &res); err != nil {
		return answer{}, errShape
	}
	a, err := newAnswer(res.StatusCode, res.Body, res.IsBase64Encoded)
	if err != nil {
		return a, err
	}
	for name, values := range res.Headers {
		a.header[http.CanonicalHeaderKey(name)] = values
	}
	return a, nil
}

// headerValues is one text or an array of them.
type headerValues []string

// UnmarshalJSON reads either.
func (h *headerValues) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*h = headerValues{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(h))
}
