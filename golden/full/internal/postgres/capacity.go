package postgres

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
)

// Capacity compares the connections of all instances with those of the server.
type Capacity struct {
	Needed  int // by every instance at the highest scale
	Allowed int // by the server to users that are not privileged
}

// Fits reports whether every instance gets its connections.
func (c Capacity) Fits() bool { return c.Needed <= c.Allowed }

// String says it in a sentence.
func (c Capacity) String() string {
	verb := "fit"
	if !c.Fits() {
		verb = "do not fit"
	}
	return fmt.Sprintf("%d connections of all instances %s the %d of the server", c.Needed, verb, c.Allowed)
}

const queryCapacity = `-- name: ServerConnections :one
SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)::int
FROM pg_settings
WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')`

// capacity asks the server.
func (c Config) capacity(ctx context.Context, conn *pgx.Conn) (Capacity, error) {
	found := Capacity{Needed: (c.MaxConnections + 1) * c.MaxInstances}
	if err := conn.QueryRow(ctx, queryCapacity).Scan(&found.Allowed); err != nil {
		return found, fmt.Errorf("ask for max_connections: %w", err)
	}
	return found, nil
}

// compareSizes warns, once, when the server has not enough connections for all
// instances: they would work until the day when the service scales.
func (d *Database) compareSizes(ctx context.Context, conn *pgx.Conn) error {
	if d.sized.Load() {
		return nil
	}
	found, err := d.cfg.capacity(ctx, conn)
	if err != nil {
		return err
	}
	if !d.sized.Swap(true) && !found.Fits() {
		d.log.WarnContext(ctx, "the server has not enough connections for all instances",
			slog.Int("needed", found.Needed), slog.Int("allowed", found.Allowed),
			slog.Int("max_connections", d.cfg.MaxConnections), slog.Int("max_instances", d.cfg.MaxInstances))
	}
	return nil
}
