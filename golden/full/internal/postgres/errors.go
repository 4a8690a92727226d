package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/acme/billing-api/internal/domain"
)

// SQLSTATE codes.
const (
	uniqueViolation = "23505"
	readOnly        = "25006"
	undefinedTable  = "42P01"
)

// transient lists the SQLSTATE codes of errors after which a retry can succeed. Two characters mean a whole class.
var transient = []string{
	"08",           // the connection broke
	"28",           // the login failed, as during a rotation of credentials
	"3D",           // the database does not exist yet
	"53",           // out of connections, memory or disk
	"57",           // shutting down, starting, or cancelled by the statement timeout
	"58",           // I/O error of the server
	readOnly,       // a standby, such as a former primary after a failover
	"40001",        // serialization failure
	"40P01",        // deadlock
	"55P03",        // lock timeout
	"0A000",        // a migration changed the type of a column; pgx has dropped the statement
	undefinedTable, // the schema is older than this version
	"42703",        // undefined column: the schema is older than this version
}

// domainError turns an error of the database into one of the domain. The operation becomes part of the message.
func domainError(ctx context.Context, operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return domain.ErrNotFound
	case ctx.Err() != nil:
		return fmt.Errorf("postgres: %s: %w", operation, ctx.Err())
	case sqlState(err) == uniqueViolation:
		return domain.ErrExists
	case !errors.Is(err, domain.ErrUnavailable) && isTransient(err):
		return fmt.Errorf("postgres: %s: %w: %w", operation, domain.ErrUnavailable, err)
	}
	return fmt.Errorf("postgres: %s: %w", operation, err)
}

// isTransient reports whether a retry can succeed. That includes the timeouts of this package.
func isTransient(err error) bool {
	state := sqlState(err)
	return errors.Is(err, context.DeadlineExceeded) ||
		len(state) == 5 && (slices.Contains(transient, state) || slices.Contains(transient, state[:2]))
}

// sqlState returns the SQLSTATE code of an error of the server, or an empty string.
func sqlState(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
