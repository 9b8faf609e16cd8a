package gateway

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// HTTPAPI is the form of an AWS HTTP API: payload format 2.0, stage $default.
var HTTPAPI Form = httpAPI{}

type httpAPI struct{}

func (httpAPI) event(r *http.Request, body []byte, id string, now time.Time) ([]byte, error) {
	text, isBase64 := textOf(body)
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

func (httpAPI) answer(returned []byte) (answer, error) {
	var res events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(returned, &res); err != nil {
		return answer{}, errShape
	}
	a, err := newAnswer(res.StatusCode, res.Body, res.IsBase64Encoded)
	if err != nil {
		return a, err
	}
	for name, value := range res.Headers {
		a.header.Set(name, value)
	}
	for _, cookie := range res.Cookies {
		a.header.Add("Set-Cookie", cookie)
	}
	return a, nil
}
