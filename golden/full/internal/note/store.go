package note

import "context"

// Store keeps notes. Every implementation passes notetest.Run, is safe for
// concurrent use, and returns early with the context's error once it is done.
type Store interface {
	// Create adds n, or returns ErrExists.
	Create(ctx context.Context, n Note) error

	// Get returns the note, or ErrNotFound.
	Get(ctx context.Context, id string) (Note, error)

	// List returns the notes that q asks for, ordered by identifier.
	List(ctx context.Context, q Query) ([]Note, error)

	// Update replaces the note with the identifier of n if its version is
	// still expected. Otherwise it returns ErrVersionMismatch, or ErrNotFound.
	Update(ctx context.Context, n Note, expected int64) error

	// Delete removes the note if its version is still expected. Otherwise it
	// returns ErrVersionMismatch, or ErrNotFound.
	Delete(ctx context.Context, id string, expected int64) error

	// Ping returns an error while the store cannot be used.
	Ping(ctx context.Context) error
}

// Query selects one page of notes. Identifiers grow with time, so a listing is
// in order of creation, and a note that is added while somebody pages appears
// at the end: no page shows a note twice or leaves one out.
type Query struct {
	Owner string // only notes of this owner; empty means all
	After string // only notes behind this identifier; empty means from the start
	Limit int    // at most so many notes
}
