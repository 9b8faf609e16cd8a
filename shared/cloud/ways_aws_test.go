package cloud

import (
	"net/url"
	"strings"
)

// eventV2 joins headers by commas, keeps the cookies apart and, for an HTTP API, decodes the path.
func eventV2(c call, domain string) map[string]any {
	path := c.path
	if !strings.Contains(domain, "lambda-url") {
		path, _ = url.PathUnescape(c.path)
	}
	headers, cookies := joined(c), []string(nil)
	if text := headers["cookie"]; text != "" {
		cookies = strings.Split(text, "; ")
		delete(headers, "cookie")
	}
	return map[string]any{
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": c.query, "headers": headers, "cookies": cookies,
		"requestContext": map[string]any{
			"domainName": domain, "requestId": "req=",
			"http": map[string]any{"method": c.method, "path": path, "sourceIp": "192.0.2.7"},
		},
		"body": c.sentBody(), "isBase64Encoded": c.base64,
	}
}

// joined are the headers as most gateways send them: names in lower case, several values joined by commas.
func joined(c call) map[string]string {
	headers := map[string]string{}
	for _, kv := range c.header {
		name := strings.ToLower(kv[0])
		if old, ok := headers[name]; ok {
			headers[name] = old + "," + kv[1]
			continue
		}
		headers[name] = kv[1]
	}
	return headers
}

func eventV1(c call) map[string]any {
	headers := map[string][]string{"Host": {"api.example"}}
	for _, kv := range c.header {
		headers[kv[0]] = append(headers[kv[0]], kv[1])
	}
	query, _ := url.ParseQuery(c.query)
	return map[string]any{
		"resource": "/{proxy+}", "path": c.path, "httpMethod": c.method,
		"multiValueHeaders": headers, "multiValueQueryStringParameters": map[string][]string(query),
		"requestContext": map[string]any{"requestId": "req1", "identity": map[string]any{"sourceIp": "192.0.2.7"}},
		"body":           c.sentBody(), "isBase64Encoded": c.base64,
	}
}

// eventV1Single has the maps with one value each, beside multi-value maps where there are several.
func eventV1Single(c call) map[string]any {
	e := eventV1(c)
	for multi, single := range map[string]string{"multiValueHeaders": "headers", "multiValueQueryStringParameters": "queryStringParameters"} {
		one, several := map[string]string{}, map[string][]string{}
		for name, values := range e[multi].(map[string][]string) {
			one[name] = values[len(values)-1]
			if len(values) > 1 {
				several[name] = values
			}
		}
		e[multi], e[single] = several, one
	}
	return e
}
