package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"

	"git.example.org/shop/orders/v2/internal/config"
	"git.example.org/shop/orders/v2/internal/domain"
	"git.example.org/shop/orders/v2/internal/health"
	"git.example.org/shop/orders/v2/internal/note"
	"git.example.org/shop/orders/v2/internal/note/notetest"
	"git.example.org/shop/orders/v2/internal/postgres"
	"git.example.org/shop/orders/v2/internal/secret"
	"git.example.org/shop/orders/v2/test/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for a condition.
const patience = 20 * time.Second

var discard = slog.New(slog.DiscardHandler)

// defaults returns the default settings.
func defaults(t *testing.T) postgres.Config {
	t.Helper()
	loaded, err := config.Load(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Config.Database
}

// open opens a new database with the current schema. If set is not nil, it changes the settings first.
func open(t *testing.T, set func(*postgres.Config)) *postgres.Database {
	t.Helper()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.New(t))
	if set != nil {
		set(&cfg)
	}
	return openWith(t, cfg)
}

func openWith(t *testing.T, cfg postgres.Config) *postgres.Database {
	t.Helper()
	if errs := cfg.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	db, err := postgres.Open(context.Background(), cfg, "test", noop.NewMeterProvider(), discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	return db
}

func TestNotesMeetTheContract(t *testing.T) {
	notetest.Run(t, func(t *testing.T) note.Store { return open(t, nil).Notes() })
}

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
	db := openWith(t, cfg)
	if ready, _, message := readiness(t, db); ready || !strings.Contains(message, "migrate up") {
		t.Errorf("got ready %t and %q, want unready and what to do", ready, message)
	}
	if err := db.Notes().Create(t.Context(), notetest.Note(1)); !errors.Is(err, domain.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, domain.ErrUnavailable)
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
