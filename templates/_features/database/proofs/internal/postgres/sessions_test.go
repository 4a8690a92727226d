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
