package postgres

import "github.com/jackc/pgx/v5/pgxpool"

// Pool returns the pool of connections.
func (d *Database) Pool() *pgxpool.Pool { return d.pool }
