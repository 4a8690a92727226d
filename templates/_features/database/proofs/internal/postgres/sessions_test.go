package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
)

func TestStatementsAreNamedOnlyWhereSessionsLast(t *testing.T) {
	t.Parallel()
	for pooler, want := range map[string]bool{"session": true, "transaction": false} {
		t.Run(pooler, func(t *testing.T) {
			t.Parallel()
			db := open(t, func(cfg *postgres.Config) { cfg.Pooler, cfg.MaxConnections, cfg.MinIdleConnections = pooler, 1, 0 })
			store := db.Notes()
			for i := range 3 {
				if err := store.Create(t.Context(), notetest.Note(i)); err != nil {
					t.Fatal(err)
				}
				if _, err := store.List(t.Context(), note.Query{Limit: 10}); err != nil {
					t.Fatal(err)
				}
			}
			session, err := db.Pool().Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer session.Release()
			var named int
			var timeout string
			if err := session.QueryRow(t.Context(), "SELECT count(*), current_setting('statement_timeout') FROM pg_prepared_statements",
				pgx.QueryExecModeSimpleProtocol).Scan(&named, &timeout); err != nil {
				t.Fatal(err)
			}
			if (named > 0) != want {
				t.Errorf("got %d prepared statements, want some: %t", named, want)
			}
			if (timeout != "0") != want {
				t.Errorf("got statement_timeout %s of the session, want one: %t", timeout, want)
			}
		})
	}
}

func TestCallerWhoLeavesCostsNoConnection(t *testing.T) {
	t.Parallel()
	db, release := locked(t, discard, func(cfg *postgres.Config) {
		cfg.MaxConnections, cfg.MinIdleConnections, cfg.StatementTimeout = 1, 0, patience
	})
	process := func() uint32 {
		t.Helper()
		conn, err := db.Pool().Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		return conn.Conn().PgConn().PID()
	}
	before := process()
	ctx, leave := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer leave()
	if _, err := db.Notes().Get(ctx, notetest.Note(1).ID); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, domain.ErrUnavailable) {
		t.Errorf("got %v, want the error of the context", err)
	}
	release()
	if after := process(); after != before {
		t.Errorf("the connection was replaced: process %d is now %d", before, after)
	}
}
