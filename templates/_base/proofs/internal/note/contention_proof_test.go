package note_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/acme/sample-service/internal/memory"
	"example.com/acme/sample-service/internal/note"
)

// slow is a store whose calls take a millisecond.
type slow struct {
	note.Store
	updates atomic.Int64
}

func (s *slow) Get(ctx context.Context, id string) (note.Note, error) {
	time.Sleep(time.Millisecond)
	return s.Store.Get(ctx, id)
}

func (s *slow) Update(ctx context.Context, n note.Note, expected int64) error {
	s.updates.Add(1)
	time.Sleep(time.Millisecond)
	return s.Store.Update(ctx, n, expected)
}

// Without pauses, every writer tries again whenever another one succeeds: 40 writers would make 820 attempts.
func TestWritersDoNotKeepEachOtherFromFinishing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slow{Store: memory.Open()}
		service := note.NewService(store, time.Now, note.NewID)
		n, err := service.Create(t.Context(), note.Draft{Owner: "ada", Title: "Shared"})
		if err != nil {
			t.Fatal(err)
		}
		const writers = 40
		var running sync.WaitGroup
		for range writers {
			running.Go(func() {
				if _, err := service.Update(t.Context(), n.ID, func(int64) bool { return true }, note.Change{Title: "Changed"}); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if got := store.updates.Load(); got > 10*writers {
			t.Errorf("%d writers made %d attempts", writers, got)
		}
	})
}
