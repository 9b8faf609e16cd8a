// Package archtest holds the rules about who may import whom, and about what must not be in a function.
package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "wxlottery/"

// allowed are the packages of ours that a package may import, tests aside. What is not listed may import none.
var allowed = map[string][]string{
	"shared/lottery":         {"shared/fault", "shared/vdraw"},
	"shared/store":           {"shared/fault", "shared/lottery", "shared/vdraw"},
	"shared/store/migrate":   {"shared/lottery", "shared/store"},
	"shared/beacon":          {"shared/vdraw"},
	"shared/session":         {"shared/fault", "shared/secret"},
	"shared/wechat":          {"shared/fault", "shared/secret"},
	"shared/config":          {"shared/secret"},
	"shared/cloud":           {"shared/fault"},
	"shared/api":             {"shared/cloud", "shared/fault", "shared/lottery", "shared/session"},
	"shared/secretsmanager":  {"shared/fault", "shared/pause", "shared/secret"},
	"shared/message":         {"shared/lottery"},
	"shared/setup":           {"shared/config", "shared/fault", "shared/lottery", "shared/message", "shared/secretsmanager", "shared/store", "shared/vdraw"},
	"functions/login":        {"shared/api", "shared/cloud", "shared/config", "shared/fault", "shared/lottery", "shared/session", "shared/setup", "shared/store", "shared/wechat"},
	"functions/events":       {"shared/api", "shared/cloud", "shared/config", "shared/fault", "shared/lottery", "shared/session", "shared/setup", "shared/store", "shared/vdraw", "shared/wechat"},
	"functions/join":         {"functions/join/handler", "shared/cloud", "shared/config", "shared/lottery", "shared/session", "shared/setup", "shared/store"},
	"functions/join/handler": {"shared/api", "shared/lottery", "shared/session", "shared/store", "shared/vdraw"},
	"functions/draw":         {"functions/draw/courier", "functions/draw/worker", "shared/beacon", "shared/cloud", "shared/config", "shared/lottery", "shared/session", "shared/setup", "shared/store", "shared/wechat"},
	"functions/draw/courier": {"shared/cloud", "shared/lottery", "shared/message", "shared/pause", "shared/store", "shared/wechat"},
	"functions/draw/worker":  {"functions/draw/courier", "shared/cloud", "shared/lottery", "shared/pause", "shared/store", "shared/vdraw"},
	"functions/migrate":      {"shared/cloud", "shared/config", "shared/setup", "shared/store/migrate"},
	"cmd/migrate":            {"shared/config", "shared/setup", "shared/store/migrate"},
	"cmd/verify":             {"shared/vdraw"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Module     *struct{ Main bool }
	GoFiles    []string
	Dir        string
}

func list(t *testing.T, args ...string) (all []pkg) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps,Module,GoFiles,Dir"}, args...)...)
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestImportsPointDown(t *testing.T) {
	seen := map[string]bool{}
	packages := []string{"./shared/...", "./functions/...", "./cmd/migrate", "./cmd/verify"}
	all := append(list(t, append([]string{"-tags", "lambda.norpc"}, packages...)...), list(t, append([]string{"-tags", "scf"}, packages...)...)...)
	for _, p := range all {
		name := strings.TrimPrefix(p.ImportPath, module)
		seen[name] = true
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed[name], ours) {
				t.Errorf("%s imports %s", name, ours)
			}
			if imported == "math/rand" || imported == "math/rand/v2" {
				t.Errorf("%s imports %s: everything random here comes from crypto/rand", name, imported)
			}
		}
	}
	for name := range allowed {
		if !seen[name] {
			t.Errorf("the table names %s, which does not exist", name)
		}
	}
}

