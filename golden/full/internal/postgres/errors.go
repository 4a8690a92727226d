package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/acme/billing-api/internal/note"
)

const uniqueViolation = "23505"

// passing are the states of SQL that say nothing about the statement: the same
// one can work in a while. Two characters stand for a whole class.
var passing = []string{
	"08",    // the connection broke
	"28",    // refused to log in, as while credentials are rotated
	"3D",    // no such database yet
	"53",    // out of connections, memory or disk
	"57",    // shut down, starting, or cancelled by the statement timeout
	"58",    // the disk of the server fails
	"25006", // read-only, as a former primary is
	"40001", // would not have been serializable
	"40P01", // a deadlock, of which this one is the victim
	"55P03", // somebody else has the lock
	"42P01", // no such table: the schema is older than this version
	"42703", // no such column: likewise
}

// domainError turns an error of the database into one of the domain. what says
// what was being done.
func domainError(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return note.ErrNotFound
	case ctx.Err() != nil:
		return fmt.Errorf("postgres: %s: %w", what, ctx.Err())
	case sqlState(err) == uniqueViolation:
		return note.ErrExists
	case !errors.Is(err, note.ErrUnavailable) && passes(err):
		return fmt.Errorf("postgres: %s: %w: %w", what, note.ErrUnavailable, err)
	}
	return fmt.Errorf("postgres: %s: %w", what, err)
}

// passes reports whether the same statement can work in a while. A deadline
// that is not the caller's is one of this package.
func passes(err error) bool {
	state := sqlState(err)
	return errors.Is(err, context.DeadlineExceeded) ||
		len(state) == 5 && (slices.Contains(passing, state) || slices.Contains(passing, state[:2]))
}

func sqlState(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
