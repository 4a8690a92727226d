package note_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"git.example.org/shop/orders/v2/internal/note"
)

const firstID = "note_00000000000000000000000001"

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123_456_789, time.FixedZone("CEST", 7200))

// fakeStore holds one note. A function that is set takes the place of the
// behaviour of the same name.
type fakeStore struct {
	note    note.Note
	updates int
	update  func(n note.Note, expected int64) error
	list    func(q note.Query) ([]note.Note, error)
}

func (f *fakeStore) Create(_ context.Context, n note.Note) error { f.note = n; return nil }

func (f *fakeStore) Get(_ context.Context, id string) (note.Note, error) {
	if id != f.note.ID {
		return note.Note{}, note.ErrNotFound
	}
	return f.note, nil
}

func (f *fakeStore) List(_ context.Context, q note.Query) ([]note.Note, error) { return f.list(q) }

func (f *fakeStore) Update(_ context.Context, n note.Note, expected int64) error {
	f.updates++
	if f.update != nil {
		return f.update(n, expected)
	}
	f.note = n
	return nil
}

func (f *fakeStore) Delete(context.Context, string, int64) error { f.note = note.Note{}; return nil }
func (f *fakeStore) Ping(context.Context) error                  { return nil }

func newService(f *fakeStore) *note.Service {
	return note.NewService(f, func() time.Time { return noon }, func() string { return firstID })
}

func anyVersion(int64) bool { return true }

func only(version int64) func(int64) bool {
	return func(v int64) bool { return v == version }
}

func TestCreateNormalisesAndStampsANote(t *testing.T) {
	var f fakeStore
	got, err := newService(&f).Create(t.Context(), note.Draft{Owner: "ada", Title: "  A title\t", Body: "one\r\ntwo\rthree\n"})
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
	if diff := cmp.Diff(want, f.note); diff != "" {
		t.Errorf("stored note differs (-want +got):\n%s", diff)
	}
}

func TestCreateRefusesEveryBrokenRule(t *testing.T) {
	long := strings.Repeat("ü", note.MaxBody+1)
	for name, c := range map[string]struct {
		draft note.Draft
		want  []note.FieldError
	}{
		"no owner":          {note.Draft{Title: "x"}, []note.FieldError{{Field: "owner", Reason: "must not be empty"}}},
		"owner too long":    {note.Draft{Owner: long[:2*(note.MaxOwner+1)], Title: "x"}, []note.FieldError{{Field: "owner", Reason: "must have at most 128 characters"}}},
		"space in owner":    {note.Draft{Owner: "a b", Title: "x"}, []note.FieldError{{Field: "owner", Reason: "must not contain spaces or control characters"}}},
		"blank title":       {note.Draft{Owner: "a", Title: " \t "}, []note.FieldError{{Field: "title", Reason: "must not be empty"}}},
		"title too long":    {note.Draft{Owner: "a", Title: long[:2*(note.MaxTitle+1)]}, []note.FieldError{{Field: "title", Reason: "must have at most 200 characters"}}},
		"line in title":     {note.Draft{Owner: "a", Title: "x\ny"}, []note.FieldError{{Field: "title", Reason: "must not contain control characters"}}},
		"body too long":     {note.Draft{Owner: "a", Title: "x", Body: long}, []note.FieldError{{Field: "body", Reason: "must have at most 20000 characters"}}},
		"null in body":      {note.Draft{Owner: "a", Title: "x", Body: "\x00"}, []note.FieldError{{Field: "body", Reason: "must not contain control characters"}}},
		"body is not UTF-8": {note.Draft{Owner: "a", Title: "x", Body: "\xff"}, []note.FieldError{{Field: "body", Reason: "must be valid UTF-8"}}},
		"all at once": {note.Draft{Body: "\x1b"}, []note.FieldError{
			{Field: "owner", Reason: "must not be empty"},
			{Field: "title", Reason: "must not be empty"},
			{Field: "body", Reason: "must not contain control characters"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var f fakeStore
			_, err := newService(&f).Create(t.Context(), c.draft)
			var invalid *note.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("got error %v, want an InvalidError", err)
			}
			if diff := cmp.Diff(c.want, invalid.Fields); diff != "" {
				t.Errorf("fields differ (-want +got):\n%s", diff)
			}
			if f.note != (note.Note{}) {
				t.Errorf("an invalid note was stored")
			}
		})
	}
}

