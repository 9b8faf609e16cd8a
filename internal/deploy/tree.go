package deploy

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readYAML reads a file of one document into maps, slices and scalars. CloudFormation's short forms become the long ones
// (!Ref X is {"Ref": "X"}), aliases and merged maps become what they stand for, and a key that is there twice is an error.
func readYAML(files fs.FS, name string) (map[string]any, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	v, err := value(&doc)
	m, ok := v.(map[string]any)
	if err == nil && !ok {
		err = fmt.Errorf("it is not a mapping")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func value(n *yaml.Node) (any, error) {
	v, err := untagged(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	switch n.Tag {
	case "!Ref", "!Condition":
		return map[string]any{n.Tag[1:]: v}, nil
	case "!GetAtt":
		if s, ok := v.(string); ok {
			resource, attribute, _ := strings.Cut(s, ".")
			v = []any{resource, attribute}
		}
	}
	return map[string]any{"Fn::" + n.Tag[1:]: v}, nil
}

func untagged(n *yaml.Node) (v any, err error) {
	switch n.Kind {
	case yaml.DocumentNode:
		return value(n.Content[0])
	case yaml.AliasNode:
		return value(n.Alias)
	case yaml.MappingNode:
		return mappingOf(n)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			if list[i], err = value(c); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return n.Value, nil
	}
	err = n.Decode(&v)
	return v, err
}

func mappingOf(n *yaml.Node) (map[string]any, error) {
	m, merged := map[string]any{}, map[string]any{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		v, err := value(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		if _, twice := m[key.Value]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", key.Line, key.Value)
		}
		if key.Tag != "!!merge" {
			m[key.Value] = v
			continue
		}
		for _, part := range slices.Backward(listOf(v)) { // the first of several counts
			maps.Copy(merged, mapOf(part))
		}
	}
	maps.Copy(merged, m)
	return merged, nil
}

// at follows keys downwards; what is not there is nil.
func at(v any, keys ...string) any {
	for _, key := range keys {
		v = mapOf(v)[key]
	}
	return v
}

func mapOf(v any) map[string]any { m, _ := v.(map[string]any); return m }

func textOf(v any) string { s, _ := v.(string); return s }

func intOf(v any) int { i, _ := v.(int); return i }

// listOf takes a single thing for a list of it.
func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// same compares two values by what they would be in JSON.
func same(a, b any) bool { return show(a) == show(b) }

func show(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// walk visits every map below v, v included.
func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(v[key], visit)
		}
	case []any:
		for _, item := range v {
			walk(item, visit)
		}
	}
}

func ref(name string) map[string]any { return map[string]any{"Ref": name} }

func attribute(resource, name string) map[string]any {
	return map[string]any{"Fn::GetAtt": []any{resource, name}}
}
