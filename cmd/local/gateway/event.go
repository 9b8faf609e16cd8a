package gateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// encode turns a request into the event an AWS HTTP API sends for it, payload format 2.0, stage $default.
func encode(r *http.Request, body []byte, id string, now time.Time) ([]byte, error) {
	text, isBase64 := encodeBody(body)
	client := clientIP(r)
	headers, cookies := headersOf(r, client)
	return json.Marshal(events.APIGatewayV2HTTPRequest{
		Version:               "2.0",
		RouteKey:              "$default",
		RawPath:               r.URL.Path, // decoded, as the HTTP API does
		RawQueryString:        r.URL.RawQuery,
		Cookies:               cookies,
		Headers:               headers,
		QueryStringParameters: joined(r.URL.Query()),
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "$default", AccountID: "000000000000", Stage: "$default", RequestID: id, APIID: "local",
			DomainName: r.Host, DomainPrefix: "local", Time: now.UTC().Format("02/Jan/2006:15:04:05 +0000"), TimeEpoch: now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: client, UserAgent: r.UserAgent(),
			},
		},
		Body: text, IsBase64Encoded: isBase64,
	})
}

func encodeBody(body []byte) (text string, isBase64 bool) {
	if utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

// headersOf gives the headers by lower-case name, several values joined by commas, and the cookies apart from them. Like
// the real front it adds where the request came from.
func headersOf(r *http.Request, client string) (headers map[string]string, cookies []string) {
	headers = map[string]string{"host": r.Host, "x-forwarded-proto": "http"}
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		headers["x-forwarded-port"] = port
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			cookies = cookiesOf(values)
			continue
		}
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	headers["x-forwarded-for"] = strings.Join(append(r.Header.Values("X-Forwarded-For"), client), ", ")
	return headers, cookies
}

func cookiesOf(lines []string) []string {
	var cookies []string
	for _, line := range lines {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				cookies = append(cookies, cookie)
			}
		}
	}
	return cookies
}

func joined(query url.Values) map[string]string {
	out := make(map[string]string, len(query))
	for name, values := range query {
		out[name] = strings.Join(values, ",")
	}
	return out
}

func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// decode reads a function's answer. The real gateway makes a 200 of JSON without a statusCode; here that is refused,
// since only a defect of ours could cause it.
func decode(answer []byte) (res events.APIGatewayV2HTTPResponse, body []byte, err error) {
	if err := json.Unmarshal(answer, &res); err != nil {
		return res, nil, errors.New("the answer is not JSON of the expected shape")
	}
	if res.StatusCode < 200 || res.StatusCode > 599 {
		return res, nil, errors.New("the answer has no valid statusCode")
	}
	if !res.IsBase64Encoded {
		return res, []byte(res.Body), nil
	}
	body, err = base64.StdEncoding.DecodeString(res.Body)
	if err != nil {
		return res, nil, errors.New("the answer's body is not base64")
	}
	return res, body, nil
}
