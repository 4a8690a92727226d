package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Session returns a connection of the pool.
func (d *Database) Session(ctx context.Context) (*pgxpool.Conn, error) { return d.acquire(ctx) }
