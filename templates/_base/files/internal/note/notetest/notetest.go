// Package notetest is the contract of note.Store as a test. The tests of every store call Run.
package notetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
)

// Run tests a store. open returns an empty store and registers its cleanup with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) note.Store) {
	for name, test := range map[string]func(t *testing.T, s note.Store){
		"create and get":       createAndGet,
		"not found":            notFound,
		"update":               update,
		"delete":               remove,
		"list in order":        listOrder,
		"list by owner":        listOwner,
		"page of limited size": listBytes,
		"concurrent updates":   concurrentUpdates,
		"concurrent creates":   concurrentCreates,
		"canceled context":     canceled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Note returns a valid note. Notes sort by number.
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
	create(t, s, Note(1))
	wantNote(t, s, Note(1))
	second := Note(1)
	second.Title = "Another"
	wantErr(t, "second Create", s.Create(t.Context(), second), domain.ErrExists)
	wantNote(t, s, Note(1))
	list(t, s, note.Query{Limit: 1}).Notes[0].Title = "Changed outside of the store"
	wantNote(t, s, Note(1))
}

func notFound(t *testing.T, s note.Store) {
	ctx, n := t.Context(), Note(1)
	_, err := s.Get(ctx, n.ID)
	wantErr(t, "Get", err, domain.ErrNotFound)
	wantErr(t, "Update", s.Update(ctx, n, 1), domain.ErrNotFound)
	wantErr(t, "Delete", s.Delete(ctx, n.ID, 1), domain.ErrNotFound)
	wantPage(t, s, note.Query{Limit: 10}, false)
}

func update(t *testing.T, s note.Store) {
	create(t, s, Note(1))
	n := Note(1)
	n.Owner, n.Title, n.Body, n.Version, n.UpdatedAt = "grace", "Changed", "", 2, n.UpdatedAt.Add(time.Hour)
	wantErr(t, "Update of another version", s.Update(t.Context(), n, 2), domain.ErrVersionMismatch)
	wantNote(t, s, Note(1))
	wantErr(t, "Update", s.Update(t.Context(), n, 1), nil)
	wantNote(t, s, n)
	wantPage(t, s, note.Query{Owner: "ada", Limit: 10}, false)
	wantPage(t, s, note.Query{Owner: "grace", Limit: 10}, false, n.ID)
}

func remove(t *testing.T, s note.Store) {
	n, other := Note(1), Note(2)
	create(t, s, n, other)
	wantErr(t, "Delete of another version", s.Delete(t.Context(), n.ID, 2), domain.ErrVersionMismatch)
	wantNote(t, s, n)
	wantErr(t, "Delete", s.Delete(t.Context(), n.ID, 1), nil)
	wantErr(t, "second Delete", s.Delete(t.Context(), n.ID, 1), domain.ErrNotFound)
	wantPage(t, s, note.Query{Limit: 10}, false, other.ID)
	wantPage(t, s, note.Query{Limit: 10, After: n.ID}, false, other.ID)
}

func listOrder(t *testing.T, s note.Store) {
	letter := Note(5)
	letter.ID = "note_0000000000000000000000000a" // sorts after digits, whatever the locale
	create(t, s, letter, Note(3), Note(1), Note(4), Note(2))
	ids := []string{Note(1).ID, Note(2).ID, Note(3).ID, Note(4).ID, letter.ID}
	wantPage(t, s, note.Query{Limit: 10}, false, ids...)
	wantPage(t, s, note.Query{Limit: 2}, true, ids[:2]...)
	wantPage(t, s, note.Query{Limit: 3, After: ids[1]}, false, ids[2:]...)
	wantPage(t, s, note.Query{Limit: 2, After: ids[4]}, false)
}

func listOwner(t *testing.T, s note.Store) {
	other := Note(2)
	other.Owner = "grace"
	create(t, s, Note(1), other, Note(3))
	wantPage(t, s, note.Query{Owner: "ada", Limit: 1}, true, Note(1).ID)
	wantPage(t, s, note.Query{Owner: "ada", After: Note(1).ID, Limit: 1}, false, Note(3).ID)
	wantPage(t, s, note.Query{Owner: "ADA", Limit: 10}, false)
	if diff := cmp.Diff([]note.Note{other}, list(t, s, note.Query{Owner: "grace", Limit: 10}).Notes); diff != "" {
		t.Errorf("notes of grace differ (-want +got):\n%s", diff)
	}
}

