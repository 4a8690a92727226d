package postgres

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// slowQueries logs queries that take long. Arguments never appear: they are
// what the clients of the service wrote.
type slowQueries struct {
	log       *slog.Logger
	threshold time.Duration // zero logs none
}

type slowQueryKey struct{}

// started is a query under way.
type started struct {
	sql string
	at  time.Time
}

// TraceQueryStart implements pgx.QueryTracer.
func (s slowQueries) TraceQueryStart(ctx context.Context, _ *pgx.Conn, start pgx.TraceQueryStartData) context.Context {
	if s.threshold == 0 {
		return ctx
	}
	return context.WithValue(ctx, slowQueryKey{}, started{start.SQL, time.Now()})
}

// TraceQueryEnd implements pgx.QueryTracer. It is called when the last row has
// been read.
func (s slowQueries) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, end pgx.TraceQueryEndData) {
	query, ok := ctx.Value(slowQueryKey{}).(started)
	if !ok {
		return
	}
	took := time.Since(query.at)
	if took < s.threshold {
		return
	}
	attrs := []slog.Attr{
		slog.String("query", queryName(query.sql)),
		slog.Int64("duration_us", took.Microseconds()),
		slog.Int64("rows", end.CommandTag.RowsAffected()),
	}
	if end.Err != nil {
		attrs = append(attrs, slog.Any("error", end.Err))
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "slow query", attrs...)
}

// queryName returns the name that a query has in its file, which the generated
// code keeps in a comment.
func queryName(sql string) string {
	rest, ok := strings.CutPrefix(sql, "-- name: ")
	if !ok {
		return "unnamed"
	}
	name, _, _ := strings.Cut(rest, " ")
	return name
}
