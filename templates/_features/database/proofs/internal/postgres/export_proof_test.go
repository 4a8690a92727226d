package postgres

import (
	"context"
	"database/sql"
)

// LatestVersion is tested with files of its own.
var LatestVersion = latestVersion

// CloseConnection closes the connection of the transaction in ctx.
func (d *Database) CloseConnection(ctx context.Context) { _ = d.transactionOf(ctx).Conn().Close(ctx) }

// DB returns the sessions.
func (m *Migrator) DB() *sql.DB { return m.db }
