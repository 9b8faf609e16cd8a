package deploy

import (
	"fmt"
	"regexp"
	"strings"
)

// examples stand for what only the one who deploys knows.
var examples = map[string]string{
	"DB_DSN": "lottery:password@tcp(db.example:3306)/lottery?tls=true", "REDIS_ADDR": "cache.example:6379",
	"WECHAT_APPID": "wx0000000000000000", "WECHAT_SECRET": "secret", "MASTER_KEYS": "1:" + strings.Repeat("0a", 32),
}

// starts has a function read its settings as it does when it starts. stated is what an expression says by itself, or false.
func (l *faultList) starts(f Function, code program, stated func(any) (string, bool)) {
	for _, g := range code.groups {
		var environ []string
		for _, v := range g.variables {
			text, ok := stated(f.Variables[v.Name])
			if !ok {
				text, ok = examples[v.Name]
			}
			if ok {
				environ = append(environ, v.Name+"="+text)
			}
		}
		if err := g.load(environ); err != nil {
			l.addf("%s would not start: %v", f.Name, err)
		}
	}
}

// stated is what template.yaml says of a value: a literal, or the default of a parameter.
func (t *template) stated(v any) (string, bool) {
	if name := textOf(at(v, "Ref")); name != "" {
		v = at(t.parameters[name], "Default")
	}
	return stated(v)
}

var withDefault = regexp.MustCompile(`^\$\{env:\w+, '([^']*)'\}$`)

// stated is what the other files say of a value: a literal, or what stands for a variable that is not set.
func stated(v any) (string, bool) {
	if m := withDefault.FindStringSubmatch(textOf(v)); m != nil {
		return m[1], true
	}
	switch v.(type) {
	case string, int, bool:
		return fmt.Sprint(v), !strings.Contains(fmt.Sprint(v), "${")
	}
	return "", false
}
