package contract

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// exchange is one request and its whole answer.
type exchange struct {
	req     *http.Request // its body is not read
	reqBody []byte
	status  int
	header  http.Header
	body    []byte
}

// options: every deviation at once, nothing filled in, and a token wherever the document asks for one.
var options = &openapi3filter.Options{
	MultiError:            true,
	IncludeResponseStatus: true,
	SkipSettingDefaults:   true,
	AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
		token, ok := strings.CutPrefix(in.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer ")
		if !ok || token == "" {
			return errors.New("no bearer token was sent")
		}
		return nil
	},
}

// plainHeaders are what HTTP itself, a gateway and security headers add to any answer; the document does not list them.
// Set-Cookie is missing on purpose: the service sets none.
var plainHeaders = map[string]bool{
	"Cache-Control": true, "Connection": true, "Content-Length": true, "Content-Security-Policy": true,
	"Content-Type": true, "Cross-Origin-Resource-Policy": true, "Date": true, "Keep-Alive": true,
	"Referrer-Policy": true, "Server": true, "Strict-Transport-Security": true, "Transfer-Encoding": true, "Vary": true,
	"X-Content-Type-Options": true, "X-Frame-Options": true,
}

// anybodys are those that the document lists for the calls whose caching is part of their contract; every answer may have them.
var anybodys = map[string]bool{"Cache-Control": true, "Vary": true}

// check returns everything in which the exchange is not what the document says, each a line for a person; none is good.
func (d *Doc) check(x exchange) []string {
	f := d.find(x.req)
	c := f.found
	if c == nil {
		c = d.strays
	}
	c = c.narrowed(x.req.URL.Query())
	x, problems := x.unpacked()
	if len(problems) == 0 {
		problems = d.checkAnswer(c, f, x)
	}
	for i, p := range problems {
		problems[i] = fmt.Sprintf("%s answered %d: %s", describe(c, x.req), x.status, p)
	}
	return problems
}

// describe names the call by its pattern, so that ids stay out of test logs.
func describe(c *call, r *http.Request) string {
	if c.route.Method == "" {
		return r.Method + " " + r.URL.Path + ", a route outside the document,"
	}
	return c.pattern()
}

func (d *Doc) checkAnswer(c *call, f *finder, x exchange) []string {
	if want := f.strayStatus(); want != 0 && x.status != want {
		return []string{fmt.Sprintf("it must answer %d", want)}
	}
	res := c.response(x.status)
	if res == nil {
		return []string{fmt.Sprintf("this status is not documented (%s)", join(c.statuses()))}
	}
	problems := d.checkHeaders(c, x)
	if x.status == http.StatusMethodNotAllowed && f.found == nil {
		problems = append(problems, checkAllow(f.header.Get("Allow"), x.header.Get("Allow"))...)
	}
	if len(res.Content) == 0 && len(x.body) > 0 {
		problems = append(problems, "it has a body, the document has none")
	}
	if len(res.Content) > 0 && x.req.Method != http.MethodHead {
		if p := checkBody(res, x); p != "" {
			return append(problems, p)
		}
	}
	in := &openapi3filter.RequestValidationInput{
		Request: x.request(), PathParams: f.params, QueryParams: x.req.URL.Query(), Route: c.route, Options: options,
	}
	problems = append(problems, validateResponse(in, x)...)
	if x.status >= 400 && x.req.Method != http.MethodHead {
		problems = append(problems, checkError(c, x)...)
	}
	if x.status >= 200 && x.status < 300 || x.status == http.StatusNotModified {
		problems = append(problems, checkRequest(c, in)...)
	}
	if x.status == http.StatusNotModified && !strings.Contains(x.req.Header.Get("If-None-Match"), x.header.Get("ETag")) {
		problems = append(problems, "If-None-Match did not name its ETag")
	}
	return problems
}

// checkBody says what is wrong with a body before its schema is looked at, or "". An answer that the document has in JSON must be
// one value: the library would look at the first and ignore the rest. Any other has no schema, and must only be there.
func checkBody(res *openapi3.Response, x exchange) string {
	switch inJSON := res.Content.Get("application/json") != nil; {
	case inJSON && !json.Valid(x.body):
		return "the body is not one JSON value"
	case !inJSON && len(x.body) == 0:
		return "the body is empty"
	}
	return ""
}

