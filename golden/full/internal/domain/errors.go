// Package domain holds the errors that every part of the domain shares. A package that stores several kinds of things
// returns them without knowing any of the kinds.
package domain

import "errors"

var (
	// ErrNotFound means that nothing has the ID.
	ErrNotFound = errors.New("not found")

	// ErrExists means that the ID is taken.
	ErrExists = errors.New("already exists")

	// ErrVersionMismatch means that the stored version is not the expected one.
	ErrVersionMismatch = errors.New("version mismatch")

	// ErrUnavailable means that the store or another dependency is unavailable; the same call may succeed later. It wraps
	// the cause. Stores return an error that wraps the error of the context.
	ErrUnavailable = errors.New("unavailable")
)
