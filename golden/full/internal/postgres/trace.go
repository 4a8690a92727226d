package postgres

import (
	"context"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/metric/noop"
)

// spans is what is traced. A statement that is prepared, and a connection that is
// waited for, are told by the span of the query and by the metrics of the pool.
type spans interface {
	pgx.QueryTracer
	pgx.BatchTracer
	pgx.CopyFromTracer
	pgx.ConnectTracer
}

// spansOfQueries returns a tracer that makes a span of each query within a trace.
// It has the name of the query, and its text, in which arguments have numbers for
// their values.
func spansOfQueries() pgx.QueryTracer {
	return struct{ spans }{otelpgx.NewTracer(
		otelpgx.WithSpanNameCtxFunc(spanName),
		otelpgx.WithMeterProvider(noop.NewMeterProvider()), // calls are timed by their spans
	)}
}

// spanName returns the name of a query, or what a statement without one does.
func spanName(ctx context.Context, sql string) string {
	if name := queryName(sql); name != "unnamed" {
		return name
	}
	return otelpgx.SQLOperationName(ctx, sql)
}
