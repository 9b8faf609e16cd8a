//go:build scf

package main

// gatewayEvent is a request as Tencent's function URL describes it, with the headers a mini program's requests have.
func gatewayEvent(method, path, token string) map[string]any {
	return map[string]any{
		"httpMethod": method, "path": path, "headers": clientHeaders(token), "queryString": map[string]any{},
		"requestContext": map[string]any{"sourceIp": "198.51.100.7", "httpMethod": method, "path": path},
		"body":           "{}", "isBase64Encoded": false,
	}
}
