package playground_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"wxlottery/web/playground"
)

// heaviest is what the whole page may weigh, unpacked.
const heaviest = 150 << 10

// sources are the page's files by name.
func sources(t testing.TB) map[string]string {
	t.Helper()
	entries, err := os.ReadDir("page")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join("page", entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(content)
	}
	return files
}

func get(t testing.TB, path string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	playground.Handler().ServeHTTP(w, r)
	return w.Result()
}

// address is where a file is served.
func address(name string) string {
	if name == "index.html" {
		return "/"
	}
	return playground.Assets + name
}

func TestEveryFileIsServedAsWhatItIs(t *testing.T) {
	types := map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	}
	for name, content := range sources(t) {
		res := get(t, address(name), nil)
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != 200 || string(body) != content {
			t.Errorf("%s: %d with %d bytes, want 200 with %d", name, res.StatusCode, len(body), len(content))
		}
		if got, want := res.Header.Get("Content-Type"), types[filepath.Ext(name)]; got != want || want == "" {
			t.Errorf("%s is served as %q, want %q", name, got, want)
		}
		if got := res.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options is %q", name, got)
		}
	}
}

func TestThePolicyAllowsThePageItsOwnHostOnly(t *testing.T) {
	const want = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	for name := range sources(t) {
		if got := get(t, address(name), nil).Header.Get("Content-Security-Policy"); got != want {
			t.Errorf("%s: the policy is %q", name, got)
		}
	}
}

func TestWhatHasNotChangedIsNotSentAgain(t *testing.T) {
	tag := get(t, "/", nil).Header.Get("ETag")
	if res := get(t, "/", http.Header{"If-None-Match": {tag}}); tag == "" || res.StatusCode != http.StatusNotModified {
		t.Errorf("with %q: %d, want 304", tag, res.StatusCode)
	}
}

func TestNothingElseIsServed(t *testing.T) {
	for _, path := range []string{"/login", "/index.html", "/_play/", "/_play/index", "/_play/..%2fhandler.go", "/_play/page/main.js"} {
		if res := get(t, path, nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, res.StatusCode)
		}
	}
	w := httptest.NewRecorder()
	playground.Handler().ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST /: %d, want 405", w.Code)
	}
}

func TestThePageIsLight(t *testing.T) {
	sum := 0
	for _, content := range sources(t) {
		sum += len(content)
	}
	t.Logf("%d bytes", sum)
	if sum > heaviest {
		t.Errorf("the page weighs %d bytes, want %d at most", sum, heaviest)
	}
}

func TestThePageNamesNoOtherHost(t *testing.T) {
	other := regexp.MustCompile(`(?i)https?://[^"'\s]*|["'(]//|\bwss?://|@import|url\(`)
	for name, content := range sources(t) {
		for _, found := range other.FindAllString(content, -1) {
			if found != "http://www.w3.org/2000/svg" { // a name, which nobody asks for anything
				t.Errorf("%s has %q", name, found)
			}
		}
	}
}

// Texts from elsewhere may only go in as texts, and the policy allows no script or style in the page itself.
func TestNoScriptWritesMarkup(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|createContextualFragment|\beval\(|new Function`)
	for name, content := range sources(t) {
		if found := forbidden.FindString(content); found != "" {
			t.Errorf("%s uses %s", name, found)
		}
	}
	page := sources(t)["index.html"]
	if found := regexp.MustCompile(`(?i)<style|\sstyle=|\son\w+=|<script(?:>|[^>]*[^>]>[^<])`).FindString(page); found != "" {
		t.Errorf("the page has %q in it", found)
	}
}

// entry is a line of a table of sentences: a key with one text in English and one in Chinese.
var entry = regexp.MustCompile(`(?ms)^  (\w+): \[\s*'((?:[^'\\]|\\.)*)',\s*'((?:[^'\\]|\\.)*)',?\s*\],?$`)

func TestEverySentenceIsThereInBothLanguages(t *testing.T) {
	hole := regexp.MustCompile(`\{\d\}`)
	for _, file := range []string{"words.js", "refusals.js"} {
		text := sources(t)[file]
		found := entry.FindAllStringSubmatch(text, -1)
		if lines := regexp.MustCompile(`(?m)^  \w+: \[`).FindAllString(text, -1); len(lines) != len(found) || len(found) < 20 {
			t.Errorf("%s: %d entries, of which %d have two texts", file, len(lines), len(found))
		}
		seen := map[string]bool{}
		for _, e := range found {
			key, en, zh := e[1], e[2], e[3]
			if seen[key] || en == "" || zh == "" {
				t.Errorf("%s: %s is there twice or has no text", file, key)
			}
			seen[key] = true
			for _, mark := range hole.FindAllString(en+zh, -1) {
				if !strings.Contains(en, mark) || !strings.Contains(zh, mark) {
					t.Errorf("%s: %s has %s in one language only", file, key, mark)
				}
			}
		}
	}
}

func TestEverySentenceIsUsedAndEveryUsedOneIsThere(t *testing.T) {
	known := map[string]bool{}
	var rest bytes.Buffer
	for name, content := range sources(t) {
		if name == "words.js" {
			for _, e := range entry.FindAllStringSubmatch(content, -1) {
				known[e[1]] = true
			}
			continue
		}
		rest.WriteString(content)
	}
	for _, used := range regexp.MustCompile(`say\('(\w+)'[,)]|data(?:-label)?-say="(\w+)"`).FindAllStringSubmatch(rest.String(), -1) {
		if key := used[1] + used[2]; !known[key] {
			t.Errorf("there is no sentence %s", key)
		}
	}
	for key := range known {
		made := regexp.MustCompile(`^(theme|canceled_|formPrize)`).MatchString(key) // put together of parts
		if !made && !regexp.MustCompile(`['"]`+key+`['"]|\b`+key+`:`).MatchString(rest.String()) {
			t.Errorf("nobody says %s", key)
		}
	}
}

// A code that the API's document names has a sentence here, unless no tap on this page can lead to it.
func TestEveryRefusalThatATapMayMeetHasASentence(t *testing.T) {
	document, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := map[string]bool{}
	for _, code := range strings.Fields(`invalid_all invalid_organiser invalid_conditions invalid_claim_terms invalid_role invalid_cursor
		invalid_limit invalid_from invalid_accept_encoding invalid_signature organiser_not_found route_not_found method_not_allowed
		beacon_not_awaited too_large`) {
		elsewhere[code] = true
	}
	refusals := sources(t)["refusals.js"]
	for _, row := range regexp.MustCompile("(?m)^\\| \\d{3} \\| `(\\w+)` \\|").FindAllSubmatch(document, -1) {
		if code := string(row[1]); !elsewhere[code] && !strings.Contains(refusals, "\n  "+code+": [") {
			t.Errorf("there is no sentence for %s", code)
		}
	}
}
