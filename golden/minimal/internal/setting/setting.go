// Package setting holds the errors that a section of the settings reports about its own values.
package setting

import "fmt"

// Error says which key has a value that the service cannot use, and why. Key is relative to the section.
type Error struct{ Key, Reason string }

// Errors is a list of errors about keys.
type Errors []Error

// Add appends an error about a key.
func (e *Errors) Add(key, format string, args ...any) {
	*e = append(*e, Error{Key: key, Reason: fmt.Sprintf(format, args...)})
}

// AddIf appends an error about a key if the value is bad.
func (e *Errors) AddIf(bad bool, key, format string, args ...any) {
	if bad {
		e.Add(key, format, args...)
	}
}
