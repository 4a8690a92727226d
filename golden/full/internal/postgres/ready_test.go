package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/health"
	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/note/notetest"
	"github.com/acme/billing-api/internal/postgres"
	"github.com/acme/billing-api/internal/secret"
	"github.com/acme/billing-api/test/postgrestest"
)

// readiness returns the readiness of a service that has only this database.
func readiness(t *testing.T, db *postgres.Database) (ready, degraded bool, message string) {
	t.Helper()
	checks := health.New(health.Config{CheckTimeout: patience}, discard, "", "", "")
	checks.Add("database", db.Ready)
	report := checks.Ready(t.Context())
	found := report.Dependencies["database"]
	return report.Ready, found.Degraded, found.Message
}

func TestReadinessNeedsTheSchema(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.NewEmpty(t))
	db := openWith(t, cfg, discard)
	if ready, _, message := readiness(t, db); ready || !strings.Contains(message, "migrate up") {
		t.Errorf("got ready %t and %q, want unready and what to do", ready, message)
	}
	if err := db.Notes().Create(t.Context(), notetest.Note(1)); !errors.Is(err, note.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, note.ErrUnavailable)
	}
	migrate(t, cfg, (*postgres.Migrator).Up)
	if ready, degraded, _ := readiness(t, db); !ready || degraded {
		t.Error("got unready after the migration")
	}
	// A later version of the service has already migrated.
	postgrestest.Exec(t, cfg.URL.Reveal(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	if ready, degraded, _ := readiness(t, db); !ready || degraded {
		t.Error("got unready with a newer schema")
	}
}
