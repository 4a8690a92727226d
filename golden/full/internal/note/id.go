package note

import "github.com/acme/billing-api/internal/id"

const idPrefix = "note"

// NewID returns an identifier that sorts behind those made before it.
func NewID() string { return id.New(idPrefix) }

// ValidID reports whether s has the form of a note's identifier. Anything else
// cannot name a note, and never reaches a store.
func ValidID(s string) bool { return id.Valid(idPrefix, s) }
