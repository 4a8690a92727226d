package postgres

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5/pgxpool"
)

// LatestVersion is tested with files of its own.
var LatestVersion = latestVersion

// CloseConnection closes the connection of the transaction in ctx.
func (d *Database) CloseConnection(ctx context.Context) { _ = d.transactionOf(ctx).Conn().Close(ctx) }

// Pool returns the pool of connections.
func (d *Database) Pool() *pgxpool.Pool { return d.pool }

// DB returns the sessions.
func (m *Migrator) DB() *sql.DB { return m.db }
