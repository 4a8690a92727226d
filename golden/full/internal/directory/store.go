package directory

import (
	"context"

	"github.com/acme/billing-api/internal/note"
)

// Guard returns store, in which notes are created only for owners that the
// directory knows.
func (d *Directory) Guard(store note.Store) note.Store { return guarded{store, d} }

type guarded struct {
	note.Store
	directory *Directory
}

// Create implements note.Store.
func (g guarded) Create(ctx context.Context, n note.Note) error {
	known, err := g.directory.Knows(ctx, n.Owner)
	if err != nil {
		return err
	}
	if !known {
		return &note.InvalidError{Fields: []note.FieldError{{Field: "owner", Reason: "is not known"}}}
	}
	return g.Store.Create(ctx, n)
}
