// Package secret holds values that must never be printed: passwords, tokens,
// keys and addresses with credentials in them. A Value masks itself wherever
// Go turns values into text, so a whole configuration can be logged or dumped.
package secret

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// mask stands wherever a secret that is set would have been printed.
const mask = "[redacted]"

// Value is a secret. The zero Value is an unset one.
//
// The text is kept behind a pointer: fmt does not call the methods of
// unexported fields, but it prints pointers inside a struct as addresses.
type Value struct {
	text *string
	file string // that holds it; empty if none does
}

// New returns text as a secret.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{text: &text}
}

// FromFile returns the content of a file as a secret. One newline at the end
// does not belong to it.
func FromFile(path string, content []byte) Value {
	v := New(strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r"))
	v.file = path
	return v
}

// Current returns the text as it is now: it reads the file that holds the
// secret again, so that whoever asks at each use follows a rotation. A secret
// that no file holds never changes.
func (v Value) Current() (string, error) {
	if v.file == "" {
		return v.Reveal(), nil
	}
	content, err := os.ReadFile(v.file)
	if err != nil {
		return "", err
	}
	now := FromFile(v.file, content)
	if !now.IsSet() {
		return "", errors.New(v.file + ": is empty")
	}
	return now.Reveal(), nil
}

// Reveal returns the text. Hand it to the one call that needs it; do not keep it.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// IsSet reports whether there is a secret at all.
func (v Value) IsSet() bool { return v.text != nil }

// String returns the mask, or nothing if the secret is not set.
func (v Value) String() string {
	if v.text == nil {
		return ""
	}
	return mask
}

// GoString masks %#v.
func (v Value) GoString() string { return fmt.Sprintf("secret.Value(%q)", v.String()) }

// Format masks every verb of fmt, those that make no sense included.
func (v Value) Format(s fmt.State, verb rune) {
	text := v.String()
	if verb == 'v' && s.Flag('#') {
		text = v.GoString()
	}
	_, _ = s.Write([]byte(text))
}

// MarshalText masks JSON, YAML and everything else that encodes by text.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// LogValue masks the value as an attribute of a log line.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }
