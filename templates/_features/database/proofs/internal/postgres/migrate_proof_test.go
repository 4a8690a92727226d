package postgres_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/test/postgrestest"
)

func TestLatestVersionIsTheHighestNumber(t *testing.T) {
	for want, files := range map[int64]fstest.MapFS{
		10:             {"9_b.sql": {}, "10_a.sql": {}},
		20260102030405: {"00001_a.sql": {}, "20260102030405_b.sql": {}},
	} {
		if got, err := postgres.LatestVersion(files); err != nil || got != want {
			t.Errorf("got %d, %v, want %d", got, err, want)
		}
	}
	for _, files := range []fstest.MapFS{{}, {"notes.sql": {}}} {
		if _, err := postgres.LatestVersion(files); err == nil {
			t.Errorf("%v: got no error", files)
		}
	}
}

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

// While a migration waits for a lock on a table, all statements on that table wait behind it.
func TestMigrationsWaitForALockForALimitedTime(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.NewEmpty(t))
	migrator, err := postgres.OpenMigrator(cfg, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer migrator.Close()
	var locks, statements string
	err = migrator.DB().QueryRowContext(t.Context(), "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')").Scan(&locks, &statements)
	if err != nil || locks != "10s" || statements != "0" {
		t.Errorf("got a limit of %s for locks and %s for statements, %v, want 10s and 0", locks, statements, err)
	}
}
