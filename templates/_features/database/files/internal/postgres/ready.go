package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/acme/sample-service/internal/health"
)

// readyTime limits how long the readiness check waits for a connection and an answer.
const readyTime = time.Second

const queryReady = `-- name: Ready :one
SELECT coalesce(max(version_id), 0), current_setting('transaction_read_only')::bool
FROM goose_db_version WHERE is_applied`

// Ready is the readiness check: the server answers and accepts writes, and its schema is at least as new as this version
// needs. It uses the pool. If the check gets no connection or no answer in time, but the server answered a statement
// recently, the check passes as degraded: the server is slow, or every connection is in use.
func (d *Database) Ready(ctx context.Context) error {
	limit := readyTime
	if deadline, ok := ctx.Deadline(); ok { // leave time for the result of this check
		limit = min(limit, time.Until(deadline)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var applied int64
	var standby bool
	err := d.withConn(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, queryReady).Scan(&applied, &standby)
	})
	if sqlState(err) == undefinedTable {
		err = nil // nothing was ever migrated
	}
	switch {
	case err != nil && (sqlState(err) == "" || isTransient(err)) && d.recentlyAnswered():
		return health.Degraded("this check got no answer, but the database answered others recently", err)
	case err != nil:
		return fmt.Errorf("postgres: ready: %w", err)
	case standby:
		d.pool.Reset() // new connections may lead to the new primary
		return health.Reason("the database accepts no writes", errors.New("postgres: ready: the server is read-only"))
	}
	if applied < d.needed {
		return health.Reason("the schema of the database is older than this build needs; run migrate up",
			fmt.Errorf("postgres: ready: the schema has version %d, but this build needs %d", applied, d.needed))
	}
	return nil
}
