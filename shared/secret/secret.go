// Package secret holds values that must never be printed: whatever formats, marshals or logs them gets "[redacted]".
package secret

import "log/slog"

const redacted = "[redacted]"

// Text is a secret string. Only Reveal returns what is in it. The value is behind a pointer because fmt does not ask the
// methods of an unexported field and prints what it finds there: an address.
type Text struct{ value *string }

// New wraps a secret.
func New(value string) Text { return Text{&value} }

// Reveal returns the secret itself, for the one call that needs it.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// IsZero reports whether there is no secret in it.
func (t Text) IsZero() bool { return t.Reveal() == "" }

// String, GoString, MarshalText and LogValue keep the secret out of %v, %#v, JSON and slog.
func (Text) String() string { return redacted }

// GoString is for %#v.
func (Text) GoString() string { return redacted }

// MarshalText is for encoding/json and its kin.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue is for log/slog.
func (Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// UnmarshalText reads a secret, as a configuration loader does.
func (t *Text) UnmarshalText(b []byte) error {
	*t = New(string(b))
	return nil
}
