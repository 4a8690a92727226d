package note_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/memory"
	"example.com/acme/sample-service/internal/note"
)

const firstID = "note_00000000000000000000000001"

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123_456_789, time.FixedZone("CEST", 7200))

func newService(s note.Store) *note.Service {
	return note.NewService(s, func() time.Time { return noon }, func() string { return firstID })
}

// storeWith returns a store that has one note.
func storeWith(t *testing.T, n note.Note) *memory.Notes {
	t.Helper()
	s := memory.Open()
	if err := s.Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return s
}

func anyVersion(int64) bool { return true }

func only(version int64) func(int64) bool {
	return func(v int64) bool { return v == version }
}

func TestCreateNormalizesAndStoresANote(t *testing.T) {
	s := memory.Open()
	got, err := newService(s).Create(t.Context(), note.Draft{Owner: "ada", Title: "  A title\t", Body: "one\r\ntwo\rthree\n"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 4, 10, 0, 0, 123_456_000, time.UTC)
	want := note.Note{
		ID: firstID, Owner: "ada", Title: "A title", Body: "one\ntwo\nthree\n",
		Version: 1, CreatedAt: at, UpdatedAt: at,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("note differs (-want +got):\n%s", diff)
	}
	stored, err := s.Get(t.Context(), firstID)
	if diff := cmp.Diff(want, stored); err != nil || diff != "" {
		t.Errorf("got error %v, stored note differs (-want +got):\n%s", err, diff)
	}
}

func TestCreateRefusesInvalidNotes(t *testing.T) {
	long := strings.Repeat("ü", note.MaxBody+1)
	for name, c := range map[string]struct {
		owner, title, body string
		want               string
	}{
		"no owner":            {"", "x", "", "owner must not be empty"},
		"long owner":          {long[:2*(note.MaxOwner+1)], "x", "", "owner must have at most 128 characters"},
		"space in owner":      {"a b", "x", "", "owner must not contain spaces or invisible characters"},
		"U+200B in owner":     {"a\u200bb", "x", "", "owner must not contain spaces or invisible characters"},
		"blank title":         {"a", " \t ", "", "title must not be empty"},
		"long title":          {"a", long[:2*(note.MaxTitle+1)], "", "title must have at most 200 characters"},
		"line break in title": {"a", "x\ny", "", "title must not contain line breaks or control characters"},
		"U+0085 in title":     {"a", "x\u0085y", "", "title must not contain line breaks or control characters"},
		"U+2028 in title":     {"a", "x\u2028y", "", "title must not contain line breaks or control characters"},
		"U+2029 in title":     {"a", "x\u2029y", "", "title must not contain line breaks or control characters"},
		"long body":           {"a", "x", long, "body must have at most 20000 characters"},
		"NUL in body":         {"a", "x", "\x00", "body must not contain control characters"},
		"body not in UTF-8":   {"a", "x", "\xff", "body must be valid UTF-8"},
		"several": {"", "", "\x1b", "owner must not be empty, title must not be empty, " +
			"body must not contain control characters"},
	} {
		t.Run(name, func(t *testing.T) {
			s := memory.Open()
			_, err := newService(s).Create(t.Context(), note.Draft{Owner: c.owner, Title: c.title, Body: c.body})
			var invalid *note.InvalidError
			if !errors.As(err, &invalid) || err.Error() != "note: "+c.want {
				t.Fatalf("got error %v, want %s", err, c.want)
			}
			if page, err := s.List(t.Context(), note.Query{Limit: 1}); err != nil || len(page.Notes) > 0 {
				t.Errorf("got %d stored notes and error %v, want none", len(page.Notes), err)
			}
		})
	}
}

func TestLongestValuesAreAccepted(t *testing.T) {
	_, err := newService(memory.Open()).Create(t.Context(), note.Draft{
		Owner: strings.Repeat("漢", note.MaxOwner),
		Title: "  " + strings.Repeat("漢", note.MaxTitle) + "  ",
		Body:  strings.Repeat("漢", note.MaxBody),
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUpdateIncrementsTheVersion(t *testing.T) {
	earlier := noon.Add(-time.Hour)
	old := note.Note{ID: firstID, Owner: "ada", Title: "Old", Body: "Old", Version: 4, CreatedAt: earlier, UpdatedAt: earlier}
	got, err := newService(storeWith(t, old)).Update(t.Context(), firstID, only(4), note.Change{Title: " New "})
	if err != nil {
		t.Fatal(err)
	}
	want := old
	want.Title, want.Body, want.Version = "New", "", 5
	want.UpdatedAt = noon.UTC().Truncate(time.Microsecond)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("note differs (-want +got):\n%s", diff)
	}
}

func TestAVersionThatIsNotAcceptedStays(t *testing.T) {
	old := note.Note{ID: firstID, Title: "Old", Version: 4}
	store := storeWith(t, old)
	s := newService(store)
	_, err := s.Update(t.Context(), firstID, only(3), note.Change{Title: "New"})
	if !errors.Is(err, domain.ErrVersionMismatch) {
		t.Errorf("Update: got error %v, want %v", err, domain.ErrVersionMismatch)
	}
	if err := s.Delete(t.Context(), firstID, only(3)); !errors.Is(err, domain.ErrVersionMismatch) {
		t.Errorf("Delete: got error %v, want %v", err, domain.ErrVersionMismatch)
	}
	if got, err := store.Get(t.Context(), firstID); err != nil || got != old {
		t.Errorf("got %+v and error %v, want the note unchanged", got, err)
	}
}

// contended is a store in which another client changes the note before each of the first updates.
type contended struct {
	note.Store
	changes int
}

func (c *contended) Update(ctx context.Context, n note.Note, expected int64) error {
	if c.changes > 0 {
		c.changes--
		other := n
		other.Title = "Other"
		if err := c.Store.Update(ctx, other, expected); err != nil {
			return err
		}
	}
	return c.Store.Update(ctx, n, expected)
}

func TestUpdateUnderContention(t *testing.T) {
	for name, c := range map[string]struct {
		accept func(int64) bool
		want   error
	}{
		"one version": {only(4), domain.ErrVersionMismatch},
		"any version": {anyVersion, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := &contended{Store: storeWith(t, note.Note{ID: firstID, Title: "Old", Version: 4}), changes: 50}
			if _, err := newService(s).Update(t.Context(), firstID, c.accept, note.Change{Title: "New"}); !errors.Is(err, c.want) {
				t.Errorf("got error %v, want %v", err, c.want)
			}
		})
	}
}

func TestListRefusesInvalidQueries(t *testing.T) {
	for name, c := range map[string]struct {
		query note.Query
		field string
	}{
		"no limit":    {note.Query{}, "limit"},
		"large limit": {note.Query{Limit: note.MaxLimit + 1}, "limit"},
		"owner":       {note.Query{Limit: 1, Owner: "\x00"}, "owner"},
		"after":       {note.Query{Limit: 1, After: "note_1"}, "after"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newService(memory.Open()).List(t.Context(), c.query)
			var invalid *note.InvalidError
			if !errors.As(err, &invalid) || invalid.Fields[0].Field != c.field {
				t.Errorf("got error %v, want one about %s", err, c.field)
			}
		})
	}
}

func TestAnInvalidIDIsNotFound(t *testing.T) {
	// The store is nil: it must not be called.
	s := note.NewService(nil, time.Now, note.NewID)
	for _, id := range []string{"", "note_", "user_00000000000000000000000001", firstID + "\x00", "note_'; DROP TABLE notes"} {
		if _, err := s.Get(t.Context(), id); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("%q: got error %v, want %v", id, err, domain.ErrNotFound)
		}
	}
}
