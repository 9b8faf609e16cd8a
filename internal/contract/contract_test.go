package contract

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	eventPath = "/events/q3hZ0vN1T8yqkW7Jm2xL9A"
	joinPath  = "/join/q3hZ0vN1T8yqkW7Jm2xL9A"
	tag       = `W/"1ad0299aaa109440af91f548f40f88066406765d3b54f5995b84de9e7a151618"`
	chainPath = "/events?owner=FktOcGkMgQfgy6HrcAs4xQ"
)

// spy is a testing.TB that only takes notes. What it does not replace panics.
type spy struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

func (s *spy) Helper() {}

func (s *spy) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors = append(s.errors, fmt.Sprintf(format, args...))
}

// answer is what a fake handler says. X-Request-Id and Content-Type are added unless header has them.
type answer struct {
	status int
	body   string
	header http.Header
}

func (a answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Request-Id", "req-1")
	if a.body != "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	for name, values := range a.header {
		w.Header().Del(name)
		for _, v := range values {
			w.Header().Add(name, v)
		}
	}
	w.WriteHeader(a.status)
	io.WriteString(w, a.body)
}

func refusal(status int, code string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"error":{"code":%q,"message":"no","request_id":"req-1"}}`, code)}
}

func (a answer) with(name, value string) answer {
	a.header = a.header.Clone()
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Add(name, value)
	return a
}

func newRequest(method, target, body string) *http.Request {
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, target, r)
	req.Header.Set("Authorization", "Bearer x")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// anonymous is a request without a token.
func anonymous(method, target, body string) *http.Request {
	r := newRequest(method, target, body)
	r.Header.Del("Authorization")
	return r
}

// packed is the answer in gzip.
func (a answer) packed(t *testing.T) answer {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, a.body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a.body = b.String()
	return a.with("Content-Encoding", "gzip").with("Vary", "Accept-Encoding").with("Content-Type", "application/json")
}

// tampered is the answer without the end of its body.
func (a answer) tampered() answer {
	a.body = a.body[:len(a.body)-1]
	return a
}

// example is an example of the document, with one text replaced by another.
func example(t *testing.T, name, from, to string) string {
	t.Helper()
	raw := string(marshal(t, Load(t).spec.Components.Examples[name].Value.Value))
	if !strings.Contains(raw, from) {
		t.Fatalf("the example %s has no %s", name, from)
	}
	return strings.Replace(raw, from, to, 1)
}

// forADay is the Cache-Control of what never changes.
const forADay = "public, max-age=86400"

// picture is an answer that is no JSON.
func picture(kind, keep string) answer {
	a := answer{status: 200, body: "\xff\xd8\xff"}.with("Content-Type", kind)
	return a.with("Access-Control-Allow-Origin", "*").with("Cache-Control", keep)
}

// complaints returns what Handler finds in one exchange. Cases share requests without a body.
func complaints(t *testing.T, h http.Handler, r *http.Request) []string {
	t.Helper()
	s := &spy{}
	if r.ContentLength == 0 {
		r = r.Clone(t.Context())
		r.Body = http.NoBody
	}
	Load(t).Handler(s, h).ServeHTTP(httptest.NewRecorder(), r)
	return s.errors
}

func TestADocumentedExchangePasses(t *testing.T) {
	t.Parallel()
	ticket := example(t, "Joined", "{", "{")
	joined := answer{status: 201, body: ticket}
	event := answer{status: 200, body: example(t, "DrawnEvent", "{", "{")}.with("Access-Control-Allow-Origin", "*")
	chain := answer{status: 200, body: example(t, "Chain", "{", "{")}.with("Access-Control-Allow-Origin", "*")
	proof := answer{status: 200, body: example(t, "Proof", "{", "{")}.with("Access-Control-Allow-Origin", "*").with("ETag", tag)
	unchanged := answer{status: 304}.with("Access-Control-Allow-Origin", "*").with("ETag", tag)
	taken := answer{status: 202, body: `{"round":31089008}`}.with("Access-Control-Allow-Origin", "*")
	created := answer{status: 201, body: example(t, "NewEvent", "{", "{")}.with("Idempotency-Replayed", "true")
	packable, conditional := anonymous("GET", eventPath+"/proof", ""), anonymous("GET", eventPath+"/proof", "")
	packable.Header.Set("Accept-Encoding", "br, gzip")
	conditional.Header.Set("If-None-Match", tag)
	draft := `{"title":"t","draw_at":"2026-11-24T20:00:00.000+08:00","prizes":[{"name":"p","quantity":1}]}`
	full := `{"title":"t","draw_at":"2026-11-24T20:00:00Z","prizes":[{"name":"p","quantity":1,"value_cny":0}],` +
		`"organiser":"business","conditions":"c","claim_terms":"","notify":true}`
	code := anonymous("GET", eventPath+"/qrcode", "")
	for name, c := range map[string]struct {
		h http.Handler
		r *http.Request
	}{
		"join":            {joined, newRequest("POST", joinPath, `{"notify":true}`)},
		"no body":         {joined, newRequest("POST", joinPath, "")},
		"event":           {event, newRequest("GET", eventPath, "")},
		"replay":          {created, newRequest("POST", "/events", draft)},
		"clamped limit":   {answer{status: 200, body: `{"events":[]}`}, newRequest("GET", "/events?limit=1000&role=won", "")},
		"draft in full":   {created, newRequest("POST", "/events", full)},
		"list with news":  {answer{status: 200, body: example(t, "Mine", "{", "{")}, newRequest("GET", "/events?role=joined", "")},
		"name held":       {answer{status: 200, body: `{"name":"n","held":true}`}, newRequest("PATCH", "/login", `{"name":"n"}`)},
		"text refused":    {refusal(422, "text_rejected"), newRequest("PATCH", "/login", `{"name":"n"}`)},
		"draft refused":   {refusal(422, "text_rejected"), newRequest("POST", "/events", draft)},
		"read":            {answer{status: 204}, newRequest("POST", eventPath+"/read", "")},
		"read too early":  {refusal(409, "not_drawn_yet"), newRequest("POST", eventPath+"/read", "")},
		"code":            {picture("image/jpeg", forADay), code},
		"code as PNG":     {picture("image/png", forADay), code},
		"code of my own":  {picture("image/gif", "private, no-store"), newRequest("GET", eventPath+"/qrcode", "")},
		"no codes here":   {refusal(404, "qrcode_not_found").with("Access-Control-Allow-Origin", "*"), code},
		"no content":      {answer{status: 204}, newRequest("DELETE", "/login?all=true", "")},
		"head":            {event, newRequest("HEAD", eventPath, "")},
		"chain":           {chain, anonymous("GET", chainPath, "")},
		"chain, my token": {chain, newRequest("GET", chainPath+"&limit=1000", "")},
		"proof":           {proof, anonymous("GET", eventPath+"/proof", "")},
		"packed proof":    {proof.packed(t), packable},
		"unchanged":       {unchanged, conditional},
		"beacon":          {taken, anonymous("POST", eventPath+"/beacon", `{"signature":"`+strings.Repeat("0a", 48)+`"}`)},
		"refused":         {refusal(409, "event_locked"), newRequest("POST", joinPath, "")},
		"refused junk":    {refusal(400, "malformed"), newRequest("POST", joinPath, `{"notify":`)},
		"retry":           {refusal(503, "unavailable").with("Retry-After", "1"), newRequest("GET", joinPath, "")},
		"stray route":     {refusal(404, "route_not_found"), newRequest("GET", "/nowhere", "")},
		"stray method":    {refusal(405, "method_not_allowed").with("Allow", "DELETE, GET, HEAD, POST"), newRequest("PUT", joinPath, "")},
		"cors on errors":  {refusal(404, "event_not_found").with("Access-Control-Allow-Origin", "*"), newRequest("GET", eventPath, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := complaints(t, c.h, c.r); len(got) > 0 {
				t.Errorf("a documented exchange fails:\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

func TestADeviatingAnswerFails(t *testing.T) {
	t.Parallel()
	ticket := example(t, "Joined", "{", "{")
	join := newRequest("GET", joinPath, "")
	event := newRequest("GET", eventPath, "")
	proof, packable := newRequest("GET", eventPath+"/proof", ""), newRequest("GET", eventPath+"/proof", "")
	packable.Header.Set("Accept-Encoding", "gzip")
	open := answer{}.with("Access-Control-Allow-Origin", "*").header
	code, nothing := newRequest("GET", eventPath+"/qrcode", ""), picture("image/jpeg", forADay)
	nothing.body = ""
	for name, c := range map[string]struct {
		h    http.Handler
		r    *http.Request
		want string // the one complaint contains it
	}{
		"wrong type":         {answer{status: 200, body: strings.Replace(ticket, "true", `"yes"`, 1)}, join, "at '/notify'"},
		"missing field":      {answer{status: 200, body: strings.Replace(ticket, `"notify":true,`, "", 1)}, join, "notify"},
		"extra field":        {answer{status: 200, body: strings.Replace(ticket, "{", `{"openid":1,`, 1)}, join, "openid"},
		"upper-case ticket":  {answer{status: 200, body: strings.Replace(ticket, `},"ticket":"4c6b`, `},"ticket":"4C6B`, 1)}, join, "at '/ticket'"},
		"milliseconds":       {answer{status: 200, body: strings.Replace(ticket, "07Z", "07.5Z", 1)}, join, "at '/joined_at'"},
		"local time":         {answer{status: 200, body: strings.Replace(ticket, "07Z", "07+08:00", 1)}, join, "at '/joined_at'"},
		"not JSON":           {answer{status: 200, body: ticket}.with("Content-Type", "text/plain"), join, "Content-Type"},
		"broken JSON":        {answer{status: 200, body: ticket[1:]}, join, "not one JSON value"},
		"nested type":        {answer{200, example(t, "NewEvent", `"quantity":1`, `"quantity":"1"`), open}, event, "at '/prizes/0/quantity'"},
		"nested extra":       {answer{200, example(t, "NewEvent", `"owner":true`, `"owner":true,"user_id":"u"`), open}, event, "user_id"},
		"no such status":     {answer{200, example(t, "NewEvent", `"init"`, `"locked"`), open}, event, "at '/status'"},
		"opened, no result":  {answer{200, example(t, "NewEvent", `"init"`, `"opened"`), open}, event, "drawn_at"},
		"result too early":   {answer{200, example(t, "DrawnEvent", `"opened"`, `"opening"`), open}, event, "/fairness/seed"},
		"place, not locked":  {answer{status: 201, body: example(t, "MyTicket", "{", "{")}, newRequest("POST", joinPath, ""), "at '/index'"},
		"index, no path":     {answer{status: 200, body: strings.Replace(ticket, "{", `{"index":1,`, 1)}, join, "path"},
		"prize, no ticket":   {answer{200, example(t, "DrawnEvent", `,"ticket":`, `,"number":`), open}, event, "number"},
		"undocumented code":  {refusal(404, "event_gone"), join, `error code "event_gone" is not documented`},
		"code of others":     {refusal(404, "not_joined"), newRequest("DELETE", joinPath, ""), `error code "not_joined" is not documented`},
		"code elsewhere":     {refusal(404, "login_required"), join, `error code "login_required" is not documented`},
		"extra in error":     {answer{404, `{"error":{"code":"not_joined","message":"no","request_id":"req-1","cause":"x"}}`, nil}, join, "cause"},
		"other request id":   {refusal(404, "not_joined").with("X-Request-Id", "req-2"), join, "X-Request-Id"},
		"no message":         {answer{404, `{"error":{"code":"not_joined","message":"","request_id":"req-1"}}`, nil}, join, "at '/error/message'"},
		"undocumented 418":   {answer{status: 418, body: `{}`}, join, "this status is not documented"},
		"status of others":   {answer{status: 201, body: ticket}, join, "this status is not documented"},
		"redirect":           {answer{status: 307}.with("Location", "/login"), join, "this status is not documented"},
		"no request id":      {answer{200, ticket, http.Header{"X-Request-Id": nil}}, join, `"X-Request-Id" missing`},
		"no Retry-After":     {refusal(429, "rate_limited"), join, `"Retry-After" missing`},
		"Retry-After 0":      {refusal(429, "rate_limited").with("Retry-After", "0"), join, "Retry-After"},
		"304 unasked":        {answer{status: 304}.with("Access-Control-Allow-Origin", "*").with("ETag", tag), proof, "did not name its ETag"},
		"packed unasked":     {answer{status: 200, body: "{}"}.packed(t), proof, "not asked to be"},
		"no gzip":            {answer{status: 200, body: "{}"}.packed(t).tampered(), packable, "not in gzip"},
		"packed, no Vary":    {answer{200, "{}", http.Header{"Content-Encoding": {"gzip"}}}, packable, "without Vary"},
		"packed nonsense":    {answer{status: 200, body: `{"spec":"vdraw/2"}`}.packed(t).with("Access-Control-Allow-Origin", "*"), packable, "at '/spec'"},
		"mine for a chain":   {answer{status: 200, body: `{"events":[]}`}.with("Access-Control-Allow-Origin", "*"), newRequest("GET", chainPath, ""), "organiser"},
		"a chain for mine":   {answer{status: 200, body: example(t, "Chain", "{", "{")}, newRequest("GET", "/events", ""), "organiser"},
		"CORS on mine":       {answer{status: 200, body: `{"events":[]}`}.with("Access-Control-Allow-Origin", "*"), newRequest("GET", "/events", ""), "documented for other calls"},
		"chain without CORS": {answer{status: 200, body: example(t, "Chain", "{", "{")}, newRequest("GET", chainPath, ""), "Access-Control-Allow-Origin"},
		"body of 204":        {answer{status: 204, body: "{}"}, newRequest("DELETE", joinPath, ""), "it has a body"},
		"no CORS":            {answer{status: 200, body: example(t, "NewEvent", "{", "{")}, event, "Access-Control-Allow-Origin"},
		"CORS for one":       {answer{200, example(t, "NewEvent", "{", "{"), http.Header{"Access-Control-Allow-Origin": {"https://x"}}}, event, "Access-Control-Allow-Origin"},
		"CORS on my ticket":  {answer{status: 200, body: ticket}.with("Access-Control-Allow-Origin", "*"), join, "documented for other calls"},
		"code of nothing":    {nothing, code, "the body is empty"},
		"code as WebP":       {picture("image/webp", forADay), code, "Content-Type"},
		"code as a refusal":  {answer{200, `{"errcode":41030}`, open}.with("Cache-Control", forADay), code, "Content-Type"},
		"code of no kind":    {answer{200, "x", http.Header{"Content-Type": nil, "Access-Control-Allow-Origin": {"*"}, "Cache-Control": {forADay}}}, code, "Content-Type"},
		"code, no CORS":      {answer{200, "x", http.Header{"Content-Type": {"image/png"}, "Cache-Control": {forADay}}}, code, "Access-Control-Allow-Origin"},
		"code, kept anyhow":  {picture("image/jpeg", "public"), code, "Cache-Control"},
		"code, not kept":     {picture("image/jpeg", "no-store"), code, "Cache-Control"},
		"code, silent":       {answer{200, "x", open}.with("Content-Type", "image/png"), code, `"Cache-Control" missing`},
		"refusal in pixels":  {answer{404, "x", http.Header{"Content-Type": {"image/png"}}}, code, "not one JSON value"},
		"event in pixels":    {picture("image/jpeg", forADay), event, "not one JSON value"},
		"name not held":      {answer{status: 200, body: `{"name":"n","held":false}`}, newRequest("PATCH", "/login", `{"name":"n"}`), "at '/held'"},
		"text on joining":    {refusal(422, "text_rejected"), newRequest("POST", joinPath, ""), "this status is not documented"},
		"no templates":       {answer{status: 200, body: `{"events":[],"templates":{}}`}, newRequest("GET", "/events", ""), "at '/templates'"},
		"read with a body":   {answer{status: 204, body: "{}"}, newRequest("POST", eventPath+"/read", ""), "it has a body"},
		"a cookie":           {answer{status: 200, body: ticket}.with("Set-Cookie", "a=b"), join, "Set-Cookie is not documented"},
		"stray answered":     {answer{status: 200, body: ticket}, newRequest("GET", "/join", ""), "it must answer 404"},
		"stray redirected":   {answer{status: 307}.with("Location", "/events"), newRequest("GET", "/x/../events", ""), "it must answer 404"},
		"stray, other code":  {refusal(404, "event_not_found"), newRequest("GET", "/nowhere", ""), "event_not_found"},
		"method is no route": {refusal(404, "route_not_found"), newRequest("PUT", joinPath, ""), "it must answer 405"},
		"405, no Allow":      {refusal(405, "method_not_allowed"), newRequest("PUT", joinPath, ""), "Allow"},
		"405, short Allow":   {refusal(405, "method_not_allowed").with("Allow", "GET, POST"), newRequest("PUT", joinPath, ""), "Allow names [GET POST]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := complaints(t, c.h, c.r)
			if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, c.want) }) {
				t.Errorf("complaints %q, want one with %q", got, c.want)
			}
		})
	}
}

func TestAnAcceptedRequestOutsideTheDocumentFails(t *testing.T) {
	t.Parallel()
	created := answer{status: 201, body: example(t, "NewEvent", "{", "{")}
	list := answer{status: 200, body: `{"events":[]}`}
	draft := func(from, to string) *http.Request {
		body := `{"title":"t","draw_at":"2026-11-24T20:00:00Z","prizes":[{"name":"p","quantity":1}]}`
		return newRequest("POST", "/events", strings.Replace(body, from, to, 1))
	}
	longKey := draft("", "")
	longKey.Header.Set("Idempotency-Key", strings.Repeat("k", 129))
	untyped := draft("", "")
	untyped.Header.Del("Content-Type")
	for name, c := range map[string]struct {
		h    http.Handler
		r    *http.Request
		want string
	}{
		"unknown field":    {created, draft("{", `{"owner":1,`), "owner"},
		"half a second":    {created, draft("00Z", "00.5Z"), "at '/draw_at'"},
		"eleven prizes":    {created, draft(`{"name":"p","quantity":1}`, strings.Repeat(`{"name":"p","quantity":1},`, 10)+`{"name":"p","quantity":1}`), "at '/prizes'"},
		"quantity 0":       {created, draft(`"quantity":1`, `"quantity":0`), "at '/prizes/0/quantity'"},
		"a shop":           {created, draft("{", `{"organiser":"shop",`), "at '/organiser'"},
		"terms of 301":     {created, draft("{", `{"claim_terms":"`+strings.Repeat("领", 301)+`",`), "at '/claim_terms'"},
		"conditions null":  {created, draft("{", `{"conditions":null,`), "at '/conditions'"},
		"value below 0":    {created, draft(`"quantity":1`, `"quantity":1,"value_cny":-1`), "at '/prizes/0/value_cny'"},
		"value in fen":     {created, draft(`"quantity":1`, `"quantity":1,"value_cny":0.5`), "at '/prizes/0/value_cny'"},
		"value too high":   {created, draft(`"quantity":1`, `"quantity":1,"value_cny":100000001`), "at '/prizes/0/value_cny'"},
		"title of 61":      {created, draft(`"t"`, `"`+strings.Repeat("奖", 61)+`"`), "at '/title'"},
		"long key":         {created, longKey, "Idempotency-Key"},
		"no Content-Type":  {created, untyped, "Content-Type"},
		"no body":          {created, newRequest("POST", "/events", ""), "required"},
		"no token":         {list, anonymous("GET", "/events", ""), "no bearer token"},
		"owner of 21":      {list, newRequest("GET", chainPath[:len(chainPath)-1], ""), "query parameter owner"},
		"from the end":     {answer{status: 200, body: example(t, "TicketPage", "{", "{")}, newRequest("GET", eventPath+"/tickets?from=-1", ""), "query parameter from"},
		"upper-case hex":   {answer{status: 202, body: `{"round":1}`}, newRequest("POST", eventPath+"/beacon", `{"signature":"`+strings.Repeat("0A", 48)+`"}`), "at '/signature'"},
		"unknown role":     {list, newRequest("GET", "/events?role=owner", ""), "query parameter role"},
		"limit 0":          {list, newRequest("GET", "/events?limit=0", ""), "query parameter limit"},
		"limit no number":  {list, newRequest("GET", "/events?limit=ten", ""), "query parameter limit"},
		"unknown query":    {list, newRequest("GET", "/events?page=2", ""), `query parameter "page" is not documented`},
		"id of 21":         {answer{status: 200, body: example(t, "Joined", "{", "{")}, newRequest("GET", joinPath[:len(joinPath)-1], ""), "path parameter id"},
		"notify no truth":  {answer{status: 201, body: example(t, "Joined", "{", "{")}, newRequest("POST", joinPath, `{"notify":"yes"}`), "at '/notify'"},
		"log out how many": {answer{status: 204}, newRequest("DELETE", "/login?all=maybe", ""), "query parameter all"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := complaints(t, c.h, c.r)
			if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, c.want) }) {
				t.Errorf("complaints %q, want one with %q", got, c.want)
			}
		})
	}
}

func TestComplaintsAreReadableAndKeepTokensOut(t *testing.T) {
	t.Parallel()
	r := newRequest("POST", "/login", `{"code":"abc"}`)
	got := complaints(t, answer{status: 200, body: `{"token":"s3cret!","expires_in":"1","is_new":true}`}, r)
	for _, line := range got {
		if strings.Contains(line, "s3cret") || strings.Contains(line, "\n") || !strings.HasPrefix(line, "contract: POST /login answered 200: ") {
			t.Errorf("complaint %q", line)
		}
	}
	if len(got) != 2 {
		t.Errorf("%d complaints %q, want both fields at once", len(got), got)
	}
}

func TestTheWrapperChangesNothing(t *testing.T) {
	t.Parallel()
	var read string
	ticket := example(t, "Joined", "{", "{")
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		read = string(body)
		answer{status: 201, body: ticket}.with("Vary", "a").with("Vary", "b").ServeHTTP(w, r)
	})
	rec := httptest.NewRecorder()
	Load(t).Handler(t, h).ServeHTTP(rec, newRequest("POST", joinPath, `{"notify":true}`))
	if read != `{"notify":true}` || rec.Code != 201 || rec.Body.String() != ticket || len(rec.Result().Header["Vary"]) != 2 {
		t.Errorf("handler read %q; client got %d %q %v", read, rec.Code, rec.Body, rec.Result().Header)
	}
}

func TestClientChecksOverTheWire(t *testing.T) {
	t.Parallel()
	ticket := example(t, "Joined", "{", "{")
	good, bad := answer{status: 201, body: ticket}, answer{status: 201, body: `{}`}
	mux := http.NewServeMux()
	mux.Handle("/api/join/", good)
	mux.Handle("/api/events", bad)
	mux.Handle("/api/_sim/wechat/code", bad)
	mux.Handle("/elsewhere", bad)
	server := httptest.NewServer(mux)
	defer server.Close()
	s := &spy{}
	client := Load(t).Client(s, server.URL+"/api/")
	post := func(path, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+path, bytes.NewBufferString(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer x")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		return string(raw)
	}
	if got := post("/api"+joinPath, `{}`); got != ticket {
		t.Errorf("the client reads %q", got)
	}
	post("/api/_sim/wechat/code", `{}`)
	post("/elsewhere", `{}`)
	if len(s.errors) > 0 {
		t.Errorf("complaints %q about a good answer, a simulator and another server", s.errors)
	}
	post("/api/events", `{}`)
	if len(s.errors) == 0 {
		t.Error("no complaint about a broken answer")
	}
}

func TestRoutesAreMuxPatterns(t *testing.T) {
	t.Parallel()
	want := []string{
		"DELETE /events/{id}", "DELETE /join/{id}", "DELETE /login", "GET /events", "GET /events/{id}",
		"GET /events/{id}/proof", "GET /events/{id}/qrcode", "GET /events/{id}/tickets", "GET /events/{id}/winners",
		"GET /join/{id}", "PATCH /login", "POST /events", "POST /events/{id}/beacon", "POST /events/{id}/cancel",
		"POST /events/{id}/read", "POST /join/{id}", "POST /login", "PUT /login",
	}
	if diff := cmp.Diff(want, Load(t).Routes()); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"DELETE /join/{id}", "GET /join/{id}", "POST /join/{id}"}, Load(t).RoutesUnder("join")); diff != "" {
		t.Errorf("routes under join (-want +got):\n%s", diff)
	}
}
