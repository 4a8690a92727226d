package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/postgres"
	"github.com/acme/billing-api/internal/secret"
	"github.com/acme/billing-api/migrations"
	"github.com/acme/billing-api/test/postgrestest"
)

// migrate opens a migrator, calls do, and returns the output.
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

func TestMigrationsAreAppliedRolledBackAndListed(t *testing.T) {
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
	if lines(status, "applied") != len(all) || !strings.Contains(status, " connections, the server allows ") {
		t.Errorf("status: got\n%s", status)
	}

	// Every migration can be rolled back and applied again.
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
