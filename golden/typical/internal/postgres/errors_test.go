package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"git.example.org/shop/orders/v2/internal/note"
)

func TestDomainErrors(t *testing.T) {
	left, leave := context.WithCancel(t.Context())
	leave()
	state := func(code string) error { return fmt.Errorf("query: %w", &pgconn.PgError{Code: code}) }
	for _, c := range []struct {
		rule string
		ctx  context.Context
		err  error
		want error // nil means no error of the domain
	}{
		{"no row", t.Context(), pgx.ErrNoRows, note.ErrNotFound},
		{"one of the domain", t.Context(), note.ErrVersionMismatch, note.ErrVersionMismatch},
		{"unique violation", t.Context(), state("23505"), note.ErrExists},
		{"connection lost", t.Context(), state("08006"), note.ErrUnavailable},
		{"wrong password", t.Context(), state("28P01"), note.ErrUnavailable},
		{"no such database", t.Context(), state("3D000"), note.ErrUnavailable},
		{"too many connections", t.Context(), state("53300"), note.ErrUnavailable},
		{"shutting down", t.Context(), state("57P01"), note.ErrUnavailable},
		{"statement timeout", t.Context(), state("57014"), note.ErrUnavailable},
		{"own deadline", t.Context(), context.DeadlineExceeded, note.ErrUnavailable},
		{"read-only after a failover", t.Context(), state("25006"), note.ErrUnavailable},
		{"deadlock", t.Context(), state("40P01"), note.ErrUnavailable},
		{"old schema", t.Context(), state("42P01"), note.ErrUnavailable},
		{"no connection", t.Context(), fmt.Errorf("%w: acquire", note.ErrUnavailable), note.ErrUnavailable},
		{"the caller left", left, state("57014"), context.Canceled},
		{"the caller left while waiting", left, fmt.Errorf("%w: acquire", note.ErrUnavailable), context.Canceled},
		{"check violation", t.Context(), state("23514"), nil},
		{"syntax error", t.Context(), state("42601"), nil},
		{"not of the server", t.Context(), errors.New("cannot scan"), nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got := domainError(c.ctx, "read", c.err)
			var is []error
			for _, known := range []error{note.ErrNotFound, note.ErrExists, note.ErrVersionMismatch, note.ErrUnavailable, context.Canceled} {
				if errors.Is(got, known) {
					is = append(is, known)
				}
			}
			if c.want == nil && is != nil || c.want != nil && (len(is) != 1 || !errors.Is(is[0], c.want)) {
				t.Errorf("got %v, which is %v, want %v", got, is, c.want)
			}
		})
	}
	if err := domainError(t.Context(), "read", nil); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestBackoffGrowsUntilAnAttemptSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b backoff
		fail := pgx.TraceConnectEndData{Err: errors.New("refused")}
		attempts := 0
		for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(time.Millisecond) {
			if b.allow() != nil {
				continue
			}
			attempts++
			for range 5 { // concurrent attempts count once
				b.TraceConnectEnd(b.TraceConnectStart(t.Context(), pgx.TraceConnectStartData{}), fail)
			}
		}
		// The pauses grow to between 1s and 2s.
		if attempts < 30 || attempts > 70 {
			t.Errorf("got %d attempts in a minute, want about one in 1.5s", attempts)
		}
		time.Sleep(backoffMaximum)
		if err := b.allow(); err != nil {
			t.Fatalf("after the longest pause: got %v", err)
		}
		b.TraceConnectEnd(t.Context(), pgx.TraceConnectEndData{})
		if err := b.allow(); err != nil {
			t.Errorf("after a success: got %v", err)
		}
		b.TraceConnectEnd(t.Context(), fail)
		time.Sleep(backoffMinimum)
		if err := b.allow(); err != nil {
			t.Errorf("after the first failure: got %v, want the shortest pause", err)
		}
	})
}
