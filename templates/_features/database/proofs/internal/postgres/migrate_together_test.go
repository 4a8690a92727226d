package postgres_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3/lock"

	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/test/postgrestest"
)

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
