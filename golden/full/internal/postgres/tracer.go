package postgres

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"go.opentelemetry.io/otel/metric"
)

// spanFilter drops the spans and metrics for prepare: those of the query cover it.
type spanFilter interface {
	pgx.QueryTracer
	pgx.BatchTracer
	pgx.CopyFromTracer
	pgx.ConnectTracer
}

// tracer returns a tracer that measures queries, logs slow ones, and reports attempts to connect to the backoff. It
// makes spans, named like the queries, if the global tracer provider records them.
func (d *Database) tracer(meters metric.MeterProvider) pgx.QueryTracer {
	t := multitracer.New(
		slowQueryTracer{d.log, d.cfg.SlowQuery},
		struct{ spanFilter }{otelpgx.NewTracer(
			otelpgx.WithMeterProvider(meters),
			otelpgx.WithMetricOperationName(operationName),
			otelpgx.WithSpanNameCtxFunc(operationName),
		)},
	)
	t.ConnectTracers = append(t.ConnectTracers, &d.backoff)
	return t
}

// operationName returns the name of a query, or the SQL command of a statement that has no name.
func operationName(ctx context.Context, sql string) string {
	if name := queryName(sql); name != "" {
		return name
	}
	return otelpgx.SQLOperationName(ctx, sql)
}

// queryName returns the name that a query has in its file. The generated code keeps it in a comment.
func queryName(sql string) string {
	rest, ok := strings.CutPrefix(sql, "-- name: ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, " ")
	return name
}

// slowQueryTracer logs queries that take threshold or longer, without their arguments, which can hold personal data.
type slowQueryTracer struct {
	log       *slog.Logger
	threshold time.Duration // zero logs none
}

type slowQueryKey struct{}

// startedQuery is a query that has not ended.
type startedQuery struct {
	sql string
	at  time.Time
}

// TraceQueryStart implements pgx.QueryTracer.
func (t slowQueryTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, start pgx.TraceQueryStartData) context.Context {
	if t.threshold == 0 {
		return ctx
	}
	return context.WithValue(ctx, slowQueryKey{}, startedQuery{start.SQL, time.Now()})
}

// TraceQueryEnd implements pgx.QueryTracer. pgx calls it after the last row has been read.
func (t slowQueryTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, end pgx.TraceQueryEndData) {
	query, ok := ctx.Value(slowQueryKey{}).(startedQuery)
	took := time.Since(query.at)
	if !ok || took < t.threshold {
		return
	}
	attrs := []slog.Attr{
		slog.String("query_name", operationName(ctx, query.sql)),
		slog.Int64("duration_us", took.Microseconds()),
		slog.Int64("rows", end.CommandTag.RowsAffected()),
	}
	if end.Err != nil {
		attrs = append(attrs, slog.Any("error", end.Err))
	}
	t.log.LogAttrs(ctx, slog.LevelWarn, "slow query", attrs...)
}
