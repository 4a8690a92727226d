package postgres_test

import (
	"strings"
	"testing"

	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/test/postgrestest"
)

func TestMigrationsCanUseAnotherRole(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.URL = secret.New("postgres://nobody@/nothing?host=" + t.TempDir())
	cfg.DirectURL = secret.New(postgrestest.NewEmpty(t))
	if errs := cfg.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	if up := migrate(t, cfg, (*postgres.Migrator).Up); !strings.Contains(up, "applied ") {
		t.Errorf("got %q", up)
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
