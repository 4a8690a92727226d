package postgres_test

import (
	"context"
	"errors"
	"testing"

	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
)

func TestTransactionOfACallerWhoLeftIsRolledBack(t *testing.T) {
	t.Parallel()
	db := open(t, func(cfg *postgres.Config) { cfg.MaxConnections, cfg.MinIdleConnections = 1, 0 })
	ctx, leave := context.WithCancel(t.Context())
	err := db.InTx(ctx, func(ctx context.Context) error {
		err := db.Notes().Create(ctx, notetest.Note(1))
		leave()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the error of the context", err)
	}
	if exists(t, db.Notes(), 1) {
		t.Error("the note is stored")
	}
}

func TestTransactionNeedsAServer(t *testing.T) {
	t.Parallel()
	db := open(t, nil)
	db.Close(context.Background())
	called := false
	err := db.InTx(t.Context(), func(context.Context) error {
		called = true
		return nil
	})
	if !errors.Is(err, note.ErrUnavailable) || called {
		t.Errorf("got %v and called %t, want %v", err, called, note.ErrUnavailable)
	}
}
