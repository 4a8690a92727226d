package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
)

// answers reports whether the store answers.
func answers(ctx context.Context, store note.Store) bool {
	_, err := store.Get(ctx, notetest.Note(1).ID)
	return errors.Is(err, note.ErrNotFound)
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: did not happen within %s", what, patience)
		}
	}
}
