// Package memory keeps notes in the memory of the process. They are gone when
// it ends, and replicas do not share them.
package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/acme/billing-api/internal/note"
)

// Notes is a store of notes. It is safe for concurrent use.
type Notes struct {
	mu   sync.RWMutex
	byID map[string]note.Note

	// Identifiers in order. New ones are nearly always the largest, so they
	// are appended; a page starts with a binary search.
	ids     []string
	byOwner map[string][]string
}

// Open returns an empty store.
func Open() *Notes {
	return &Notes{byID: make(map[string]note.Note), byOwner: make(map[string][]string)}
}

// Ping returns nil: memory is always there.
func (s *Notes) Ping(context.Context) error { return nil }

// Create adds n.
func (s *Notes) Create(ctx context.Context, n note.Note) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.byID[n.ID]; ok {
		return note.ErrExists
	}
	s.byID[n.ID] = n
	s.ids = insert(s.ids, n.ID)
	s.byOwner[n.Owner] = insert(s.byOwner[n.Owner], n.ID)
	return nil
}

// Get returns the note.
func (s *Notes) Get(ctx context.Context, id string) (note.Note, error) {
	if err := ctx.Err(); err != nil {
		return note.Note{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.byID[id]
	if !ok {
		return note.Note{}, note.ErrNotFound
	}
	return n, nil
}

// List returns one page of notes.
func (s *Notes) List(ctx context.Context, q note.Query) ([]note.Note, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids := s.ids
	if q.Owner != "" {
		ids = s.byOwner[q.Owner]
	}
	if q.After != "" {
		i, found := slices.BinarySearch(ids, q.After)
		if found {
			i++
		}
		ids = ids[i:]
	}
	ids = ids[:min(q.Limit, len(ids))]
	notes := make([]note.Note, len(ids))
	for i, id := range ids {
		notes[i] = s.byID[id]
	}
	return notes, nil
}

// Update replaces the note if its version is still expected.
func (s *Notes) Update(ctx context.Context, n note.Note, expected int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	current, err := s.at(n.ID, expected)
	if err != nil {
		return err
	}
	if n.Owner != current.Owner {
		s.disown(current)
		s.byOwner[n.Owner] = insert(s.byOwner[n.Owner], n.ID)
	}
	s.byID[n.ID] = n
	return nil
}

// Delete removes the note if its version is still expected.
func (s *Notes) Delete(ctx context.Context, id string, expected int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	current, err := s.at(id, expected)
	if err != nil {
		return err
	}
	delete(s.byID, id)
	s.ids = remove(s.ids, id)
	s.disown(current)
	return nil
}

// at returns the note if it has the expected version. The lock is held.
func (s *Notes) at(id string, expected int64) (note.Note, error) {
	n, ok := s.byID[id]
	switch {
	case !ok:
		return note.Note{}, note.ErrNotFound
	case n.Version != expected:
		return note.Note{}, note.ErrVersionMismatch
	}
	return n, nil
}

// disown takes the note from the list of its owner, and an owner without notes
// from the map. The lock is held.
func (s *Notes) disown(n note.Note) {
	left := remove(s.byOwner[n.Owner], n.ID)
	if len(left) == 0 {
		delete(s.byOwner, n.Owner)
		return
	}
	s.byOwner[n.Owner] = left
}

func insert(ids []string, id string) []string {
	i, _ := slices.BinarySearch(ids, id)
	return slices.Insert(ids, i, id)
}

func remove(ids []string, id string) []string {
	i, _ := slices.BinarySearch(ids, id)
	return slices.Delete(ids, i, i+1)
}
