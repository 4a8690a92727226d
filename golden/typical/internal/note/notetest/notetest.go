// Package notetest holds the contract that every store of notes meets. A store
// proves it with one line in its own tests, so that stores can be swapped
// without fear.
package notetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"git.example.org/shop/orders/v2/internal/note"
)

// Run checks a store against the contract. open returns an empty store, and
// cleans up behind it with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) note.Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s note.Store)
	}{
		{"a created note reads back as it was", createAndGet},
		{"an identifier is taken once", createTwice},
		{"what is missing is not found", missing},
		{"an update replaces the expected version", update},
		{"an update of another version changes nothing", updateMismatch},
		{"a note can change its owner", updateOwner},
		{"a delete removes the expected version", remove},
		{"a listing is in order of identifiers", listOrder},
		{"a listing can be limited to an owner", listOwner},
		{"a page starts behind an identifier that is gone", listAfterDeleted},
		{"paging shows each note once while notes are added", listWhileInserting},
		{"returned notes are copies", copies},
		{"of concurrent updates exactly one wins", concurrentUpdates},
		{"of concurrent creates exactly one wins", concurrentCreates},
		{"a context that is done stops every call", cancelled},
		{"a store that is open answers a ping", ping},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// Note returns a valid note; a larger number sorts behind a smaller one.
func Note(number int) note.Note {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.UTC).Add(time.Duration(number) * time.Second)
	return note.Note{
		ID:      fmt.Sprintf("note_%026d", number),
		Owner:   "ada",
		Title:   fmt.Sprintf("Note %d", number),
		Body:    "First line.\nSecond line: ' \" \\ % _ ü 漢 🙂\t.",
		Version: 1, CreatedAt: at, UpdatedAt: at,
	}
}

