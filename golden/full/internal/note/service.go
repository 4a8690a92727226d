package note

import (
	"context"
	"errors"
	"time"
)

// attempts bounds how often a change that accepts any version is tried again
// after somebody else was faster.
const attempts = 3

// Service is what the outside calls: it applies the rules and hands valid
// notes to the store.
type Service struct {
	store Store
	now   func() time.Time
	newID func() string
}

// NewService returns a service that keeps its notes in store. A running
// service passes time.Now and NewID.
func NewService(store Store, now func() time.Time, newID func() string) *Service {
	return &Service{store: store, now: now, newID: newID}
}

// Draft is what the creator of a note decides.
type Draft struct {
	Owner string
	Title string
	Body  string
}

// Change is what an update replaces. The owner stays.
type Change struct {
	Title string
	Body  string
}

// Page is one page of a listing. More says that another one follows the last
// of its notes.
type Page struct {
	Notes []Note
	More  bool
}

// Create makes a note of a draft.
func (s *Service) Create(ctx context.Context, d Draft) (Note, error) {
	d.Title, d.Body = normalTitle(d.Title), normalBody(d.Body)
	if err := invalid(checkOwner(d.Owner), checkTitle(d.Title), checkBody(d.Body)); err != nil {
		return Note{}, err
	}
	now := s.time()
	n := Note{
		ID: s.newID(), Owner: d.Owner, Title: d.Title, Body: d.Body,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if err := s.store.Create(ctx, n); err != nil {
		return Note{}, err
	}
	return n, nil
}

// Get returns one note.
func (s *Service) Get(ctx context.Context, id string) (Note, error) {
	if !ValidID(id) {
		return Note{}, ErrNotFound
	}
	return s.store.Get(ctx, id)
}

// List returns one page of notes.
func (s *Service) List(ctx context.Context, q Query) (Page, error) {
	checks := []FieldError{checkLimit(q.Limit)}
	if q.Owner != "" {
		checks = append(checks, checkOwner(q.Owner))
	}
	if q.After != "" && !ValidID(q.After) {
		checks = append(checks, FieldError{"after", "must be the identifier of a note"})
	}
	if err := invalid(checks...); err != nil {
		return Page{}, err
	}
	limit := q.Limit
	q.Limit++ // one more tells whether there is another page
	notes, err := s.store.List(ctx, q)
	if err != nil {
		return Page{}, err
	}
	if len(notes) > limit {
		return Page{Notes: notes[:limit], More: true}, nil
	}
	return Page{Notes: notes}, nil
}

// Update replaces title and body of a note, if accept agrees to replace the
// version that is stored. It returns the note as it is now.
func (s *Service) Update(ctx context.Context, id string, accept func(version int64) bool, c Change) (Note, error) {
	c.Title, c.Body = normalTitle(c.Title), normalBody(c.Body)
	if err := invalid(checkTitle(c.Title), checkBody(c.Body)); err != nil {
		return Note{}, err
	}
	var updated Note
	err := s.replace(ctx, id, accept, func(current Note) error {
		updated = current
		updated.Title, updated.Body = c.Title, c.Body
		updated.Version, updated.UpdatedAt = current.Version+1, s.time()
		return s.store.Update(ctx, updated, current.Version)
	})
	if err != nil {
		return Note{}, err
	}
	return updated, nil
}

// Delete removes a note, if accept agrees to remove the version that is stored.
func (s *Service) Delete(ctx context.Context, id string, accept func(version int64) bool) error {
	return s.replace(ctx, id, accept, func(current Note) error {
		return s.store.Delete(ctx, id, current.Version)
	})
}

// replace calls change with the note as it is stored. When another change gets
// in between, accept is asked again about the new version.
func (s *Service) replace(ctx context.Context, id string, accept func(version int64) bool, change func(current Note) error) error {
	err := ErrVersionMismatch
	for range attempts {
		current, getErr := s.Get(ctx, id)
		if getErr != nil {
			return getErr
		}
		if !accept(current.Version) {
			return ErrVersionMismatch
		}
		if err = change(current); !errors.Is(err, ErrVersionMismatch) {
			return err
		}
	}
	return err
}

// time is in microseconds, the precision that databases keep, so that a note
// reads back exactly as it was created.
func (s *Service) time() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
