package postgres

import (
	"context"

	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/postgres/query"
)

// Notes is a store of notes. It is safe for concurrent use.
type Notes struct{ db *Database }

// Notes returns the notes in the database.
func (d *Database) Notes() *Notes { return &Notes{d} }

// Ping returns an error unless the server answers.
func (s *Notes) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Create adds n.
func (s *Notes) Create(ctx context.Context, n note.Note) error {
	err := s.db.execute(ctx, func(ctx context.Context, q *query.Queries) error {
		return q.CreateNote(ctx, query.CreateNoteParams{
			ID: n.ID, Owner: n.Owner, Title: n.Title, Body: n.Body,
			Version: n.Version, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
		})
	})
	return domainError(ctx, "create note", err)
}

// Get returns the note.
func (s *Notes) Get(ctx context.Context, id string) (note.Note, error) {
	var row query.Note
	err := s.db.execute(ctx, func(ctx context.Context, q *query.Queries) (err error) {
		row, err = q.GetNote(ctx, id)
		return err
	})
	if err != nil {
		return note.Note{}, domainError(ctx, "get note", err)
	}
	return newNote(row), nil
}

// List returns one page of notes.
func (s *Notes) List(ctx context.Context, page note.Query) ([]note.Note, error) {
	var rows []query.Note
	err := s.db.execute(ctx, func(ctx context.Context, q *query.Queries) (err error) {
		if page.Owner == "" {
			rows, err = q.ListNotes(ctx, query.ListNotesParams{After: page.After, Count: int64(page.Limit)})
			return err
		}
		rows, err = q.ListNotesOfOwner(ctx, query.ListNotesOfOwnerParams{Owner: page.Owner, After: page.After, Count: int64(page.Limit)})
		return err
	})
	if err != nil {
		return nil, domainError(ctx, "list notes", err)
	}
	notes := make([]note.Note, len(rows))
	for i, row := range rows {
		notes[i] = newNote(row)
	}
	return notes, nil
}

// Update replaces the note if its version is still expected.
func (s *Notes) Update(ctx context.Context, n note.Note, expected int64) error {
	err := s.change(ctx, n.ID, func(ctx context.Context, q *query.Queries) (int64, error) {
		return q.UpdateNote(ctx, query.UpdateNoteParams{
			ID: n.ID, Owner: n.Owner, Title: n.Title, Body: n.Body,
			Version: n.Version, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
			Expected: expected,
		})
	})
	return domainError(ctx, "update note", err)
}

// Delete removes the note if its version is still expected.
func (s *Notes) Delete(ctx context.Context, id string, expected int64) error {
	err := s.change(ctx, id, func(ctx context.Context, q *query.Queries) (int64, error) {
		return q.DeleteNote(ctx, query.DeleteNoteParams{ID: id, Expected: expected})
	})
	return domainError(ctx, "delete note", err)
}

// change runs a statement that touches the note if its version is expected,
// and finds out why when it touches none.
func (s *Notes) change(ctx context.Context, id string, f func(context.Context, *query.Queries) (int64, error)) error {
	return s.db.execute(ctx, func(ctx context.Context, q *query.Queries) error {
		touched, err := f(ctx, q)
		if err != nil || touched > 0 {
			return err
		}
		exists, err := q.NoteExists(ctx, id)
		switch {
		case err != nil:
			return err
		case exists:
			return note.ErrVersionMismatch
		}
		return note.ErrNotFound
	})
}

// newNote returns a note as it was stored. The driver reads times in the zone
// of the machine.
func newNote(row query.Note) note.Note {
	return note.Note{
		ID: row.ID, Owner: row.Owner, Title: row.Title, Body: row.Body,
		Version: row.Version, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}
