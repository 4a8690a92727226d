package postgres

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
)

const queryStatements = `-- name: SlowStatements :many
SELECT calls, total_exec_time, mean_exec_time, max_exec_time, rows, query
FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
WHERE datname = current_database()
ORDER BY total_exec_time DESC
LIMIT $1`

// SlowStatements writes the statements on which the server has spent most time
// since its statistics were reset, one in a line, the costliest first.
func SlowStatements(ctx context.Context, cfg Config, service string, limit int, out io.Writer) error {
	config, err := cfg.directConfig(service)
	if err != nil {
		return fmt.Errorf("postgres: slow queries: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("postgres: slow queries: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }() // there is nothing left to lose

	rows, err := conn.Query(ctx, queryStatements, limit)
	if err != nil {
		return statementsError(err)
	}
	defer rows.Close()
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprint(table, "calls\ttotal\tmean\tmax\trows\t query\n") // Flush tells
	for rows.Next() {
		var calls, count int64
		var total, mean, longest float64
		var text string
		if err := rows.Scan(&calls, &total, &mean, &longest, &count, &text); err != nil {
			return statementsError(err)
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t %s\n", calls, milliseconds(total), milliseconds(mean), milliseconds(longest), count, oneLine(text))
	}
	if err := rows.Err(); err != nil {
		return statementsError(err)
	}
	return table.Flush()
}

// statementsError says what to do when the statistics are not there.
func statementsError(err error) error {
	switch sqlState(err) {
	case "42P01":
		return fmt.Errorf("postgres: slow queries: the extension is missing, run CREATE EXTENSION pg_stat_statements as a superuser: %w", err)
	case "55000":
		return fmt.Errorf("postgres: slow queries: the server does not load the extension, add pg_stat_statements to shared_preload_libraries and restart it: %w", err)
	}
	return fmt.Errorf("postgres: slow queries: %w", err)
}

func milliseconds(ms float64) string {
	return time.Duration(ms * float64(time.Millisecond)).Round(10 * time.Microsecond).String()
}

// maxStatement keeps a line readable.
const maxStatement = 100

// oneLine returns the name of a statement, or its beginning.
func oneLine(text string) string {
	if name := queryName(text); name != "unnamed" {
		return name
	}
	short := []rune(strings.Join(strings.Fields(text), " "))
	if len(short) > maxStatement {
		return string(short[:maxStatement]) + "…"
	}
	return string(short)
}
