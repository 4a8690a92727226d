package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3/lock"

	"example.com/acme/sample-service/internal/health"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/migrations"
	"example.com/acme/sample-service/test/postgrestest"
)

// migrate calls a method of a migrator of its own, and returns what it wrote.
func migrate(t *testing.T, cfg postgres.Config, do func(*postgres.Migrator, context.Context, io.Writer) error) string {
	t.Helper()
	migrator, err := postgres.OpenMigrator(cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := errors.Join(do(migrator, t.Context(), &out), migrator.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// names returns the names of the migrations.
func names(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("got %q, %v, want migrations", names, err)
	}
	return names
}

func TestMigrationsAreAppliedTakenBackAndListed(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.NewEmpty(t))
	lines := func(text, word string) int { return strings.Count(text, word+" ") }
	all := names(t)

	if status := migrate(t, cfg, (*postgres.Migrator).Status); strings.Count(status, "pending\n") != len(all) {
		t.Errorf("status of an empty database: got\n%s", status)
	}
	up := migrate(t, cfg, (*postgres.Migrator).Up)
	for _, name := range all {
		if !strings.Contains(up, "applied "+name+" (") {
			t.Errorf("up: no line for %s in\n%s", name, up)
		}
	}
	if again := migrate(t, cfg, (*postgres.Migrator).Up); again != "nothing to apply\n" {
		t.Errorf("second up: got %q", again)
	}
	status := migrate(t, cfg, (*postgres.Migrator).Status)
	if lines(status, "applied") != len(all) || !strings.Contains(status, " connections of all instances fit the ") {
		t.Errorf("status: got\n%s", status)
	}

	// Every step back works, and so does the way forth again.
	for i := range all {
		if down := migrate(t, cfg, (*postgres.Migrator).Down); !strings.HasPrefix(down, "rolled back "+all[len(all)-1-i]+" (") {
			t.Errorf("down: got %q", down)
		}
	}
	if down := migrate(t, cfg, (*postgres.Migrator).Down); down != "nothing to roll back\n" {
		t.Errorf("down of nothing: got %q", down)
	}
	if up := migrate(t, cfg, (*postgres.Migrator).Up); lines(up, "applied") != len(all) {
		t.Errorf("up again: got\n%s", up)
	}
}

func TestInstancesThatMigrateAtOnceTakeTurns(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.NewEmpty(t))
	// Somebody has the lock, so that all of them come to wait for it.
	outside := postgrestest.Connect(t, cfg.URL.Reveal())
	if _, err := outside.Exec(t.Context(), "SELECT pg_advisory_lock($1)", lock.DefaultLockID); err != nil {
		t.Fatal(err)
	}
	outs := make([]string, 4)
	var running sync.WaitGroup
	for i := range outs {
		running.Go(func() { outs[i] = migrate(t, cfg, (*postgres.Migrator).Up) })
	}
	eventually(t, "everybody waits", func() bool {
		var waiting int
		if err := outside.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid()").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		return waiting == len(outs)
	})
	if _, err := outside.Exec(t.Context(), "SELECT pg_advisory_unlock($1)", lock.DefaultLockID); err != nil {
		t.Fatal(err)
	}
	running.Wait()
	for _, name := range names(t) {
		if n := strings.Count(strings.Join(outs, ""), "applied "+name+" "); n != 1 {
			t.Errorf("%s was applied %d times: %q", name, n, outs)
		}
	}
}

func TestReadinessNeedsTheSchema(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.NewEmpty(t))
	db := openWith(t, cfg, discard)
	checks := health.New(health.Config{CheckTimeout: patience}, discard, "", "", "")
	checks.Add("database", db.Ready)
	report := checks.Ready(t.Context())
	if report.Ready || !strings.Contains(report.Dependencies["database"].Message, "migrate up") {
		t.Errorf("got %+v, want unready and what to do", report)
	}
	if err := db.Notes().Create(t.Context(), notetest.Note(1)); !errors.Is(err, note.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, note.ErrUnavailable)
	}
	migrate(t, cfg, (*postgres.Migrator).Up)
	if report := checks.Ready(t.Context()); !report.Ready {
		t.Errorf("got %+v, want ready", report)
	}
	// A later version of the service has migrated already.
	postgrestest.Exec(t, cfg.URL.Reveal(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	if report := checks.Ready(t.Context()); !report.Ready {
		t.Errorf("with a newer schema: got %+v, want ready", report)
	}
}

func TestMigrationsGoRoundATransactionPooler(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.Pooler = "transaction"
	cfg.URL = secret.New("postgres://nobody@/nothing?host=" + t.TempDir())
	if _, err := postgres.OpenMigrator(cfg, "test"); err == nil || !strings.Contains(err.Error(), "database.direct_url") {
		t.Errorf("got %v, want an error of database.direct_url", err)
	}
	cfg.DirectURL = secret.New(postgrestest.NewEmpty(t))
	if up := migrate(t, cfg, (*postgres.Migrator).Up); !strings.Contains(up, "applied ") {
		t.Errorf("got %q", up)
	}
}
