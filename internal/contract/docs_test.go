package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

func page(t *testing.T) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var heading = regexp.MustCompile(`(?m)^#+ .*$`)

// section is the text under the heading of a call, up to the next heading.
func section(t *testing.T, route string) string {
	t.Helper()
	_, text, ok := strings.Cut(page(t), "\n### "+route+"\n")
	if !ok {
		t.Fatalf("api.md has no section %s", route)
	}
	// Comments in code blocks look like headings; examples are complete before the first of them.
	if at := heading.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return text
}

func TestThePageHasASectionForEveryCallAndNoOther(t *testing.T) {
	t.Parallel()
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^### ([A-Z]+ /.*)$`).FindAllStringSubmatch(page(t), -1) {
		got = append(got, m[1])
	}
	slices.Sort(got)
	if diff := cmp.Diff(Load(t).Routes(), got); diff != "" {
		t.Errorf("sections of api.md (-openapi.yaml +api.md):\n%s", diff)
	}
}

func TestTheTableOfCodesIsTheDocuments(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, c := range append(slices.Clone(Load(t).calls), Load(t).strays) {
		for _, status := range c.statuses() {
			for _, code := range c.codes(status) {
				want[fmt.Sprintf("%d %s", status, code)] = true
			}
		}
	}
	got := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| (\\d{3}) \\| `(\\w+)` \\|").FindAllStringSubmatch(page(t), -1) {
		got[m[1]+" "+m[2]] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("codes (-openapi.yaml +api.md):\n%s", diff)
	}
}

// common are the codes that every call may answer; the page names them once.
func common(d *Doc) map[string]bool {
	count := map[string]int{}
	for _, c := range d.calls {
		for code := range allCodes(c) {
			count[code]++
		}
	}
	set := map[string]bool{}
	for code, n := range count {
		set[code] = n == len(d.calls)
	}
	return set
}

func allCodes(c *call) map[string]bool {
	set := map[string]bool{}
	for _, status := range c.statuses() {
		for _, code := range c.codes(status) {
			set[code] = true
		}
	}
	return set
}

func TestEverySectionListsTheErrorsOfItsCall(t *testing.T) {
	t.Parallel()
	everywhere := common(Load(t))
	list := regexp.MustCompile(`(?s)\nErrors: (.*?)\n\x60\x60\x60`)
	for _, c := range Load(t).calls {
		want := slices.DeleteFunc(slices.Sorted(maps.Keys(allCodes(c))), func(code string) bool { return everywhere[code] })
		m := list.FindStringSubmatch(section(t, c.pattern()))
		if m == nil {
			t.Errorf("%s has no Errors", c.pattern())
			continue
		}
		var got []string
		for _, code := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(m[1], -1) {
			got = append(got, code[1])
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("errors of %s (-openapi.yaml +api.md):\n%s", c.pattern(), diff)
		}
	}
}

func TestThePageNamesTheCodesOfEveryCall(t *testing.T) {
	t.Parallel()
	_, sentence, ok := strings.Cut(page(t), "Every call may also answer ")
	if !ok {
		t.Fatal("api.md does not say what every call may answer")
	}
	sentence, _, _ = strings.Cut(sentence, ";")
	for code, everywhere := range common(Load(t)) {
		if everywhere != strings.Contains(sentence, "`"+code+"`") {
			t.Errorf("%s is an answer of every call: %v; %q says otherwise", code, everywhere, sentence)
		}
	}
}

func TestThePageNamesEveryPropertyParameterAndHeader(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	schemas(t, func(_ string, s *openapi3.Schema) {
		for name := range s.Properties {
			names[name] = true
		}
	})
	for _, c := range Load(t).calls {
		for _, p := range slices.Concat(c.route.PathItem.Parameters, c.route.Operation.Parameters) {
			names[p.Value.Name] = true
		}
	}
	maps.Copy(names, Load(t).known)
	text := page(t)
	for name := range names {
		word := regexp.MustCompile(`(?i)[\x60"*.]` + regexp.QuoteMeta(name) + `[\x60":*]`)
		if !word.MatchString(text) {
			t.Errorf("api.md does not name %s", name)
		}
	}
}

// answerOf is an example answer of a call.
type answerOf struct {
	call   *call
	status int
	value  any
}

// pageExamples reads every block of a call's section that begins with ```json and a status.
func pageExamples(t *testing.T, c *call) (all []answerOf) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?s)\n```json (\\d{3})\n(.*?)\n```\n").FindAllStringSubmatch(section(t, c.pattern()), -1) {
		status, _ := strconv.Atoi(m[1])
		a := answerOf{call: c, status: status}
		if err := json.Unmarshal([]byte(m[2]), &a.value); err != nil {
			t.Fatalf("%s %d: %v", c.pattern(), status, err)
		}
		all = append(all, a)
	}
	return all
}

func TestTheExamplesOfThePageAreAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range Load(t).calls {
		examples := pageExamples(t, c)
		for _, a := range examples {
			res := c.response(a.status)
			if res == nil {
				t.Errorf("%s does not answer %d", c.pattern(), a.status)
				continue
			}
			schema := res.Content.Get("application/json").Schema.Value
			err := schema.VisitJSON(a.value, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors())
			for _, line := range explain(err) {
				t.Errorf("%s %d: %s", c.pattern(), a.status, line)
			}
		}
		if answersJSON(c) && len(examples) == 0 {
			t.Errorf("%s has no example of an answer", c.pattern())
		}
	}
}

// answersJSON reports whether a call that is done may answer in JSON.
func answersJSON(c *call) bool {
	return slices.ContainsFunc(c.statuses(), func(status int) bool {
		return status < 300 && c.response(status).Content.Get("application/json") != nil
	})
}

// TestTheExamplesOfThePageAreTheDocuments: whoever reads one of the two knows the other's examples.
func TestTheExamplesOfThePageAreTheDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range Load(t).calls {
		for _, a := range pageExamples(t, c) {
			media := c.response(a.status).Content.Get("application/json")
			known := []any{media.Example}
			for _, ref := range media.Examples {
				known = append(known, ref.Value.Value)
			}
			want := string(marshal(t, a.value))
			if !slices.ContainsFunc(known, func(v any) bool { return string(marshal(t, v)) == want }) {
				t.Errorf("openapi.yaml does not have this example of %s %d: %s", c.pattern(), a.status, want)
			}
		}
	}
}
