package deploy

import (
	"maps"
	"slices"
	"strings"

	"wxlottery/shared/config"
)

// platform is what a cloud demands of every function.
type platform struct {
	runtime, handler, architecture string
	reserved                       []string // prefixes of variables that are the cloud's
	memory                         func(mb int) bool
	timeout                        int // the most, in seconds
	secretsByARN                   bool
	every                          map[string]bool
}

var lambda = platform{
	runtime: "provided.al2023", handler: "bootstrap", architecture: "arm64",
	reserved: []string{"AWS_", "LAMBDA_", "_"},
	memory:   func(mb int) bool { return mb >= 128 && mb <= 10240 },
	timeout:  900, secretsByARN: true,
	every: map[string]bool{"rate(1 minute)": true},
}

var scf = platform{
	runtime: "Go1", handler: "main",
	reserved: []string{"SCF_", "QCLOUD_", "TENCENTCLOUD_", "TECENTCLOUD_"},
	memory:   func(mb int) bool { return mb == 64 || mb >= 128 && mb <= 3072 && mb%128 == 0 },
	timeout:  900,
	every:    map[string]bool{"0 * * * * * *": true},
}

const (
	httpTimeout = 29  // seconds that a gateway waits for an answer, with a second for itself
	drawTimeout = 300 // seconds, at least, so that a tick can look 240 s ahead
)

// check says what is wrong with a function on its platform, against its sources.
func (p platform) check(file string, f Function, code program) []string {
	l := &faultList{where: file + ": " + f.Name}
	l.unless(f.Runtime == p.runtime, "runtime %q, not %q", f.Runtime, p.runtime)
	l.unless(f.Handler == p.handler, "handler %q, not %q", f.Handler, p.handler)
	l.unless(f.Architecture == p.architecture, "architecture %q, not %q", f.Architecture, p.architecture)
	l.unless(p.memory(f.Memory), "memory of %d MB", f.Memory)
	l.unless(f.Timeout >= 1 && f.Timeout <= p.timeout, "timeout of %d s", f.Timeout)
	if len(code.routes) > 0 {
		l.unless(f.Timeout <= httpTimeout, "timeout of %d s, which no gateway waits for", f.Timeout)
	}
	if f.Name == "draw" {
		l.unless(f.Timeout >= drawTimeout, "timeout of %d s, less than a tick needs", f.Timeout)
		l.unless(p.every[f.Every], "it is woken by %q, not every minute", f.Every)
		l.unless(f.Variables["TICK_PERIOD"] == "60s", "TICK_PERIOD is not the minute of its timer")
	} else {
		l.unless(f.Every == "", "it is woken by %q", f.Every)
	}
	l.sameSet("route", f.Routes, code.routes)
	p.checkVariables(l, f.Variables, code.variables)
	return l.faults
}

// checkVariables compares the variables that are set with those that are read. On AWS a secret is set by where it is.
func (p platform) checkVariables(l *faultList, set map[string]any, read []config.Variable) {
	var want []string
	for _, v := range read {
		if !v.Secret {
			want = append(want, v.Name)
			continue
		}
		want = append(want, p.nameOf(v.Name))
		if p.secretsByARN && set[v.Name] != nil {
			l.unless(isLocalOnly(set[v.Name]), "%s is set in plain", v.Name)
			want = append(want, v.Name)
		}
		l.unless(!literal(set[p.nameOf(v.Name)]), "%s is written out", p.nameOf(v.Name))
	}
	l.sameSet("variable", slices.Sorted(maps.Keys(set)), want)
	for name := range set {
		for _, prefix := range p.reserved {
			l.unless(!strings.HasPrefix(name, prefix), "variable %s begins as the platform's own do", name)
		}
	}
}

// nameOf is the variable that a secret comes by.
func (p platform) nameOf(secret string) string {
	if p.secretsByARN {
		return secret + "_SECRET_ARN"
	}
	return secret
}

// isLocalOnly says that a value is an empty text for sam local, and nothing in a deployment.
func isLocalOnly(v any) bool { return same(v, localOnly()) }

// literal says that a value is in the file itself.
func literal(v any) bool {
	s, ok := v.(string)
	return ok && !strings.HasPrefix(s, "${")
}
