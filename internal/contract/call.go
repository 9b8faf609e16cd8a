package contract

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// call is one operation of the document.
type call struct {
	route   *routers.Route
	headers map[string]bool // canonical names of the response headers on any of its answers
	query   map[string]bool // names of its query parameters
}

func newCall(spec *openapi3.T, path string, item *openapi3.PathItem, method string, op *openapi3.Operation) *call {
	c := &call{
		route:   &routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: op},
		headers: map[string]bool{},
		query:   map[string]bool{},
	}
	for _, res := range op.Responses.Map() {
		for name := range res.Value.Headers {
			c.headers[http.CanonicalHeaderKey(name)] = true
		}
	}
	for _, p := range slices.Concat(item.Parameters, op.Parameters) {
		if p.Value.In == openapi3.ParameterInQuery {
			c.query[p.Value.Name] = true
		}
	}
	return c
}

// publicWith is the extension by which an operation that is two calls under one path names the query parameter that makes it
// the public one. Its 200 is a oneOf: the answer without the parameter, for which a token is needed, and the one with it.
const publicWith = "x-public-with"

// narrowed is the call that a query asks for: of two calls under one path the one it means, else c itself.
func (c *call) narrowed(query url.Values) *call {
	name, ok := c.route.Operation.Extensions[publicWith].(string)
	if !ok {
		return c
	}
	const origin = "Access-Control-Allow-Origin"
	op, ok200 := *c.route.Operation, *c.response(http.StatusOK)
	media := *ok200.Content.Get("application/json")
	schemas := media.Schema.Value.OneOf
	ok200.Headers = maps.Clone(ok200.Headers)
	if query.Has(name) {
		media.Schema = schemas[1]
		ok200.Headers[origin] = c.route.Spec.Components.Headers["AnyOrigin"]
	} else {
		media.Schema = schemas[0]
		delete(ok200.Headers, origin)
		op.Security = nil // that of the document: a token
	}
	ok200.Content = openapi3.Content{"application/json": &media}
	op.Responses = openapi3.NewResponsesWithCapacity(c.route.Operation.Responses.Len())
	for status, res := range c.route.Operation.Responses.Map() {
		op.Responses.Set(status, res)
	}
	op.Responses.Set("200", &openapi3.ResponseRef{Value: &ok200})
	return newCall(c.route.Spec, c.route.Path, c.route.PathItem, c.route.Method, &op)
}

// strayCall describes the answers to requests outside the document, from two reusable responses that no operation needs.
func strayCall(spec *openapi3.T) (*call, error) {
	responses := openapi3.NewResponsesWithCapacity(2)
	for status, name := range map[string]string{"404": "RouteNotFound", "405": "MethodNotAllowed"} {
		res := spec.Components.Responses[name]
		if res == nil {
			return nil, fmt.Errorf("%s has no components/responses/%s", file, name)
		}
		responses.Set(status, res)
	}
	return newCall(spec, "(a route outside the document)", &openapi3.PathItem{}, "", &openapi3.Operation{Responses: responses}), nil
}

// pattern is the call as a pattern of http.ServeMux: path templates are written alike.
func (c *call) pattern() string { return strings.TrimSpace(c.route.Method + " " + c.route.Path) }

// response is the documented answer of a status, nil if there is none. A default answer would document everything, so
// it counts as none.
func (c *call) response(status int) *openapi3.Response {
	if ref := c.route.Operation.Responses.Status(status); ref != nil {
		return ref.Value
	}
	return nil
}

// statuses returns the documented statuses, ascending.
func (c *call) statuses() []int {
	var list []int
	for key := range c.route.Operation.Responses.Map() {
		if status, err := strconv.Atoi(key); err == nil {
			list = append(list, status)
		}
	}
	slices.Sort(list)
	return list
}

// codes returns the error codes documented for a status, sorted; none for a success.
func (c *call) codes(status int) []string {
	res := c.response(status)
	if res == nil || res.Content.Get("application/json") == nil {
		return nil
	}
	set := map[string]bool{}
	if status >= 400 {
		collectCodes(res.Content.Get("application/json").Schema, set)
	}
	return slices.Sorted(maps.Keys(set))
}

// collectCodes finds the enum of error.code wherever allOf put it.
func collectCodes(ref *openapi3.SchemaRef, set map[string]bool) {
	schema := ref.Value
	for _, part := range schema.AllOf {
		collectCodes(part, set)
	}
	body := schema.Properties["error"]
	if body == nil || body.Value.Properties["code"] == nil {
		return
	}
	for _, code := range body.Value.Properties["code"].Value.Enum {
		set[fmt.Sprint(code)] = true
	}
}

// ServeHTTP makes a call a target of Doc.mux: it tells the finder that the route leads here.
func (c *call) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := w.(*finder)
	f.found = c
	for _, p := range c.route.PathItem.Parameters {
		if p.Value.In == openapi3.ParameterInPath {
			f.params[p.Value.Name] = r.PathValue(p.Value.Name)
		}
	}
}

// finder is the http.ResponseWriter of a look-up: it keeps which call the mux chose, or what the mux answered itself.
type finder struct {
	found  *call
	params map[string]string
	header http.Header
	status int
}

// find says which call a request belongs to; found is nil for a request outside the document, and status then what the
// mux would answer.
func (d *Doc) find(r *http.Request) *finder {
	f := &finder{params: map[string]string{}, header: http.Header{}}
	d.mux.ServeHTTP(f, r.Clone(r.Context()))
	return f
}

func (f *finder) Header() http.Header         { return f.header }
func (f *finder) Write(b []byte) (int, error) { return len(b), nil }
func (f *finder) WriteHeader(status int)      { f.status = status }