// TestPurePackagesAskNobody holds the rules and the verifiable draw to what is pure.
func TestPurePackagesAskNobody(t *testing.T) {
	for _, p := range list(t, "./shared/lottery", "./shared/vdraw", "./shared/fault") {
		for _, impure := range []string{"net", "net/http", "os/exec", "database/sql", "log", "log/slog"} {
			if slices.Contains(p.Imports, impure) {
				t.Errorf("%s imports %s", p.ImportPath, impure)
			}
		}
	}
	for _, p := range list(t, "./shared/vdraw") {
		for _, imported := range p.Imports {
			if strings.Contains(strings.Split(imported, "/")[0], ".") && imported != "github.com/cloudflare/circl/sign/bls" {
				t.Errorf("vdraw imports %s", imported)
			}
		}
	}
}

// served are the functions that answer users or the timer; migrate is invoked by hand and may be larger.
var served = []string{"./functions/login", "./functions/events", "./functions/join", "./functions/draw"}

// bannedAnywhere must not be in a function that serves, on any cloud; bannedBy has what a tag's build must not have besides.
// SCF's library is a net/rpc server, which brings the templates.
var (
	bannedAnywhere = []string{
		"testing", "modernc.org/sqlite", "github.com/pressly/goose/v3",
		"github.com/alicebob/miniredis/v2", module + "shared/store/migrate",
	}
	bannedBy = map[string][]string{
		"lambda.norpc": {"net/rpc", "text/template", "html/template", "github.com/tencentyun/scf-go-lib/cloudfunction"},
		"scf":          {"github.com/aws/aws-lambda-go/lambda"},
	}
)

func TestFunctionsDoNotLinkWhatTheyMustNot(t *testing.T) {
	for tags, more := range bannedBy {
		banned := append(slices.Clone(bannedAnywhere), more...)
		for _, p := range list(t, append([]string{"-tags", tags}, served...)...) {
			for _, dep := range p.Deps {
				if slices.Contains(banned, dep) {
					t.Errorf("%s, built with %s, links %s", p.ImportPath, tags, dep)
				}
			}
		}
	}
}

// TestBuildsLinkTheLibraryOfTheirCloud would show if the test above looked at the wrong names.
func TestBuildsLinkTheLibraryOfTheirCloud(t *testing.T) {
	for tags, library := range map[string]string{
		"lambda.norpc": "github.com/aws/aws-lambda-go/lambda", "scf": "github.com/tencentyun/scf-go-lib/cloudfunction",
	} {
		for _, p := range list(t, append([]string{"-tags", tags}, served...)...) {
			if !slices.Contains(p.Deps, library) {
				t.Errorf("%s, built with %s, does not link %s", p.ImportPath, tags, library)
			}
		}
	}
	for _, p := range list(t, "./functions/migrate") {
		if !slices.Contains(p.Deps, "github.com/pressly/goose/v3") {
			t.Error("the migrate function does not link goose")
		}
	}
}

func TestNoFunctionLinksTestHelpersOrCommands(t *testing.T) {
	for tags := range bannedBy {
		for _, p := range list(t, "-tags", tags, "./functions/...") {
			for _, dep := range p.Deps {
				if strings.HasPrefix(dep, module+"internal/") || strings.HasPrefix(dep, module+"cmd/") {
					t.Errorf("%s, built with %s, links %s", p.ImportPath, tags, dep)
				}
			}
		}
	}
}

// TestNoProgramCanShiftTheClock looks for the tests' way of moving the database's clock, in sources and in a binary.
func TestNoProgramCanShiftTheClock(t *testing.T) {
	const shift = "ShiftClock"
	for _, p := range list(t, "./functions/...", "./cmd/...", "./shared/...") {
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte(shift)) && p.ImportPath != module+"shared/store" {
				t.Errorf("%s/%s mentions %s", p.ImportPath, file, shift)
			}
		}
	}
	binary := filepath.Join(t.TempDir(), "draw")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", binary, "./functions/draw")
	build.Dir = root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	symbols, err := exec.Command("go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(symbols, []byte("shared/store.Open")) {
		t.Fatal("the binary shows no symbols of the store")
	}
	if bytes.Contains(symbols, []byte(shift)) {
		t.Errorf("the draw function contains %s", shift)
	}
}
