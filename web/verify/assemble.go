package verifypage

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

//go:embed page
var sources embed.FS

// scripts are the modules of the page's script, each after those that it imports.
var scripts = []string{
	"words", "dom", "origin", "service", "checker", "contradictions", "verdict", "steps", "timeline",
	"winners", "mine", "files", "main",
}

// parts are what the template of the page takes.
type parts struct{ Policy, Style, Runtime, Worker, Program, Script string }

// assemble makes the page of the sources, Go's script for browsers, and the packed checker.
func assemble(runtime, program []byte) ([]byte, error) {
	p := parts{
		Style: source("page.css"), Worker: source("worker.js"), Script: bundle(),
		Runtime: string(runtime), Program: base64.StdEncoding.EncodeToString(program),
	}
	p.Policy = policy(p.Script, p.Style)
	for _, text := range []string{p.Runtime, p.Worker, p.Script, p.Style} {
		if end := regexp.MustCompile(`(?i)</(script|style)|<!--`); end.MatchString(text) {
			return nil, fmt.Errorf("verifypage: a script or style has %q in it, which would end it early", end.FindString(text))
		}
	}
	page, err := template.New("page").Parse(source("page.html"))
	if err != nil {
		return nil, fmt.Errorf("verifypage: %w", err)
	}
	var b bytes.Buffer
	err = page.Execute(&b, p)
	return b.Bytes(), err
}

// policy lets the page run its own script and style, known by their hashes, and the checker in a worker, and fetch; nothing
// else, so that no title or prize name can ever become a script, an image or a request.
func policy(script, style string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src '" + hashOf(script) + "' 'wasm-unsafe-eval'",
		"style-src '" + hashOf(style) + "'",
		"worker-src blob:",
		"connect-src http: https:",
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
	}, "; ")
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

var (
	importLine = regexp.MustCompile(`(?m)^import (\{.*\}) from '\./(\w+)\.js';$`)
	exportWord = regexp.MustCompile(`(?m)^export ((?:async )?(?:function|class) (\w+))`)
)

// bundle joins the modules into one script: each becomes a function of its own, which returns what the module exports.
func bundle() string {
	var b strings.Builder
	for _, name := range scripts {
		text := source(name + ".js")
		var exported []string
		for _, match := range exportWord.FindAllStringSubmatch(text, -1) {
			exported = append(exported, match[2])
		}
		text = importLine.ReplaceAllString(exportWord.ReplaceAllString(text, "$1"), "const $1 = from_$2;")
		const wrapped = "\nconst from_%s = (() => {\n%s\nreturn { %s };\n})();\n"
		fmt.Fprintf(&b, wrapped, name, strings.TrimSpace(text), strings.Join(exported, ", "))
	}
	return b.String()
}

// source returns an embedded file; a missing one is a mistake in this package.
func source(name string) string {
	text, err := sources.ReadFile("page/" + name)
	if err != nil {
		panic(err)
	}
	return string(text)
}
