package config

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// checker is a group with rules beyond the form of single values. Check is called when all values of the group were
// readable; its errors name variables, never values.
type checker interface{ Check() []error }

// Load reads T, a struct of groups and own fields, from an environment in the form of os.Environ. The error lists every
// fault there is, and T is then the zero value.
func Load[T any](environ []string) (T, error) {
	var t, zero T
	vars := env.ToMap(environ)
	faults := parse(&t, vars)
	for group := range structs(reflect.ValueOf(&t).Elem()) {
		faults = append(faults, check(group, faults)...)
	}
	if len(faults) == 0 {
		return t, nil
	}
	var texts []string
	for _, f := range faults {
		if !slices.Contains(texts, f.text) { // a struct that embeds one group has its Check, too
			texts = append(texts, f.text)
		}
	}
	return zero, errors.New("config: " + strings.Join(texts, "; "))
}

// fault is one thing that is wrong; variable is "" when it is a rule about several.
type fault struct{ variable, text string }

// parse fills in t and says what could not be read. The library's own texts are not used: they quote values.
func parse(t any, vars map[string]string) (faults []fault) {
	err := env.ParseWithOptions(t, env.Options{Environment: vars})
	var all env.AggregateError
	if err != nil && !errors.As(err, &all) {
		all.Errors = []error{err}
	}
	names := variables(reflect.ValueOf(t).Elem())
	for _, err := range all.Errors {
		faults = append(faults, describe(err, names))
	}
	return faults
}

// describe says what is wrong with which variable. names has the variables by field.
func describe(err error, names map[string]string) fault {
	var (
		missing env.VarIsNotSetError
		empty   env.EmptyVarError
		unread  env.ParseError
	)
	switch {
	case errors.As(err, &missing):
		return fault{missing.Key, missing.Key + " is not set"}
	case errors.As(err, &empty):
		return fault{empty.Key, empty.Key + " is empty"}
	case errors.As(err, &unread):
		name := names[fieldID(unread.Name, unread.Type)]
		return fault{name, name + " is not " + form(unread.Type)}
	}
	return fault{"", fmt.Sprintf("the configuration's struct cannot be filled (%T)", err)}
}

// form names what a value of a type looks like.
func form(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a duration such as 60s"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "a whole number"
	}
	return "a value of its type"
}

// check applies a group's rules, unless one of its values is missing or unreadable: a rule about what was not read would
// only confuse.
func check(group reflect.Value, known []fault) (faults []fault) {
	own := ownVariables(group.Type())
	if slices.ContainsFunc(known, func(f fault) bool { return slices.Contains(own, f.variable) }) {
		return nil
	}
	c, ok := group.Interface().(checker)
	if !ok || len(own) == 0 { // without variables of its own it only embeds the group whose method this is
		return nil
	}
	for _, err := range c.Check() {
		faults = append(faults, fault{text: err.Error()})
	}
	return faults
}

// structs yields v and every struct in its exported fields.
func structs(v reflect.Value) iter.Seq[reflect.Value] {
	return func(yield func(reflect.Value) bool) { walk(v, yield) }
}

func walk(v reflect.Value, yield func(reflect.Value) bool) bool {
	if v.Kind() != reflect.Struct {
		return true
	}
	if !yield(v) {
		return false
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && !walk(v.Field(i), yield) {
			return false
		}
	}
	return true
}

// ownVariables lists the variables a struct's own fields are read from.
func ownVariables(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		if name := variable(t.Field(i)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func variable(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
	return name
}

// fieldID is all the library tells about a field it could not read.
func fieldID(name string, t reflect.Type) string { return name + " " + t.String() }

// variables maps field ids to variables. Should two groups have such a field, both variables are named; but one that two
// groups share is named once.
func variables(v reflect.Value) map[string]string {
	names := map[string]string{}
	for s := range structs(v) {
		for i := range s.NumField() {
			f := s.Type().Field(i)
			name, id := variable(f), fieldID(f.Name, f.Type)
			if name != "" && !slices.Contains(strings.Split(names[id], " or "), name) {
				names[id] = strings.TrimPrefix(names[id]+" or "+name, " or ")
			}
		}
	}
	return names
}
