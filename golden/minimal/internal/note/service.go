package note

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/acme/billing-api/internal/domain"
)

// Service applies the rules of the domain to everything that reaches the store.
type Service struct {
	store Store
	now   func() time.Time
	newID func() string
}

// NewService returns a service on top of store. Outside of tests, now is time.Now and newID is NewID.
func NewService(store Store, now func() time.Time, newID func() string) *Service {
	return &Service{store: store, now: now, newID: newID}
}

// Draft is the input of Create.
type Draft struct {
	Owner string
	Title string
	Body  string
}

// Change is the input of Update. The owner does not change.
type Change struct {
	Title string
	Body  string
}

// Create stores a new note.
func (s *Service) Create(ctx context.Context, d Draft) (Note, error) {
	d.Title, d.Body = normalTitle(d.Title), normalBody(d.Body)
	var r rules
	r.owner(d.Owner)
	r.title(d.Title)
	r.body(d.Body)
	if err := r.err(); err != nil {
		return Note{}, err
	}
	// A check that calls another service, such as whether the owner exists, belongs here: before the ID is made, so
	// that IDs follow the order in which notes are stored as closely as possible.
	now := s.timestamp()
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
		return Note{}, domain.ErrNotFound
	}
	return s.store.Get(ctx, id)
}

// List returns one page of notes.
func (s *Service) List(ctx context.Context, q Query) (Page, error) {
	var r rules
	if q.Owner != "" {
		r.owner(q.Owner)
	}
	r.require(q.After == "" || ValidID(q.After), "after", "must be the ID of a note")
	r.require(q.Limit >= 1 && q.Limit <= MaxLimit, "limit", fmt.Sprintf("must be between 1 and %d", MaxLimit))
	if err := r.err(); err != nil {
		return Page{}, err
	}
	return s.store.List(ctx, q)
}

// Update replaces title and body of a note if accept returns true for the stored version. It returns the new note.
func (s *Service) Update(ctx context.Context, id string, accept func(version int64) bool, c Change) (Note, error) {
	c.Title, c.Body = normalTitle(c.Title), normalBody(c.Body)
	var r rules
	r.title(c.Title)
	r.body(c.Body)
	if err := r.err(); err != nil {
		return Note{}, err
	}
	var updated Note
	err := s.change(ctx, id, accept, func(current Note) error {
		updated = current
		updated.Title, updated.Body = c.Title, c.Body
		updated.Version, updated.UpdatedAt = current.Version+1, s.timestamp()
		return s.store.Update(ctx, updated, current.Version)
	})
	if err != nil {
		return Note{}, err
	}
	return updated, nil
}

// Delete removes a note if accept returns true for the stored version.
func (s *Service) Delete(ctx context.Context, id string, accept func(version int64) bool) error {
	return s.change(ctx, id, accept, func(current Note) error {
		return s.store.Delete(ctx, id, current.Version)
	})
}

// pause is the unit of the random pauses between the attempts to change a note that others change too.
const pause = 5 * time.Millisecond

// change calls write with the stored note. If another change comes first, it reads the note again and calls accept with
// the new version. If accept accepts every version, change succeeds eventually. The retries end with the context at the
// latest. Their pauses grow, so that many writers do not keep each other from finishing.
func (s *Service) change(
	ctx context.Context, id string, accept func(version int64) bool, write func(current Note) error,
) error {
	for attempt := 1; ; attempt++ {
		current, err := s.Get(ctx, id)
		if err != nil {
			return err
		}
		if !accept(current.Version) {
			return domain.ErrVersionMismatch
		}
		if err := write(current); !errors.Is(err, domain.ErrVersionMismatch) {
			return err
		}
		select {
		case <-time.After(rand.N(time.Duration(attempt) * pause)): //nolint:gosec // only spreads the attempts
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// timestamp returns the time in microseconds, the precision of databases, so that a note reads back exactly as it was
// created.
func (s *Service) timestamp() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
