package contract

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// schemas visits every schema of the document once, wherever it stands.
func schemas(t *testing.T, visit func(where string, s *openapi3.Schema)) {
	t.Helper()
	spec := Load(t).spec
	for name, ref := range spec.Components.Schemas {
		walk(t, name, ref, visit)
	}
	for _, c := range Load(t).calls {
		for status, res := range c.route.Operation.Responses.Map() {
			for kind, media := range res.Value.Content {
				if media.Schema != nil {
					walk(t, c.pattern()+" "+status, media.Schema, visit)
				} else if kind == "application/json" {
					t.Errorf("%s %s has no schema", c.pattern(), status)
				}
			}
		}
	}
}

func walk(t *testing.T, where string, ref *openapi3.SchemaRef, visit func(string, *openapi3.Schema)) {
	t.Helper()
	err := ref.WalkSubtree(func(path string, s *openapi3.SchemaRef) error {
		visit(where+path, s.Value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryObjectIsClosed(t *testing.T) {
	t.Parallel()
	objects := 0
	schemas(t, func(where string, s *openapi3.Schema) {
		if !s.Type.Is("object") {
			return
		}
		objects++
		if open := s.AdditionalProperties.Has; open == nil || *open {
			t.Errorf("%s takes any property", where)
		}
		for _, name := range s.Required {
			if s.Properties[name] == nil {
				t.Errorf("%s requires %s and does not describe it", where, name)
			}
		}
	})
	if objects == 0 {
		t.Error("no object was found")
	}
}

func TestEveryArrayAndIntegerIsBounded(t *testing.T) {
	t.Parallel()
	schemas(t, func(where string, s *openapi3.Schema) {
		if s.Type.Is("array") && s.MaxItems == nil {
			t.Errorf("%s may be endless", where)
		}
		if s.Type.Is("integer") && s.Min == nil && s.Const == nil {
			t.Errorf("%s may be negative", where)
		}
	})
}

func TestEveryAnswerHasARequestIDAndEveryErrorItsCodes(t *testing.T) {
	t.Parallel()
	for _, c := range append(slices.Clone(Load(t).calls), Load(t).strays) {
		for _, status := range c.statuses() {
			id := c.response(status).Headers["X-Request-Id"]
			if id == nil || !id.Value.Required {
				t.Errorf("%s %d has no X-Request-Id", c.pattern(), status)
			}
			if status >= 400 && len(c.codes(status)) == 0 {
				t.Errorf("%s %d lists no error code", c.pattern(), status)
			}
		}
	}
}

func TestTokensAreAskedForWhereTheyAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range Load(t).calls {
		security := c.route.Operation.Security
		anonymous := security != nil && len(*security) == 0
		refuses := slices.Contains(c.codes(http.StatusUnauthorized), "login_required")
		if anonymous == refuses {
			t.Errorf("%s: takes no token: %v, refuses tokens: %v", c.pattern(), anonymous, refuses)
		}
	}
}

func TestADefectiveDocumentIsRefused(t *testing.T) {
	t.Parallel()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"dangling reference": {"'#/components/schemas/Session'", "'#/components/schemas/Nothing'"},
		"broken example":     {"ticket: 4c6b478a790c5a7b2f2364d716e345ea\n        receipt", "ticket: 4c6b\n        receipt"},
		"no 404 for strays":  {"    RouteNotFound:", "    NoRoute:"},
		"another file":       {"'#/components/schemas/Session'", "'other.yaml#/Session'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(string(raw), edit[0]) {
				t.Fatalf("the document has no %s", edit[0])
			}
			path := filepath.Join(t.TempDir(), "openapi.yaml")
			if err := os.WriteFile(path, []byte(strings.Replace(string(raw), edit[0], edit[1], 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := read(path); err == nil {
				t.Error("it was taken")
			}
		})
	}
}
