//go:build !scf

package cloud

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// awsEvent has what we need of both payload formats of AWS: 2.0 (HTTP API, function URL) and 1.0 (REST API). Every field
// may be missing.
type awsEvent struct {
	Version         string
	Headers         map[string]string
	Body            string
	IsBase64Encoded bool
	RequestContext  struct {
		RequestID  string
		DomainName string
		HTTP       *struct{ Method, Path, SourceIP string } // 2.0 only
		Identity   struct{ SourceIP string }                // 1.0 only
	}

	// 2.0
	RawPath        string
	RawQueryString string
	Cookies        []string

	// 1.0
	HTTPMethod                      string
	Path                            string
	MultiValueHeaders               map[string][]string
	QueryStringParameters           map[string]string
	MultiValueQueryStringParameters map[string][]string
}

// encoder gives an answer the form its event asks for.
type encoder func(*response) any

// decodeAWS reads an event of either format and says how its answer is to be encoded, also when it cannot be read.
func decodeAWS(payload []byte) (event, encoder, error) {
	var in awsEvent
	err := json.Unmarshal(payload, &in) // fills in what does fit: the form of the answer depends on it
	if err != nil {
		err = shape(err)
	}
	e := event{requestID: in.RequestContext.RequestID, host: in.RequestContext.DomainName, header: http.Header{}}
	encode := encodeV2
	if in.Version == "1.0" || in.HTTPMethod != "" {
		encode = encodeV1
		in.fillV1(&e)
	} else {
		in.fillV2(&e)
	}
	if e.host == "" {
		e.host = e.header.Get("Host")
	}
	body, bodyErr := in.bytes()
	e.body = body
	return e, encode, errors.Join(err, bodyErr)
}

// shape keeps of a decoding error the field and its type: the value may be anything a client sent.
func shape(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("cloud: the event's %s should not be of JSON type %s", wrong.Field, wrong.Value)
	}
	return errors.New("cloud: the event is no JSON")
}

// fillV2 reads payload 2.0, whose headers arrive with their values joined by commas and without the cookies. An HTTP API
// has decoded the path, a function URL has not.
func (in *awsEvent) fillV2(e *event) {
	e.path, e.query = in.RawPath, in.RawQueryString
	if h := in.RequestContext.HTTP; h != nil {
		e.method, e.clientIP = h.Method, h.SourceIP
		if e.path == "" {
			e.path = h.Path
		}
	}
	if e.path == "" {
		e.path = "/"
	}
	e.encoded = strings.Contains(in.RequestContext.DomainName, ".lambda-url.")
	for name, value := range in.Headers {
		e.header.Add(name, value)
	}
	if len(in.Cookies) > 0 {
		e.header.Set("Cookie", strings.Join(in.Cookies, "; "))
	}
}

// fillV1 reads payload 1.0, where a name may have its values in the multi-value map, in the plain one, or in both.
func (in *awsEvent) fillV1(e *event) {
	e.method, e.clientIP = in.HTTPMethod, in.RequestContext.Identity.SourceIP
	e.path, e.encoded = in.Path, true
	if e.path == "" {
		e.path = "/"
	}
	for name, values := range merge(in.MultiValueHeaders, in.Headers) {
		for _, value := range values {
			e.header.Add(name, value)
		}
	}
	e.query = url.Values(merge(in.MultiValueQueryStringParameters, in.QueryStringParameters)).Encode()
}

func merge(multi map[string][]string, plain map[string]string) map[string][]string {
	all := make(map[string][]string, len(multi)+len(plain))
	for name, value := range plain {
		all[name] = []string{value}
	}
	for name, values := range multi {
		if len(values) > 0 {
			all[name] = values
		}
	}
	return all
}

func (in *awsEvent) bytes() ([]byte, error) {
	if !in.IsBase64Encoded {
		return []byte(in.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(in.Body)
	if err != nil {
		return nil, errors.New("cloud: the event's body is not base64")
	}
	return body, nil
}

type awsAnswerV2 struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies,omitempty"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// encodeV2 joins what has several values by commas, except Set-Cookie, which has a place of its own.
func encodeV2(res *response) any {
	out := awsAnswerV2{StatusCode: res.code(), Headers: map[string]string{}, Cookies: res.header["Set-Cookie"]}
	for name, values := range res.header {
		if name != "Set-Cookie" {
			out.Headers[name] = strings.Join(values, ",")
		}
	}
	out.Body, out.IsBase64Encoded = text(res.body.Bytes())
	return out
}

type awsAnswerV1 struct {
	StatusCode        int                 `json:"statusCode"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

func encodeV1(res *response) any {
	out := awsAnswerV1{StatusCode: res.code(), MultiValueHeaders: res.header}
	out.Body, out.IsBase64Encoded = text(res.body.Bytes())
	return out
}

// text gives a body as JSON can carry it.
func text(body []byte) (s string, isBase64 bool) {
	if utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

// decodeAWSTimer reads the event of an EventBridge rule or schedule. Whatever is missing or odd, a tick is a tick.
// A schedule sends its detail as a string that holds the JSON text.
func decodeAWSTimer(payload []byte) Timer {
	var in struct{ Time, Detail json.RawMessage }
	_ = json.Unmarshal(payload, &in) // what cannot be read stays empty
	t := Timer{Time: time.Now().UTC(), Message: string(in.Detail)}
	var at time.Time
	if json.Unmarshal(in.Time, &at) == nil && !at.IsZero() {
		t.Time = at
	}
	var quoted string
	if json.Unmarshal(in.Detail, &quoted) == nil {
		t.Message = quoted // also "" for null
	}
	return t
}
