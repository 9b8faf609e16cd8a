package config

import (
	"reflect"
	"slices"
	"strings"

	"wxlottery/shared/secret"
)

// Variable is one variable of the environment.
type Variable struct {
	Name     string
	Secret   bool // its value must never be seen: it is kept as a secret.Text
	Required bool // Load fails without it
}

// Variables lists every variable that Load[T] reads, in the order of the fields.
func Variables[T any]() []Variable {
	return list(reflect.TypeFor[T]())
}

func list(t reflect.Type) (all []Variable) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("env"), ",")
		switch {
		case !f.IsExported():
		case name != "":
			all = append(all, Variable{
				Name:     name,
				Secret:   f.Type == reflect.TypeFor[secret.Text](),
				Required: slices.Contains(strings.Split(options, ","), "required"),
			})
		case f.Type.Kind() == reflect.Struct:
			all = append(all, list(f.Type)...)
		}
	}
	return all
}
