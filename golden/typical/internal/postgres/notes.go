package postgres

import (
	"context"

	"git.example.org/shop/orders/v2/internal/domain"
	"git.example.org/shop/orders/v2/internal/note"
	"git.example.org/shop/orders/v2/internal/postgres/query"
)

// Notes is a store of notes.
type Notes struct{ db *Database }

// Notes returns the store of notes.
func (d *Database) Notes() *Notes { return &Notes{d} }

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

// Get returns the note with the ID.
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
func (s *Notes) List(ctx context.Context, q note.Query) (note.Page, error) {
	const maxBytes = note.MaxPageBytes
	count := int64(q.Limit) + 1 // one more shows that there is another page
	var rows []query.ListNotesRow
	err := s.db.execute(ctx, func(ctx context.Context, queries *query.Queries) (err error) {
		if q.Owner == "" {
			rows, err = queries.ListNotes(ctx, query.ListNotesParams{After: q.After, Count: count, MaxBytes: maxBytes})
			return err
		}
		owned, err := queries.ListNotesOfOwner(ctx, query.ListNotesOfOwnerParams{
			Owner: q.Owner, After: q.After, Count: count, MaxBytes: maxBytes,
		})
		for _, row := range owned {
			rows = append(rows, query.ListNotesRow(row))
		}
		return err
	})
	if err != nil {
		return note.Page{}, domainError(ctx, "list notes", err)
	}
	var page note.Page
	for _, row := range rows[:min(len(rows), q.Limit)] {
		page.Notes = append(page.Notes, newNote(query.Note{
			ID: row.ID, Owner: row.Owner, Title: row.Title, Body: row.Body,
			Version: row.Version, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		}))
	}
	page.More = len(rows) > 0 && rows[0].Matches > int64(len(page.Notes))
	return page, nil
}

// Update replaces the note if the stored version is expected.
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

// Delete removes the note if the stored version is expected.
func (s *Notes) Delete(ctx context.Context, id string, expected int64) error {
	err := s.change(ctx, id, func(ctx context.Context, q *query.Queries) (int64, error) {
		return q.DeleteNote(ctx, query.DeleteNoteParams{ID: id, Expected: expected})
	})
	return domainError(ctx, "delete note", err)
}

// change runs a statement that changes the note if it has the expected version, and returns the number of changed rows.
func (s *Notes) change(ctx context.Context, id string, f func(context.Context, *query.Queries) (int64, error)) error {
	return s.db.execute(ctx, func(ctx context.Context, q *query.Queries) error {
		changed, err := f(ctx, q)
		if err != nil || changed > 0 {
			return err
		}
		exists, err := q.NoteExists(ctx, id)
		switch {
		case err != nil:
			return err
		case exists:
			return domain.ErrVersionMismatch
		}
		return domain.ErrNotFound
	})
}

// newNote converts a row. pgx returns times in the time zone of the machine.
func newNote(row query.Note) note.Note {
	return note.Note{
		ID: row.ID, Owner: row.Owner, Title: row.Title, Body: row.Body,
		Version: row.Version, CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}
