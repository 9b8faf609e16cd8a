package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestASecretIsNeverPrinted(t *testing.T) {
	const value = "hunter2-very-secret"
	type holder struct {
		Public string
		Key    Text
		Ptr    *Text
		hidden Text
	}
	s := New(value)
	h := holder{"p", s, &s, s}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "h", h)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "h", h)
	asJSON, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), fmt.Sprintf("%x", s),
		fmt.Sprintf("%v %+v %#v", h, h, h), fmt.Errorf("with %v", s).Error(), string(asJSON), log.String(),
	} {
		if strings.Contains(text, value) || strings.Contains(text, fmt.Sprintf("%x", value)) {
			t.Errorf("the secret is in %s", text)
		}
	}
	if s.Reveal() != value {
		t.Error("Reveal lost the secret")
	}
}
