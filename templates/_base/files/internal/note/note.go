// Package note is the domain of the service: notes, their rules, and the interface of the store that keeps them.
//
// It knows nothing about HTTP, databases or settings. Handlers call the Service. A package that stores notes implements
// Store, and its tests call notetest.Run.
package note

import (
	"time"

	"example.com/acme/sample-service/internal/id"
)

// Note is a text that belongs to an owner.
type Note struct {
	ID    string
	Owner string
	Title string
	Body  string

	// Version starts at 1 and increases by one with every change. An update names the version that it is based on, so
	// that concurrent updates do not overwrite each other.
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

const idPrefix = "note"

// NewID returns a new ID. IDs sort by the time at which they were made.
func NewID() string { return id.New(idPrefix) }

// ValidID reports whether s has the form of a note ID.
func ValidID(s string) bool { return id.Valid(idPrefix, s) }
