package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// edit copies a JSON file with one value changed: edit in.json lock.count 999 out.json. A value that is not JSON is a text,
// and no value at all ("") takes the field out.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: edit in.json path.to.field value out.json")
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	d.UseNumber() // numbers stay as they are written
	var root any
	ts.Check(d.Decode(&root))
	if !change(root, strings.Split(args[1], "."), args[2]) {
		ts.Fatalf("edit: there is no %s", args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), must(json.Marshal(root)), 0o600))
}

func change(at any, path []string, value string) bool {
	switch at := at.(type) {
	case map[string]any:
		if len(path) > 1 {
			return change(at[path[0]], path[1:], value)
		}
		if value == "" {
			delete(at, path[0])
			return true
		}
		at[path[0]] = valueOf(value)
		return true
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(at) {
			return false
		}
		if len(path) > 1 {
			return change(at[i], path[1:], value)
		}
		at[i] = valueOf(value)
		return true
	}
	return false
}

func valueOf(text string) any {
	var v any
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return text
	}
	if _, number := v.(json.Number); number && len(text) > 16 {
		return text // hex that happens to have no letters
	}
	return v
}
