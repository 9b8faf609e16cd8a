// Package contract holds tests to docs/openapi.yaml: put it between a test and a handler, or between a test and a server,
// and every answer that the document does not describe fails the test. It is for tests only.
package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// file is where the document is, seen from the module root.
const file = "docs/openapi.yaml"

// Doc is the document, checked and ready to judge. It is safe for concurrent use.
type Doc struct {
	spec   *openapi3.T
	calls  []*call
	mux    *http.ServeMux  // the calls by the patterns that handlers use, so that both route alike
	strays *call           // what a request that no call describes must be answered
	known  map[string]bool // canonical names of all response headers in the document
}

// Load reads docs/openapi.yaml of the module that the test's directory belongs to, once per process. It ends the test when
// the document is missing, not valid OpenAPI, or has an example that breaks its own schema.
func Load(t testing.TB) *Doc {
	t.Helper()
	d, err := load()
	if err != nil {
		t.Fatalf("contract: %v", err)
	}
	return d
}

var load = sync.OnceValues(func() (*Doc, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	return read(filepath.Join(root, file))
})

// moduleRoot is the nearest directory above the working directory that has a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// read refuses references to other files, so that a document is one file and needs no network.
func read(path string) (*Doc, error) {
	spec, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if err := spec.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("validate %s: %w", path, err)
	}
	return newDoc(spec)
}

func newDoc(spec *openapi3.T) (*Doc, error) {
	d := &Doc{spec: spec, mux: http.NewServeMux(), known: map[string]bool{}}
	var err error
	if d.strays, err = strayCall(spec); err != nil {
		return nil, err
	}
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			c := newCall(spec, path, item, method, op)
			d.calls = append(d.calls, c)
			d.mux.Handle(c.pattern(), c)
		}
	}
	slices.SortFunc(d.calls, func(a, b *call) int { return cmp.Compare(a.pattern(), b.pattern()) })
	for _, c := range append(slices.Clone(d.calls), d.strays) {
		for name := range c.headers {
			d.known[name] = true
		}
	}
	return d, nil
}

// Routes returns the documented calls as patterns of http.ServeMux ("GET /events/{id}"), sorted, so that a function's test
// can compare them with the patterns it serves.
func (d *Doc) Routes() []string {
	routes := make([]string, 0, len(d.calls))
	for _, c := range d.calls {
		routes = append(routes, c.pattern())
	}
	return routes
}

// RoutesUnder returns those Routes whose path begins with the segment ("events"), which names the function that serves
// them.
func (d *Doc) RoutesUnder(segment string) []string {
	return slices.DeleteFunc(d.Routes(), func(route string) bool {
		_, path, _ := strings.Cut(route, " ")
		first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		return first != segment
	})
}
