package cloud

import (
	"net/url"
	"strings"
)

// eventURL is what a function URL is documented to send. It names no way to send a body that is not text; such a body is
// marked here as the API Gateway marks it.
func eventURL(c call) map[string]any {
	headers := joined(c)
	headers["host"] = "1250000000-abcdefghij.ap-guangzhou.tencentscf.com"
	e := map[string]any{"httpMethod": c.method, "path": c.path, "headers": headers, "queryString": queryObject(c.query)}
	if c.body != "" {
		e["body"] = c.sentBody()
	}
	if c.base64 {
		e["isBase64Encoded"] = true
	}
	return e
}

// queryObject has texts, lists where a key comes again, and true where a key has no value.
func queryObject(query string) map[string]any {
	object := map[string]any{}
	for part := range strings.SplitSeq(query, "&") {
		name, value, assigned := strings.Cut(part, "=")
		name, _ = url.QueryUnescape(name)
		var text any = true
		if assigned {
			text, _ = url.QueryUnescape(value)
		}
		switch old := object[name].(type) {
		case nil:
			object[name] = text
		case []any:
			object[name] = append(old, text)
		default:
			object[name] = []any{old, text}
		}
	}
	delete(object, "")
	return object
}

// eventURLArrays has lists for whatever may be one, and null for what is empty.
func eventURLArrays(c call) map[string]any {
	e := eventURL(c)
	headers := map[string][]string{"host": {"api.example"}}
	for _, kv := range c.header {
		name := strings.ToLower(kv[0])
		headers[name] = append(headers[name], kv[1])
	}
	query, _ := url.ParseQuery(c.query)
	e["headers"], e["queryString"] = headers, query
	if c.body == "" {
		e["body"] = nil
	}
	return e
}

func eventURLText(c call) map[string]any {
	e := eventURL(c)
	e["queryString"], e["requestContext"] = c.query, map[string]any{"sourceIp": "192.0.2.7"}
	return e
}

// eventGateway is the event of the retired API Gateway, with headers as they were sent.
func eventGateway(c call) map[string]any {
	headers := map[string]any{"Host": "service-abcdefgh-1250000000.gz.apigw.tencentcs.com"}
	for _, kv := range c.header {
		if old, ok := headers[kv[0]]; ok {
			headers[kv[0]] = old.(string) + "," + kv[1]
			continue
		}
		headers[kv[0]] = kv[1]
	}
	return map[string]any{
		"requestContext": map[string]any{
			"serviceId": "service-abcdefgh", "path": "/{any+}", "httpMethod": "ANY", "requestId": "gateway's", "stage": "release",
			"identity": map[string]any{"secretId": "AKIDsomebody"}, "sourceIp": "192.0.2.7",
		},
		"httpMethod": c.method, "path": c.path, "headers": headers, "headerParameters": map[string]any{}, "pathParameters": map[string]any{},
		"queryString": queryObject(c.query), "queryStringParameters": map[string]any{}, "stageVariables": map[string]any{"stage": "release"},
		"body": c.sentBody(), "isBase64Encoded": c.base64,
	}
}

// eventGatewaySet has the query among the configured parameters only.
func eventGatewaySet(c call) map[string]any {
	e := eventGateway(c)
	e["queryString"], e["queryStringParameters"] = map[string]any{}, e["queryString"]
	return e
}
