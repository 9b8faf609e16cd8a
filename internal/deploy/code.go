package deploy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"wxlottery/shared/config"
)

// program is what the sources of a function say about how it must be deployed.
type program struct {
	routes    []string // patterns of its mux, sorted
	groups    []group
	variables []config.Variable // those of its groups
}

// group is a part that a function's settings are made of.
type group struct {
	variables []config.Variable
	load      func(environ []string) error
}

var groups = map[string]group{
	"Database": groupOf[config.Database](),
	"Redis":    groupOf[config.Redis](),
	"WeChat":   groupOf[config.WeChat](),
	"Platform": groupOf[config.Platform](),
	"Messages": groupOf[config.Messages](),
	"Delivery": groupOf[config.Delivery](),
	"Cache":    groupOf[config.Cache](),
	"Keys":     groupOf[config.Keys](),
	"Rules":    groupOf[config.Rules](),
	"Relays":   groupOf[config.Relays](),
	"Tick":     groupOf[config.Tick](),
}

// local is set on one machine only: with it, whoever deploys could choose who wins.
const local = "BEACON_DEV_KEY"

func groupOf[T any]() group {
	deployed := slices.DeleteFunc(config.Variables[T](), func(v config.Variable) bool { return v.Name == local })
	return group{deployed, func(environ []string) error {
		_, err := config.Load[T](environ)
		return err
	}}
}

// readCode reads the sources of every function: the mux patterns of its api.Routes and its settings.
func readCode(files fs.FS) (map[string]program, error) {
	programs := map[string]program{}
	dirs, err := fs.ReadDir(files, "functions")
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue
		}
		if programs[dir.Name()], err = readProgram(files, path.Join("functions", dir.Name())); err != nil {
			return nil, err
		}
	}
	return programs, nil
}

func readProgram(files fs.FS, dir string) (p program, err error) {
	var sources []string
	for _, pattern := range []string{"*.go", "*/*.go"} { // the program, and the packages that are its own
		some, err := fs.Glob(files, path.Join(dir, pattern))
		if err != nil {
			return p, err
		}
		sources = append(sources, some...)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return p, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, raw, parser.SkipObjectResolution)
		if err != nil {
			return p, err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			p.routes = append(p.routes, patterns(n)...)
			if fault := p.settings(n); fault != nil {
				err = fmt.Errorf("%s: %w", name, fault)
			}
			return true
		})
		if err != nil {
			return p, err
		}
	}
	slices.Sort(p.routes)
	return p, nil
}

// patterns are the keys of n, if it is a literal of api.Routes.
func patterns(n ast.Node) (keys []string) {
	literal, ok := n.(*ast.CompositeLit)
	if !ok || !selects(literal.Type, "api", "Routes") {
		return nil
	}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.BasicLit); ok {
				pattern, _ := strconv.Unquote(key.Value)
				keys = append(keys, pattern)
			}
		}
	}
	return keys
}

// settings adds the groups of n, if it is the declaration of a type settings.
func (p *program) settings(n ast.Node) error {
	spec, ok := n.(*ast.TypeSpec)
	if !ok || spec.Name.Name != "settings" {
		return nil
	}
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return fmt.Errorf("settings is not a struct")
	}
	for _, field := range fields.Fields.List {
		name, ok := field.Type.(*ast.SelectorExpr)
		if !ok || groups[name.Sel.Name].load == nil || !selects(field.Type, "config", name.Sel.Name) {
			return fmt.Errorf("settings has a field that is no known group of package config")
		}
		p.groups = append(p.groups, groups[name.Sel.Name])
		p.variables = append(p.variables, groups[name.Sel.Name].variables...)
	}
	return nil
}

// asksOutside says that a function speaks to somebody outside of its network, to WeChat or to relays, and needs a way out.
func (p program) asksOutside() bool {
	return slices.ContainsFunc(p.variables, func(v config.Variable) bool {
		return v.Name == "WECHAT_BASE_URL" || v.Name == "BEACON_RELAYS"
	})
}

func selects(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// checkCode compares the functions there are with Names, and their routes with the documented calls.
func checkCode(code map[string]program, documented []string) []string {
	l := faultList{where: "functions"}
	var dirs, routes []string
	for name, p := range code {
		dirs = append(dirs, name)
		routes = append(routes, p.routes...)
		l.unless(len(p.variables) > 0, "%s has no settings", name)
	}
	slices.Sort(dirs)
	l.sameSet("function", dirs, Names)
	slices.Sort(routes)
	l.sameSet("route", routes, documented)
	return l.faults
}