func TestLongestValuesAreAccepted(t *testing.T) {
	var f fakeStore
	_, err := newService(&f).Create(t.Context(), note.Draft{
		Owner: strings.Repeat("漢", note.MaxOwner),
		Title: strings.Repeat("漢", note.MaxTitle),
		Body:  strings.Repeat("漢", note.MaxBody),
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUpdateRaisesTheVersionAndKeepsTheRest(t *testing.T) {
	old := note.Note{ID: firstID, Owner: "ada", Title: "Old", Body: "Old", Version: 4, CreatedAt: noon.Add(-time.Hour), UpdatedAt: noon.Add(-time.Hour)}
	f := fakeStore{note: old}
	got, err := newService(&f).Update(t.Context(), firstID, only(4), note.Change{Title: " New "})
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

func TestAVersionThatIsNotAcceptedIsNotTouched(t *testing.T) {
	f := fakeStore{note: note.Note{ID: firstID, Title: "Old", Version: 4}}
	s := newService(&f)
	if _, err := s.Update(t.Context(), firstID, only(3), note.Change{Title: "New"}); !errors.Is(err, note.ErrVersionMismatch) {
		t.Errorf("Update: got error %v, want %v", err, note.ErrVersionMismatch)
	}
	if err := s.Delete(t.Context(), firstID, only(3)); !errors.Is(err, note.ErrVersionMismatch) {
		t.Errorf("Delete: got error %v, want %v", err, note.ErrVersionMismatch)
	}
	if f.updates != 0 || f.note.ID == "" {
		t.Error("the store was changed")
	}
}

func TestAChangeInBetweenIsASecondChanceOnlyForAnyVersion(t *testing.T) {
	for name, c := range map[string]struct {
		accept  func(int64) bool
		want    error
		updates int
	}{
		"one version": {only(4), note.ErrVersionMismatch, 1},
		"any version": {anyVersion, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeStore{note: note.Note{ID: firstID, Title: "Old", Version: 4}}
			f.update = func(n note.Note, expected int64) error {
				if f.updates == 1 {
					f.note.Version = 5 // somebody else was faster
				}
				if expected != f.note.Version {
					return note.ErrVersionMismatch
				}
				f.note = n
				return nil
			}
			_, err := newService(&f).Update(t.Context(), firstID, c.accept, note.Change{Title: "New"})
			if !errors.Is(err, c.want) || f.updates != c.updates {
				t.Errorf("got error %v after %d updates, want %v after %d", err, f.updates, c.want, c.updates)
			}
		})
	}
}

func TestAChangeIsNotTriedForEver(t *testing.T) {
	f := fakeStore{note: note.Note{ID: firstID, Version: 1}}
	f.update = func(note.Note, int64) error { return note.ErrVersionMismatch }
	_, err := newService(&f).Update(t.Context(), firstID, anyVersion, note.Change{Title: "New"})
	if !errors.Is(err, note.ErrVersionMismatch) || f.updates != 3 {
		t.Errorf("got error %v after %d updates, want %v after 3", err, f.updates, note.ErrVersionMismatch)
	}
}

func TestListTellsWhetherThereIsMore(t *testing.T) {
	var f fakeStore
	f.list = func(q note.Query) ([]note.Note, error) { return make([]note.Note, min(q.Limit, 3)), nil }
	for limit, more := range map[int]bool{2: true, 3: false, 4: false} {
		page, err := newService(&f).List(t.Context(), note.Query{Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Notes) != min(limit, 3) || page.More != more {
			t.Errorf("limit %d: got %d notes and more %t, want %d and %t", limit, len(page.Notes), page.More, min(limit, 3), more)
		}
	}
}

func TestListRefusesAQueryThatNoStoreShouldSee(t *testing.T) {
	for name, c := range map[string]struct {
		query note.Query
		field string
	}{
		"no limit":    {note.Query{}, "limit"},
		"large limit": {note.Query{Limit: note.MaxPage + 1}, "limit"},
		"owner":       {note.Query{Limit: 1, Owner: "\x00"}, "owner"},
		"after":       {note.Query{Limit: 1, After: "note_1"}, "after"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newService(&fakeStore{}).List(t.Context(), c.query)
			var invalid *note.InvalidError
			if !errors.As(err, &invalid) || invalid.Fields[0].Field != c.field {
				t.Errorf("got error %v, want one about %s", err, c.field)
			}
		})
	}
}

func TestWhatIsNoIdentifierIsNotFound(t *testing.T) {
	for _, id := range []string{
		"", "note_", "note_1", "user_00000000000000000000000001",
		"note_0000000000000000000000000A", "note_0000000000000000000000000\x00", firstID + "0",
	} {
		if note.ValidID(id) {
			t.Errorf("%q counts as an identifier", id)
		}
		if _, err := newService(&fakeStore{note: note.Note{ID: id}}).Get(t.Context(), id); !errors.Is(err, note.ErrNotFound) {
			t.Errorf("Get(%q): got error %v, want %v", id, err, note.ErrNotFound)
		}
	}
}

func TestNewIdentifiersAreValidAndGrow(t *testing.T) {
	last := ""
	for range 100 {
		id := note.NewID()
		if !note.ValidID(id) || id <= last {
			t.Fatalf("got %q after %q, want a larger identifier", id, last)
		}
		last = id
	}
}
