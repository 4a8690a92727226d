package postgres_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
)

// TestPagingBehindWriters checks the contract of note.Query: a client that reads pages while others
// write sees every note once that existed at its first page.
func TestPagingBehindWriters(t *testing.T) {
	t.Parallel()
	service := note.NewService(open(t, nil).Notes(), time.Now, note.NewID)
	create := func() string {
		n, err := service.Create(t.Context(), note.Draft{Owner: "ada", Title: "Title"})
		if err != nil {
			t.Error(err)
		}
		return n.ID
	}
	var existing []string
	for range 100 {
		existing = append(existing, create())
	}
	slices.Sort(existing)
	var stop atomic.Bool
	var writers sync.WaitGroup
	for range 6 {
		writers.Go(func() {
			for !stop.Load() {
				create()
			}
		})
	}
	for range 5 {
		var seen []string
		for q, more := (note.Query{Owner: "ada", Limit: 20}), true; more; {
			page, err := service.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range page.Notes {
				seen = append(seen, n.ID)
			}
			q.After, more = seen[len(seen)-1], page.More
		}
		if unique := slices.Compact(slices.Clone(seen)); len(unique) != len(seen) || !slices.IsSorted(seen) {
			t.Error("a note appears twice, or out of order")
		}
		seen = slices.DeleteFunc(seen, func(id string) bool { _, found := slices.BinarySearch(existing, id); return !found })
		if diff := cmp.Diff(existing, seen); diff != "" {
			t.Errorf("notes that existed at the first page differ (-want +got):\n%s", diff)
		}
	}
	stop.Store(true)
	writers.Wait()
}

// TestChangesOfAnyVersionSucceedUnderContention stands for PUT with If-Match: *.
func TestChangesOfAnyVersionSucceedUnderContention(t *testing.T) {
	t.Parallel()
	service := note.NewService(open(t, nil).Notes(), time.Now, note.NewID)
	n, err := service.Create(t.Context(), note.Draft{Owner: "ada", Title: "Title"})
	if err != nil {
		t.Fatal(err)
	}
	const clients, changes = 8, 20
	anyVersion := func(int64) bool { return true }
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for range changes {
				if _, err := service.Update(t.Context(), n.ID, anyVersion, note.Change{Title: "Changed"}); err != nil {
					t.Errorf("got error %v", err)
				}
			}
		})
	}
	running.Wait()
	if got, err := service.Get(t.Context(), n.ID); err != nil || got.Version != 1+clients*changes {
		t.Errorf("got version %d and error %v, want %d", got.Version, err, 1+clients*changes)
	}
	if err := service.Delete(t.Context(), n.ID, func(v int64) bool { return v == 1 }); !errors.Is(err, domain.ErrVersionMismatch) {
		t.Errorf("got error %v, want %v", err, domain.ErrVersionMismatch)
	}
}

// The time zone of the machine is not that of the API. This test runs alone, because it changes a global variable.
func TestTimesAreInUTC(t *testing.T) {
	zone := time.Local
	t.Cleanup(func() { time.Local = zone })
	time.Local = time.FixedZone("elsewhere", 5*60*60)
	store := open(t, nil).Notes()
	if err := store.Create(t.Context(), notetest.Note(1)); err != nil {
		t.Fatal(err)
	}
	got, err := store.Get(t.Context(), notetest.Note(1).ID)
	if err != nil || got.CreatedAt.Location() != time.UTC || got.UpdatedAt.Location() != time.UTC {
		t.Errorf("got %v and %v, %v, want times in UTC", got.CreatedAt, got.UpdatedAt, err)
	}
}
