package postgres_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/acme/billing-api/test/postgrestest"
)

// manyQuery matches a query of several rows in the generated code.
var manyQuery = regexp.MustCompile("(?s)= `-- name: (\\w+) :many\n(.*?)`")

// noIndex matches a plan that reads a whole table, sorts it, or filters rows of a table. A filter of a page is no filter of
// the table.
var noIndex = regexp.MustCompile(`Seq Scan|Sort|Index .*\n *Filter:`)

// Without an index, each page reads the whole table, sorts it, or skips rows. The test makes the planner avoid this at any
// cost, so a plan that still does it has no suitable index, however small the table is.
func TestEveryListingFollowsAnIndex(t *testing.T) {
	t.Parallel()
	conn := postgrestest.Connect(t, postgrestest.New(t))
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for _, setting := range []string{"enable_seqscan = off", "enable_sort = off", "enable_bitmapscan = off", "plan_cache_mode = force_generic_plan"} {
		exec("SET " + setting)
	}
	files, err := filepath.Glob("query/*.sql.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %q, %v, want the generated queries", files, err)
	}
	listings := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range manyQuery.FindAllSubmatch(source, -1) {
			listings++
			name := string(found[1])
			exec("PREPARE " + name + " AS " + string(found[2]))
			var arguments int
			if err := conn.QueryRow(t.Context(), "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = lower($1)", name).Scan(&arguments); err != nil {
				t.Fatal(err)
			}
			call := "EXPLAIN EXECUTE " + name
			if arguments > 0 {
				call += "(" + strings.Repeat("NULL, ", arguments-1) + "NULL)"
			}
			rows, err := conn.Query(t.Context(), call)
			if err != nil {
				t.Fatal(err)
			}
			var plan strings.Builder
			for rows.Next() {
				var line string
				if err := rows.Scan(&line); err != nil {
					t.Fatal(err)
				}
				plan.WriteString(line + "\n")
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if text := plan.String(); noIndex.MatchString(text) || !strings.Contains(text, "Index") {
				t.Errorf("%s: no index serves it:\n%s", name, text)
			}
		}
	}
	if listings == 0 {
		t.Error("no listing was found")
	}
}

// Without an index on the columns of a foreign key, each change of a referenced row reads the whole referencing table.
func TestEveryForeignKeyHasAnIndex(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	const without = `
		SELECT coalesce(string_agg(conrelid::regclass || '.' || conname, ', '), '') FROM pg_constraint c
		WHERE contype = 'f' AND NOT EXISTS (
			SELECT FROM pg_index i
			WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indpred IS NULL
			AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)`
	missing := func() (list string) {
		t.Helper()
		if err := postgrestest.Connect(t, address).QueryRow(t.Context(), without).Scan(&list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got := missing(); got != "" {
		t.Errorf("foreign keys without an index: %s", got)
	}
	// The query of this test finds a missing index.
	postgrestest.Exec(t, address, "CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (x int, a int CONSTRAINT to_a REFERENCES a)", "CREATE INDEX ON b (x, a)")
	if got := missing(); got != "b.to_a" {
		t.Errorf("got %q, want b.to_a", got)
	}
	postgrestest.Exec(t, address, "CREATE INDEX ON b (a, x)")
	if got := missing(); got != "" {
		t.Errorf("got %q, want none", got)
	}
}