// unpacked returns the exchange with its answer's body as it is without gzip.
func (x exchange) unpacked() (exchange, []string) {
	if x.header.Get("Content-Encoding") != "gzip" || x.req.Method == http.MethodHead {
		return x, nil
	}
	if !strings.Contains(x.req.Header.Get("Accept-Encoding"), "gzip") || x.header.Get("Vary") != "Accept-Encoding" {
		return x, []string{"it is compressed, and not asked to be, or without Vary: Accept-Encoding"}
	}
	r, err := gzip.NewReader(bytes.NewReader(x.body))
	if err == nil {
		x.body, err = io.ReadAll(r)
	}
	if err != nil {
		return x, []string{"the body is not in gzip"}
	}
	return x, nil
}

// strayStatus is the one status that a request outside the document may get; 0 for a documented call.
func (f *finder) strayStatus() int {
	switch {
	case f.found != nil:
		return 0
	case f.status == http.StatusMethodNotAllowed:
		return f.status
	}
	return http.StatusNotFound // also where the mux would redirect to a cleaned path
}

func validateResponse(in *openapi3filter.RequestValidationInput, x exchange) []string {
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: x.status, Header: x.header, Options: options,
		Body: io.NopCloser(bytes.NewReader(x.body)),
	})
	return explain(err)
}

// checkHeaders refuses a header that the document gives to other calls only, and one that nobody knows.
func (d *Doc) checkHeaders(c *call, x exchange) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(x.header)) {
		switch {
		case c.headers[name] || plainHeaders[name] && (!d.known[name] || anybodys[name]):
		case d.known[name]:
			problems = append(problems, fmt.Sprintf("header %s is documented for other calls, not for this one", name))
		default:
			problems = append(problems, fmt.Sprintf("header %s is not documented", name))
		}
	}
	return problems
}

// checkAllow compares two Allow headers as sets. HEAD comes with GET, and OPTIONS is anybody's business.
func checkAllow(want, got string) []string {
	if w, g := methods(want), methods(got); !slices.Equal(w, g) {
		return []string{fmt.Sprintf("Allow names %v, the document has %v", g, w)}
	}
	return nil
}

func methods(allow string) []string {
	list := strings.FieldsFunc(allow, func(r rune) bool { return r == ',' || r == ' ' })
	list = slices.DeleteFunc(list, func(m string) bool { return m == http.MethodHead || m == http.MethodOptions })
	slices.Sort(list)
	return slices.Compact(list)
}

// checkError looks at what a schema can't say: that the code belongs to this call and status, and that the body names the
// same request as the header.
func checkError(c *call, x exchange) (problems []string) {
	var answer struct {
		Error struct {
			Code      string `json:"code"`
			RequestID string `json:"request_id"`
		} `json:"error"`
	}
	if json.Unmarshal(x.body, &answer) != nil {
		return nil // the schema said so already
	}
	if code, list := answer.Error.Code, c.codes(x.status); !slices.Contains(list, code) {
		problems = append(problems, fmt.Sprintf("error code %q is not documented for it (%s)", code, join(list)))
	}
	if id := x.header.Get("X-Request-Id"); answer.Error.RequestID != id {
		problems = append(problems, fmt.Sprintf("error.request_id is %q, X-Request-Id is %q", answer.Error.RequestID, id))
	}
	return problems
}

// checkRequest: a request that the service accepted must be one that the document allows.
func checkRequest(c *call, in *openapi3filter.RequestValidationInput) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(in.QueryParams)) {
		if !c.query[name] {
			problems = append(problems, fmt.Sprintf("query parameter %q is not documented", name))
		}
	}
	for _, p := range explain(openapi3filter.ValidateRequest(context.Background(), in)) {
		problems = append(problems, "the accepted request is not documented: "+p)
	}
	return problems
}

// request returns a copy of the request whose body can be read.
func (x exchange) request() *http.Request {
	r := x.req.Clone(context.Background())
	r.Body = io.NopCloser(bytes.NewReader(x.reqBody))
	r.ContentLength = int64(len(x.reqBody))
	return r
}

func join[T any](list []T) string {
	return "documented: " + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(list)), ", "), "[]")
}
