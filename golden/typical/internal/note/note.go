// Package note is the domain of the service: notes, the rules that they obey,
// and the store that keeps them.
//
// It knows nothing of HTTP, of databases or of settings. Handlers call the
// Service; a package that can keep notes implements Store and proves it with
// notetest.Run.
package note

import (
	"errors"
	"time"
)

// Note is a text that somebody owns. It is a value: a copy may be changed
// without changing what a store holds.
type Note struct {
	ID    string
	Owner string
	Title string
	Body  string

	// Version starts at 1 and grows by one with every change. A change names
	// the version it was made from, so that no update is lost.
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

var (
	// ErrNotFound says that no note has the identifier.
	ErrNotFound = errors.New("note: not found")

	// ErrExists says that a note with the identifier is already there.
	ErrExists = errors.New("note: already exists")

	// ErrVersionMismatch says that the note changed since the version that
	// the caller started from.
	ErrVersionMismatch = errors.New("note: version mismatch")

	// ErrUnavailable says that something which keeps or checks notes cannot be
	// used now, and may be later. It is wrapped together with the cause. A
	// context that is done is no such cause: its own error is returned.
	ErrUnavailable = errors.New("note: unavailable")
)
