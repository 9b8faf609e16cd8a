package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wxlottery/internal/testdb"
	"wxlottery/internal/testredis"
)

const sessionToken = "token-of-the-role"

// arnOf is where the secret of a variable is kept.
func arnOf(variable string) string {
	return "arn:aws:secretsmanager:local:000000000000:secret:lottery/" + strings.ToLower(variable) + "-AbCdEf"
}

// hide takes secrets out of the variables, leaves their ARNs, and returns them by ARN.
func hide(variables map[string]string) map[string]string {
	kept := map[string]string{}
	for _, name := range []string{"DB_DSN", "MASTER_KEYS", "WECHAT_SECRET", "REDIS_PASSWORD"} {
		kept[arnOf(name)] = variables[name]
		variables[name+"_SECRET_ARN"] = arnOf(name)
		delete(variables, name)
	}
	return kept
}

// extension is the AWS Parameters and Secrets Lambda extension, as far as a function sees it.
func extension(secrets map[string]string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /secretsmanager/get", func(w http.ResponseWriter, r *http.Request) {
		arn := r.FormValue("secretId")
		secret, ok := secrets[arn]
		if !ok || r.Header.Get("X-Aws-Parameters-Secrets-Token") != sessionToken {
			http.Error(w, "AccessDeniedException", http.StatusBadRequest)
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"ARN": arn, "Name": arn, "SecretString": secret})
	})
	return mux
}

func TestFunctionsRecoverWhenTheSecretsExtensionComes(t *testing.T) {
	t.Parallel()
	m := testredis.Mini(t)
	m.RequireAuth("open sesame")
	addr := quietAddr(t)
	var secrets map[string]string
	p := stand(t, platforms["aws"], ground{testdb.DSN(t), m.Addr()}, func(variables map[string]string) {
		variables["REDIS_PASSWORD"] = "open sesame"
		secrets = hide(variables)
		_, variables["PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"], _ = net.SplitHostPort(addr)
		variables["AWS_SESSION_TOKEN"] = sessionToken
	})
	for _, c := range firstCalls[:3] {
		p.call(c[0], c[1], "", nil).is(503, "unavailable")
	}
	p.fails([2]string{"POST", "/_sim/draw"})
	before := p.functions()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: extension(secrets)}}
	server.Start()
	t.Cleanup(server.Close)
	p.works()
	p.mustBeThe(before)
}
