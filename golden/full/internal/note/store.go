package note

import "context"

// Store keeps notes. Implementations pass notetest.Run and are safe for concurrent use. When the
// context ends, they return its error.
type Store interface {
	// Create adds n, or returns domain.ErrExists.
	Create(ctx context.Context, n Note) error

	// Get returns the note with the ID, or domain.ErrNotFound.
	Get(ctx context.Context, id string) (Note, error)

	// List returns one page of the notes that match q, in order of ID.
	List(ctx context.Context, q Query) (Page, error)

	// Update replaces the note with the ID of n if the stored version is expected. Otherwise it
	// returns domain.ErrVersionMismatch or domain.ErrNotFound.
	Update(ctx context.Context, n Note, expected int64) error

	// Delete removes the note if the stored version is expected. Otherwise it returns
	// domain.ErrVersionMismatch or domain.ErrNotFound.
	Delete(ctx context.Context, id string, expected int64) error
}

// Query selects one page. The page after it starts after the ID of its last note.
//
// A client that follows the pages gets each note that existed when it read the first page exactly
// once, unless the note is deleted meanwhile. It may miss a note that is created meanwhile: the ID is
// made before the note is stored, so the note can sort before the position of the client.
type Query struct {
	Owner string // only notes of this owner; empty selects all
	After string // only notes after this ID; empty starts at the beginning
	Limit int    // maximum number of notes
}

// MaxPageBytes bounds the memory of a page, counted as the titles and bodies of its notes. A page
// ends with the note that reaches this size.
const MaxPageBytes = 1 << 20

// Page is one page of a listing. More means that further notes match.
type Page struct {
	Notes []Note
	More  bool
}
