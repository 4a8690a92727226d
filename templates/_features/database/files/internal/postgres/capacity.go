package postgres

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
)

// capacity compares the connections of all instances with the limit of the server.
type capacity struct {
	needed  int // by all instances together
	allowed int // by the server, for roles without special privileges
}

func (c capacity) fits() bool { return c.needed <= c.allowed }

func (c capacity) String() string {
	if c.fits() {
		return fmt.Sprintf("all instances need %d connections, the server allows %d", c.needed, c.allowed)
	}
	return fmt.Sprintf("all instances need %d connections, but the server allows only %d", c.needed, c.allowed)
}

const queryCapacity = `-- name: ServerConnections :one
SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)::int
FROM pg_settings
WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')`

// capacity asks the server for its limit.
func (c Config) capacity(ctx context.Context, conn *pgx.Conn) (capacity, error) {
	found := capacity{needed: c.MaxConnections * c.MaxInstances}
	if err := conn.QueryRow(ctx, queryCapacity).Scan(&found.allowed); err != nil {
		return found, fmt.Errorf("query pg_settings: %w", err)
	}
	return found, nil
}

// warnIfTooSmall logs a warning if the server has too few connections for all instances. The service works until
// it scales out.
func (d *Database) warnIfTooSmall(ctx context.Context, conn *pgx.Conn) {
	found, err := d.cfg.capacity(ctx, conn)
	switch {
	case err != nil:
		d.log.WarnContext(ctx, "cannot read max_connections; skipped the connection check", slog.Any("error", err))
	case !found.fits():
		d.log.WarnContext(ctx, "the server has too few connections for all instances",
			slog.Int("needed", found.needed), slog.Int("allowed", found.allowed),
			slog.Int("max_connections", d.cfg.MaxConnections), slog.Int("max_instances", d.cfg.MaxInstances))
	}
}
