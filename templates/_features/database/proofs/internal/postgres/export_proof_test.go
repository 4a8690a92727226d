package postgres

import "context"

// CloseConnection closes the connection of the transaction in ctx.
func CloseConnection(ctx context.Context) { _ = transactionOf(ctx).Conn().Close(ctx) }
