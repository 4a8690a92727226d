// Package secret holds values that must not be printed, such as passwords. A Value masks itself wherever Go turns values
// into text, so a program can log or print a struct that contains one.
package secret

import (
	"errors"
	"fmt"
	"strings"

	"github.com/acme/billing-api/internal/readfile"
)

const mask = "[redacted]"

// Value is a secret. The zero Value is not set.
type Value struct {
	// A pointer, because fmt ignores the methods of an unexported field, but prints a nested pointer as an address.
	text *string
	file string // that holds the secret, if any
}

// New returns text as a secret.
func New(text string) Value {
	if text == "" {
		return Value{}
	}
	return Value{text: &text}
}

// FromFile returns the content of a file as a secret, without the newline at its end.
func FromFile(path string, content []byte) Value {
	v := New(strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r"))
	v.file = path
	return v
}

// Current returns the text. It reads the file of the secret again, so that each use has the latest content.
func (v Value) Current() (string, error) {
	if v.file == "" {
		return v.Reveal(), nil
	}
	content, _, err := readfile.Regular(v.file)
	if err != nil {
		return "", err
	}
	current := FromFile(v.file, content)
	if !current.IsSet() {
		return "", errors.New(v.file + " is empty")
	}
	return current.Reveal(), nil
}

// Reveal returns the text. Pass it to the call that needs it, and do not keep it.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// IsSet reports whether the secret is set.
func (v Value) IsSet() bool { return v.text != nil }

// String returns the mask, or nothing if the secret is not set.
func (v Value) String() string {
	if v.text == nil {
		return ""
	}
	return mask
}

// Format masks every verb of fmt.
func (v Value) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(v.String())) }

// MarshalText masks the value in JSON, YAML, log lines and other text encodings.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText sets the secret.
func (v *Value) UnmarshalText(text []byte) error {
	*v = New(string(text))
	return nil
}
