package notetest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"git.example.org/shop/orders/v2/internal/note"
)

// NewStore returns a store for tests of what uses one. It does what the
// contract says in the simplest way, and reads everything to list anything.
func NewStore() note.Store { return &store{notes: make(map[string]note.Note)} }

type store struct {
	mu    sync.Mutex
	notes map[string]note.Note
}

func (s *store) Create(ctx context.Context, n note.Note) error {
	return s.locked(ctx, func() error {
		if _, ok := s.notes[n.ID]; ok {
			return note.ErrExists
		}
		s.notes[n.ID] = n
		return nil
	})
}

func (s *store) Get(ctx context.Context, id string) (found note.Note, err error) {
	err = s.locked(ctx, func() error {
		var ok bool
		if found, ok = s.notes[id]; !ok {
			return note.ErrNotFound
		}
		return nil
	})
	return found, err
}

func (s *store) List(ctx context.Context, q note.Query) (page []note.Note, err error) {
	err = s.locked(ctx, func() error {
		for _, id := range slices.Sorted(maps.Keys(s.notes)) {
			n := s.notes[id]
			if len(page) < q.Limit && id > q.After && (q.Owner == "" || q.Owner == n.Owner) {
				page = append(page, n)
			}
		}
		return nil
	})
	return page, err
}

func (s *store) Update(ctx context.Context, n note.Note, expected int64) error {
	return s.change(ctx, n.ID, expected, func() { s.notes[n.ID] = n })
}

func (s *store) Delete(ctx context.Context, id string, expected int64) error {
	return s.change(ctx, id, expected, func() { delete(s.notes, id) })
}

func (s *store) Ping(context.Context) error { return nil }

// change calls f if the note has the expected version.
func (s *store) change(ctx context.Context, id string, expected int64, f func()) error {
	return s.locked(ctx, func() error {
		n, ok := s.notes[id]
		switch {
		case !ok:
			return note.ErrNotFound
		case n.Version != expected:
			return note.ErrVersionMismatch
		}
		f()
		return nil
	})
}

func (s *store) locked(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return f()
}