func createAndGet(t *testing.T, s note.Store) {
	want := Note(1)
	mustCreate(t, s, want)
	got, err := s.Get(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	wantSame(t, got, want)
}

func createTwice(t *testing.T, s note.Store) {
	first, second := Note(1), Note(1)
	second.Title = "Another"
	mustCreate(t, s, first)
	wantErr(t, "second Create", s.Create(t.Context(), second), note.ErrExists)
	wantSame(t, mustGet(t, s, first.ID), first)
}

func missing(t *testing.T, s note.Store) {
	ctx, n := t.Context(), Note(1)
	_, err := s.Get(ctx, n.ID)
	wantErr(t, "Get", err, note.ErrNotFound)
	wantErr(t, "Update", s.Update(ctx, n, 1), note.ErrNotFound)
	wantErr(t, "Delete", s.Delete(ctx, n.ID, 1), note.ErrNotFound)
	wantIDs(t, list(t, s, note.Query{Limit: 10}))
}

func update(t *testing.T, s note.Store) {
	n := Note(1)
	mustCreate(t, s, n)
	n.Title, n.Body, n.Version, n.UpdatedAt = "Changed", "", 2, n.UpdatedAt.Add(time.Hour)
	if err := s.Update(t.Context(), n, 1); err != nil {
		t.Fatalf("Update: %v", err)
	}
	wantSame(t, mustGet(t, s, n.ID), n)
	wantIDs(t, list(t, s, note.Query{Limit: 10}), n.ID)
}

func updateMismatch(t *testing.T, s note.Store) {
	n := Note(1)
	mustCreate(t, s, n)
	changed := n
	changed.Title, changed.Version = "Changed", 3
	wantErr(t, "Update", s.Update(t.Context(), changed, 2), note.ErrVersionMismatch)
	wantSame(t, mustGet(t, s, n.ID), n)
}

func updateOwner(t *testing.T, s note.Store) {
	n := Note(1)
	mustCreate(t, s, n)
	n.Owner, n.Version = "grace", 2
	if err := s.Update(t.Context(), n, 1); err != nil {
		t.Fatalf("Update: %v", err)
	}
	wantIDs(t, list(t, s, note.Query{Owner: "ada", Limit: 10}))
	wantIDs(t, list(t, s, note.Query{Owner: "grace", Limit: 10}), n.ID)
}

func remove(t *testing.T, s note.Store) {
	n, other := Note(1), Note(2)
	mustCreate(t, s, n, other)
	wantErr(t, "Delete of another version", s.Delete(t.Context(), n.ID, 2), note.ErrVersionMismatch)
	wantSame(t, mustGet(t, s, n.ID), n)
	if err := s.Delete(t.Context(), n.ID, 1); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	_, err := s.Get(t.Context(), n.ID)
	wantErr(t, "Get after Delete", err, note.ErrNotFound)
	wantErr(t, "second Delete", s.Delete(t.Context(), n.ID, 1), note.ErrNotFound)
	wantIDs(t, list(t, s, note.Query{Limit: 10}), other.ID)
}

func listOrder(t *testing.T, s note.Store) {
	// Digits sort before letters, as bytes do; a collation may see it otherwise.
	letters := Note(5)
	letters.ID = "note_0000000000000000000000000a"
	mustCreate(t, s, letters, Note(3), Note(1), Note(4), Note(2))
	want := []string{Note(1).ID, Note(2).ID, Note(3).ID, Note(4).ID, letters.ID}
	wantIDs(t, list(t, s, note.Query{Limit: 10}), want...)
	wantIDs(t, list(t, s, note.Query{Limit: 2}), want[:2]...)
	wantIDs(t, list(t, s, note.Query{After: want[1], Limit: 2}), want[2:4]...)
	wantIDs(t, list(t, s, note.Query{After: want[4], Limit: 2}))
}

func listOwner(t *testing.T, s note.Store) {
	mine, other, last := Note(1), Note(2), Note(3)
	other.Owner = "grace"
	mustCreate(t, s, mine, other, last)
	wantIDs(t, list(t, s, note.Query{Owner: "ada", Limit: 10}), mine.ID, last.ID)
	wantIDs(t, list(t, s, note.Query{Owner: "ada", After: mine.ID, Limit: 10}), last.ID)
	wantIDs(t, list(t, s, note.Query{Owner: "ADA", Limit: 10}))
	got := list(t, s, note.Query{Owner: "grace", Limit: 10})
	if len(got) != 1 {
		t.Fatalf("got %d notes of grace, want 1", len(got))
	}
	wantSame(t, got[0], other)
}

func listAfterDeleted(t *testing.T, s note.Store) {
	mustCreate(t, s, Note(1), Note(2), Note(3))
	if err := s.Delete(t.Context(), Note(2).ID, 1); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	wantIDs(t, list(t, s, note.Query{After: Note(2).ID, Limit: 10}), Note(3).ID)
}

func listWhileInserting(t *testing.T, s note.Store) {
	const before, pageSize = 9, 2
	var want []string
	for i := range before {
		mustCreate(t, s, Note(i))
		want = append(want, Note(i).ID)
	}
	var seen []string
	after, added := "", before
	for len(seen) <= before+3 { // a store that repeats itself ends here too
		page := list(t, s, note.Query{After: after, Limit: pageSize})
		if len(page) == 0 {
			break
		}
		seen = append(seen, ids(page)...)
		after = seen[len(seen)-1]
		if added < before+3 {
			mustCreate(t, s, Note(added))
			want = append(want, Note(added).ID)
			added++
		}
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("pages differ (-want +got):\n%s", diff)
	}
}

func copies(t *testing.T, s note.Store) {
	n := Note(1)
	mustCreate(t, s, n)
	got := mustGet(t, s, n.ID)
	got.Title = "Changed outside"
	page := list(t, s, note.Query{Limit: 1})
	page[0].Title = "Changed outside"
	wantSame(t, mustGet(t, s, n.ID), n)
	wantSame(t, list(t, s, note.Query{Limit: 1})[0], n)
}

func concurrentUpdates(t *testing.T, s note.Store) {
	n := Note(1)
	mustCreate(t, s, n)
	errs := atOnce(func(i int) error {
		changed := n
		changed.Title, changed.Version = fmt.Sprintf("By %d", i), 2
		return s.Update(t.Context(), changed, 1)
	})
	winner := wantOneWinner(t, errs, note.ErrVersionMismatch)
	got := mustGet(t, s, n.ID)
	if want := fmt.Sprintf("By %d", winner); got.Title != want || got.Version != 2 {
		t.Errorf("got title %q and version %d, want %q and 2", got.Title, got.Version, want)
	}
}

func concurrentCreates(t *testing.T, s note.Store) {
	errs := atOnce(func(int) error { return s.Create(t.Context(), Note(1)) })
	wantOneWinner(t, errs, note.ErrExists)
	wantIDs(t, list(t, s, note.Query{Limit: 10}), Note(1).ID)
}

func cancelled(t *testing.T, s note.Store) {
	n := Note(1)
	mustCreate(t, s, n)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, getErr := s.Get(ctx, n.ID)
	_, listErr := s.List(ctx, note.Query{Limit: 1})
	wantErr(t, "Get", getErr, context.Canceled)
	wantErr(t, "List", listErr, context.Canceled)
	wantErr(t, "Create", s.Create(ctx, Note(2)), context.Canceled)
	wantErr(t, "Update", s.Update(ctx, n, 1), context.Canceled)
	wantErr(t, "Delete", s.Delete(ctx, n.ID, 1), context.Canceled)
	wantIDs(t, list(t, s, note.Query{Limit: 10}), n.ID)
}

func ping(t *testing.T, s note.Store) {
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}

// atOnce calls f from several goroutines that start together.
func atOnce(f func(i int) error) []error {
	errs := make([]error, 8)
	start := make(chan struct{})
	var running sync.WaitGroup
	for i := range errs {
		running.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	running.Wait()
	return errs
}

// wantOneWinner returns the index of the only call without an error.
func wantOneWinner(t *testing.T, errs []error, others error) int {
	t.Helper()
	winners := 0
	for _, err := range errs {
		if err == nil {
			winners++
		} else if !errors.Is(err, others) {
			t.Errorf("a loser got %v, want %v", err, others)
		}
	}
	if winners != 1 {
		t.Fatalf("got %d winners, want 1", winners)
	}
	return slices.Index(errs, nil)
}

func mustCreate(t *testing.T, s note.Store, notes ...note.Note) {
	t.Helper()
	for _, n := range notes {
		if err := s.Create(t.Context(), n); err != nil {
			t.Fatalf("Create: %v", err)
		}
	}
}

func mustGet(t *testing.T, s note.Store, id string) note.Note {
	t.Helper()
	n, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	return n
}

func list(t *testing.T, s note.Store, q note.Query) []note.Note {
	t.Helper()
	notes, err := s.List(t.Context(), q)
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	return notes
}

func ids(notes []note.Note) []string {
	out := make([]string, len(notes))
	for i, n := range notes {
		out[i] = n.ID
	}
	return out
}

func wantIDs(t *testing.T, got []note.Note, want ...string) {
	t.Helper()
	if !slices.Equal(ids(got), want) {
		t.Errorf("got notes %q, want %q", ids(got), want)
	}
}

func wantSame(t *testing.T, got, want note.Note) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("note differs (-want +got):\n%s", diff)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}
