package verifypage_test

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"

	verifypage "wxlottery/web/verify"
)

// built is the page, made once for all tests.
var built = sync.OnceValues(func() ([]byte, error) { return verifypage.Build(background, "../..") })

func builtPage(t testing.TB) []byte {
	t.Helper()
	page, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// What the environment says of other builds does not reach the page either.
func TestTheSameSourcesGiveTheSamePage(t *testing.T) {
	page := builtPage(t)
	for name, value := range map[string]string{"GOOS": "linux", "GOFLAGS": "-tags=sqlite", "CGO_ENABLED": "1"} {
		t.Setenv(name, value)
	}
	again, err := verifypage.Build(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, again) {
		t.Error("two builds differ")
	}
}

func TestThePageNeedsNothingBesideItself(t *testing.T) {
	page := string(withoutProgram(builtPage(t)))
	external := regexp.MustCompile(`(?i)(src|href|srcset|action|poster)\s*=\s*["']?\s*(https?:)?//|url\(\s*["']?(https?:)?//|@import|importScripts|<(link|iframe|object|embed|img|base)\b`)
	for _, found := range external.FindAllString(page, -1) {
		if found != "<link" { // the icon, below
			t.Errorf("the page has %q", found)
		}
	}
	if n := strings.Count(page, "<link"); n != 1 || !strings.Contains(page, `<link rel="icon" href="data:,">`) {
		t.Errorf("%d links, want the empty icon alone", n)
	}
	if regexp.MustCompile(`<script[^>]* src`).MatchString(page) {
		t.Error("a script is loaded from elsewhere")
	}
}

// withoutProgram leaves out the checker: long, and base64 has no markup in it.
func withoutProgram(page []byte) []byte {
	return regexp.MustCompile(`(id="program">)[A-Za-z0-9+/=]+`).ReplaceAll(page, []byte("$1"))
}

func TestThePolicyForbidsEverythingButFetchingAndThePageItself(t *testing.T) {
	match := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindSubmatch(builtPage(t))
	if match == nil {
		t.Fatal("the page has no policy")
	}
	hash := `'sha256-[A-Za-z0-9+/]{43}='`
	want := `^default-src 'none'; script-src ` + hash + ` 'wasm-unsafe-eval'; style-src ` + hash +
		`; worker-src blob:; connect-src http: https:; img-src data:; base-uri 'none'; form-action 'none'$`
	if !regexp.MustCompile(want).Match(match[1]) {
		t.Errorf("the policy is %s", match[1])
	}
}

// Texts from elsewhere may only go in as texts.
func TestNoScriptWritesMarkup(t *testing.T) {
	page := withoutProgram(builtPage(t))
	for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc", "createContextualFragment"} {
		if bytes.Contains(page, []byte(word)) {
			t.Errorf("the page uses %s", word)
		}
	}
}

func TestAFolderWithoutTheModuleIsRefused(t *testing.T) {
	if _, err := verifypage.Build(t.Context(), t.TempDir()); err == nil {
		t.Error("a page was made of nothing")
	}
}