func listBytes(t *testing.T, s note.Store) {
	for i := range 15 {
		n := Note(i)
		n.Title, n.Body = "1234567890", strings.Repeat("漢", note.MaxPageBytes/10/3)
		create(t, s, n)
	}
	first := list(t, s, note.Query{Limit: 100})
	if len(first.Notes) != 10 || !first.More {
		t.Fatalf("got %d notes and more %t, want the 10 that reach the limit, and more", len(first.Notes), first.More)
	}
	second := list(t, s, note.Query{Limit: 100, After: first.Notes[9].ID})
	if len(second.Notes) != 5 || second.More {
		t.Errorf("got %d notes and more %t, want the other 5", len(second.Notes), second.More)
	}
}

func concurrentUpdates(t *testing.T, s note.Store) {
	create(t, s, Note(1))
	winner := wantOneWinner(t, domain.ErrVersionMismatch, func(i int) error {
		n := Note(1)
		n.Title, n.Version = fmt.Sprintf("By %d", i), 2
		return s.Update(t.Context(), n, 1)
	})
	want := Note(1)
	want.Title, want.Version = fmt.Sprintf("By %d", winner), 2
	wantNote(t, s, want)
}

func concurrentCreates(t *testing.T, s note.Store) {
	wantOneWinner(t, domain.ErrExists, func(int) error { return s.Create(t.Context(), Note(1)) })
	wantPage(t, s, note.Query{Limit: 10}, false, Note(1).ID)
}

func canceled(t *testing.T, s note.Store) {
	create(t, s, Note(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, getErr := s.Get(ctx, Note(1).ID)
	_, listErr := s.List(ctx, note.Query{Limit: 1})
	wantErr(t, "Get", getErr, context.Canceled)
	wantErr(t, "List", listErr, context.Canceled)
	wantErr(t, "Create", s.Create(ctx, Note(2)), context.Canceled)
	wantErr(t, "Update", s.Update(ctx, Note(1), 1), context.Canceled)
	wantErr(t, "Delete", s.Delete(ctx, Note(1).ID, 1), context.Canceled)
	wantPage(t, s, note.Query{Limit: 10}, false, Note(1).ID)
}

// wantOneWinner makes calls from several goroutines at the same time. It returns the number of the
// only one that succeeds.
func wantOneWinner(t *testing.T, loser error, call func(i int) error) int {
	t.Helper()
	errs := make([]error, 8)
	start := make(chan struct{})
	var running sync.WaitGroup
	for i := range errs {
		running.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	running.Wait()
	winner := slices.Index(errs, nil)
	for i, err := range errs {
		if i != winner && !errors.Is(err, loser) {
			t.Errorf("call %d: got error %v, want %v, or success of one call", i, err, loser)
		}
	}
	return winner
}

func create(t *testing.T, s note.Store, notes ...note.Note) {
	t.Helper()
	for _, n := range notes {
		wantErr(t, "Create", s.Create(t.Context(), n), nil)
	}
}

func list(t *testing.T, s note.Store, q note.Query) note.Page {
	t.Helper()
	page, err := s.List(t.Context(), q)
	wantErr(t, "List", err, nil)
	return page
}

func idsOf(page note.Page) []string {
	var ids []string
	for _, n := range page.Notes {
		ids = append(ids, n.ID)
	}
	return ids
}

func wantPage(t *testing.T, s note.Store, q note.Query, more bool, ids ...string) {
	t.Helper()
	page := list(t, s, q)
	if got := idsOf(page); !slices.Equal(got, ids) || page.More != more {
		t.Errorf("%+v: got notes %q and more %t, want %q and %t", q, got, page.More, ids, more)
	}
}

func wantNote(t *testing.T, s note.Store, want note.Note) {
	t.Helper()
	got, err := s.Get(t.Context(), want.ID)
	wantErr(t, "Get", err, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("note differs (-want +got):\n%s", diff)
	}
}

func wantErr(t *testing.T, call string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", call, got, want)
	}
}
