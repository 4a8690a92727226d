// Package memory stores notes in the memory of the process. They are lost when the process ends, and instances do not
// share them.
package memory

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/acme/billing-api/internal/domain"
	"github.com/acme/billing-api/internal/note"
)

// Notes is a store of notes. A listing by owner reads the notes of all owners.
type Notes struct {
	mu    sync.RWMutex
	notes []note.Note // in order of ID
}

// Open returns an empty store.
func Open() *Notes { return new(Notes) }

// Create adds n.
func (s *Notes) Create(ctx context.Context, n note.Note) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.find(n.ID)
	if found {
		return domain.ErrExists
	}
	s.notes = slices.Insert(s.notes, i, n)
	return nil
}

// Get returns the note with the ID.
func (s *Notes) Get(ctx context.Context, id string) (note.Note, error) {
	if err := ctx.Err(); err != nil {
		return note.Note{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, found := s.find(id)
	if !found {
		return note.Note{}, domain.ErrNotFound
	}
	return s.notes[i], nil
}

// List returns one page of notes.
func (s *Notes) List(ctx context.Context, q note.Query) (note.Page, error) {
	if err := ctx.Err(); err != nil {
		return note.Page{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, found := s.find(q.After)
	if found {
		i++
	}
	var page note.Page
	size := 0
	for _, n := range s.notes[i:] {
		if q.Owner != "" && q.Owner != n.Owner {
			continue
		}
		if len(page.Notes) == q.Limit || size >= note.MaxPageBytes {
			page.More = true
			break
		}
		page.Notes = append(page.Notes, n)
		size += len(n.Title) + len(n.Body)
	}
	return page, nil
}

// Update replaces the note if the stored version is expected.
func (s *Notes) Update(ctx context.Context, n note.Note, expected int64) error {
	return s.change(ctx, n.ID, expected, func(i int) { s.notes[i] = n })
}

// Delete removes the note if the stored version is expected.
func (s *Notes) Delete(ctx context.Context, id string, expected int64) error {
	return s.change(ctx, id, expected, func(i int) { s.notes = slices.Delete(s.notes, i, i+1) })
}

// change calls write with the position of the note if it has the expected version.
func (s *Notes) change(ctx context.Context, id string, expected int64, write func(i int)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.find(id)
	switch {
	case !found:
		return domain.ErrNotFound
	case s.notes[i].Version != expected:
		return domain.ErrVersionMismatch
	}
	write(i)
	return nil
}

// find returns the position of the note with the ID, or where it would be.
func (s *Notes) find(id string) (int, bool) {
	return slices.BinarySearchFunc(s.notes, id, func(n note.Note, id string) int { return strings.Compare(n.ID, id) })
}
