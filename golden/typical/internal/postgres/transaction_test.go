package postgres_test

import (
	"context"
	"errors"
	"testing"

	"git.example.org/shop/orders/v2/internal/domain"
	"git.example.org/shop/orders/v2/internal/note"
	"git.example.org/shop/orders/v2/internal/note/notetest"
	"git.example.org/shop/orders/v2/internal/postgres"
)

// exists reports whether a note is stored.
func exists(t *testing.T, store note.Store, n int) bool {
	t.Helper()
	_, err := store.Get(t.Context(), notetest.Note(n).ID)
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestTransactionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	failure := errors.New("failed")
	for _, tt := range []struct {
		name   string
		end    func() error // how the function of the transaction ends
		stored bool
	}{
		{"success", func() error { return nil }, true},
		{"error", func() error { return failure }, false},
		{"panic", func() error { panic(failure) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, func(cfg *postgres.Config) { cfg.MaxConnections, cfg.MinIdleConnections = 1, 0 })
			store, other := db.Notes(), db.Notes()
			var recovered any
			err := func() error {
				defer func() { recovered = recover() }()
				return db.InTx(t.Context(), func(ctx context.Context) error {
					if err := store.Create(ctx, notetest.Note(1)); err != nil {
						t.Error(err)
					}
					// A second store, in a transaction of its own, takes part.
					err := db.InTx(ctx, func(ctx context.Context) error { return other.Create(ctx, notetest.Note(2)) })
					if err != nil {
						t.Error(err)
					}
					return tt.end()
				})
			}()
			if tt.name == "error" && !errors.Is(err, failure) || tt.name == "panic" && recovered != failure || tt.name == "success" && err != nil { //nolint:errorlint // recovered is no error
				t.Errorf("got %v and panic %v", err, recovered)
			}
			for n := 1; n <= 2; n++ {
				if got := exists(t, store, n); got != tt.stored {
					t.Errorf("note %d: got stored %t, want %t", n, got, tt.stored)
				}
			}
		})
	}
}
