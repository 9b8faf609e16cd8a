package main

import (
	"encoding/json"
	"testing"
)

// FuzzEvent: an event is one of the two commands as a JSON object with nothing else in it, or it is refused.
func FuzzEvent(f *testing.F) {
	for _, event := range []string{
		`{"command":"up"}`, `{"command":"status"}`, `{"command":"down"}`, `{"command":"up","command":"status"}`, `{"command":"up"}{}`,
		`{"Command":"up"}`, `{"command":"up","dry":true}`, `{"command":["up"]}`, `["up"]`, `"up"`, `null`, ``, `{}`,
	} {
		f.Add([]byte(event))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		command, err := decode(event)
		if err != nil {
			if command != "" {
				t.Errorf("%s and %v", command, err)
			}
			return
		}
		var fields map[string]any
		if json.Unmarshal(event, &fields) != nil || len(fields) == 0 {
			t.Errorf("%s of what is no object: %s", command, event)
		}
		if command != "up" && command != "status" {
			t.Errorf("%s is taken for %s", event, command)
		}
	})
}
