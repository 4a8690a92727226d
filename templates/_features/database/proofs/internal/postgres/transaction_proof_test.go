package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/domain"
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
	wantCanceled(t, err)
	if exists(t, db.Notes(), 1) {
		t.Error("the note is stored")
	}
}

// A new connection for every transaction that fails would be slow, and would exhaust a server under load.
func TestTransactionThatFailsKeepsItsConnection(t *testing.T) {
	t.Parallel()
	for name, cancelled := range map[string]bool{"error": false, "the caller leaves": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, func(cfg *postgres.Config) { cfg.MaxConnections, cfg.MinIdleConnections = 1, 0 })
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			err := db.InTx(ctx, func(ctx context.Context) error {
				err := db.Notes().Create(ctx, notetest.Note(1))
				if cancelled {
					leave()
				}
				return errors.Join(err, errors.New("failed"))
			})
			if err == nil || exists(t, db.Notes(), 1) {
				t.Errorf("got %v, want an error, and no note", err)
			}
			if got := db.Pool().Stat().NewConnsCount(); got != 1 {
				t.Errorf("got %d connections, want the first one to be used again", got)
			}
		})
	}
}

// The client has left while its request waits for a connection: the service did not fail.
func TestTransactionThatWaitsForAConnectionEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	db := open(t, func(cfg *postgres.Config) { cfg.MaxConnections, cfg.MinIdleConnections = 1, 0 })
	conn, err := db.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, leave)
	wantCanceled(t, db.InTx(ctx, func(context.Context) error { return nil }))
}

// The connection is lost because the statement of a client that left was not cancelled in time.
func TestTransactionWhoseConnectionIsClosedEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	db := open(t, nil)
	ctx, leave := context.WithCancel(t.Context())
	wantCanceled(t, db.InTx(ctx, func(ctx context.Context) error {
		db.CloseConnection(ctx)
		leave()
		return db.Notes().Create(ctx, notetest.Note(1))
	}))
}

func wantCanceled(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, context.Canceled) || errors.Is(err, domain.ErrUnavailable) {
		t.Errorf("got %v, want only the error of the context", err)
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
	if !errors.Is(err, domain.ErrUnavailable) || called {
		t.Errorf("got %v and called %t, want %v", err, called, domain.ErrUnavailable)
	}
}

func TestTransactionBelongsToOneDatabase(t *testing.T) {
	t.Parallel()
	one, other := open(t, nil), open(t, nil)
	err := one.InTx(t.Context(), func(ctx context.Context) error {
		return errors.Join(other.Notes().Create(ctx, notetest.Note(1)), other.InTx(ctx, func(ctx context.Context) error {
			return other.Notes().Create(ctx, notetest.Note(2))
		}))
	})
	if err != nil {
		t.Fatal(err)
	}
	for number := 1; number <= 2; number++ {
		if exists(t, one.Notes(), number) || !exists(t, other.Notes(), number) {
			t.Errorf("note %d is in the wrong database", number)
		}
	}
}
