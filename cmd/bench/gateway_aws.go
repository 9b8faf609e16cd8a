//go:build !scf

package main

// gatewayEvent is a request as AWS's HTTP API describes it (payload 2.0), with the headers a mini program's requests have.
func gatewayEvent(method, path, token string) map[string]any {
	headers := clientHeaders(token)
	headers["x-forwarded-for"], headers["x-forwarded-port"], headers["x-forwarded-proto"] = "198.51.100.7", "443", "https"
	return map[string]any{
		"version": "2.0", "routeKey": "ANY /join/{proxy+}", "rawPath": path, "rawQueryString": "", "headers": headers,
		"requestContext": map[string]any{
			"accountId": "123456789012", "apiId": "abcdefghij", "domainName": "lottery.example", "domainPrefix": "lottery",
			"http":      map[string]any{"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "198.51.100.7", "userAgent": userAgent},
			"requestId": "JKJaXmPLvHcESHA=", "routeKey": "ANY /join/{proxy+}", "stage": "$default",
			"time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1773342238000,
		},
		"pathParameters": map[string]any{"proxy": path}, "body": "{}", "isBase64Encoded": false,
	}
}
