package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"git.example.org/shop/orders/v2/internal/postgres/query"
)

// transactionKey is the key of a transaction of one database in a context.
type transactionKey struct{ db *Database }

// InTx calls f with a context that carries a transaction. Stores of this database that get this context run their
// statements in the transaction. InTx commits if f returns nil, and rolls back if f returns an error or panics. A call
// within a transaction joins it.
//
// f must not start goroutines that use the context: a transaction runs one statement at a time.
func (d *Database) InTx(ctx context.Context, f func(context.Context) error) error {
	if d.transactionOf(ctx) != nil {
		return f(ctx)
	}
	return d.withConn(ctx, func(conn *pgx.Conn) error {
		tx, err := d.begin(ctx, conn)
		if err != nil {
			return domainError(ctx, "begin", err)
		}
		defer d.rollback(ctx, tx)
		if err := f(context.WithValue(ctx, transactionKey{d}, tx)); err != nil {
			return err
		}
		limited, cancel := d.limit(ctx)
		defer cancel()
		return domainError(ctx, "commit", tx.Commit(limited))
	})
}

func (d *Database) begin(ctx context.Context, conn *pgx.Conn) (pgx.Tx, error) {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	return conn.Begin(ctx)
}

// rollback ends a transaction that was not committed, even if its caller has left.
func (d *Database) rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTime)
	defer cancel()
	_ = tx.Rollback(ctx) // fails after the commit, and if the connection is lost, which rolls back as well
}

func (d *Database) transactionOf(ctx context.Context) pgx.Tx {
	tx, _ := ctx.Value(transactionKey{d}).(pgx.Tx)
	return tx
}

// execute calls f with the queries. They run in the transaction of ctx, if it has one.
func (d *Database) execute(ctx context.Context, f func(context.Context, *query.Queries) error) error {
	limited := func(db query.DBTX) error {
		ctx, cancel := d.limit(ctx)
		defer cancel()
		return f(ctx, query.New(db))
	}
	if tx := d.transactionOf(ctx); tx != nil {
		return limited(tx)
	}
	return d.withConn(ctx, func(conn *pgx.Conn) error { return limited(conn) })
}
