package postgres

import "context"

// LatestVersion is tested with files of its own.
var LatestVersion = latestVersion

// CloseConnection closes the connection of the transaction in ctx.
func CloseConnection(ctx context.Context) { _ = transactionOf(ctx).Conn().Close(ctx) }
