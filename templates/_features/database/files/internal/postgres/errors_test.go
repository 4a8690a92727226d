package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"example.com/acme/sample-service/internal/domain"
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
		{"no row", t.Context(), pgx.ErrNoRows, domain.ErrNotFound},
		{"one of the domain", t.Context(), domain.ErrVersionMismatch, domain.ErrVersionMismatch},
		{"unique violation", t.Context(), state("23505"), domain.ErrExists},
		{"connection lost", t.Context(), state("08006"), domain.ErrUnavailable},
		{"wrong password", t.Context(), state("28P01"), domain.ErrUnavailable},
		{"no such database", t.Context(), state("3D000"), domain.ErrUnavailable},
		{"too many connections", t.Context(), state("53300"), domain.ErrUnavailable},
		{"shutting down", t.Context(), state("57P01"), domain.ErrUnavailable},
		{"statement timeout", t.Context(), state("57014"), domain.ErrUnavailable},
		{"own deadline", t.Context(), context.DeadlineExceeded, domain.ErrUnavailable},
		{"read-only after a failover", t.Context(), state("25006"), domain.ErrUnavailable},
		{"deadlock", t.Context(), state("40P01"), domain.ErrUnavailable},
		{"old schema", t.Context(), state("42P01"), domain.ErrUnavailable},
		{"no connection", t.Context(), fmt.Errorf("%w: acquire", domain.ErrUnavailable), domain.ErrUnavailable},
		{"the caller left", left, state("57014"), context.Canceled},
		{"the caller left while waiting", left, fmt.Errorf("%w: acquire", domain.ErrUnavailable), context.Canceled},
		{"check violation", t.Context(), state("23514"), nil},
		{"syntax error", t.Context(), state("42601"), nil},
		{"not of the server", t.Context(), errors.New("cannot scan"), nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got := domainError(c.ctx, "read", c.err)
			var is []error
			for _, known := range []error{domain.ErrNotFound, domain.ErrExists, domain.ErrVersionMismatch, domain.ErrUnavailable, context.Canceled} {
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
