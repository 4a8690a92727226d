package postgres

import (
	"context"
	"fmt"

	"example.com/acme/sample-service/internal/health"
)

// Ready is the readiness check: the server answers, and its schema is at least
// as new as this version of the service needs. A newer one is accepted, so that
// a rollout, which migrates first, disturbs nobody. A pool that is exhausted
// shows as degraded: the service answers, only late.
func (d *Database) Ready(ctx context.Context) error {
	applied, err := schemaVersion(ctx, d.probe)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	needed, err := neededVersion()
	if err != nil {
		return err
	}
	if applied < needed {
		return health.Reason("the schema of the database is older than this version needs: migrate up",
			fmt.Errorf("postgres: schema has version %d, %d is needed", applied, needed))
	}
	if stat := d.pool.Stat(); d.waiting.Load() > 0 && stat.AcquiredConns() >= stat.MaxConns() {
		return health.Degraded("every connection to the database is in use, and requests wait for one")
	}
	return nil
}
