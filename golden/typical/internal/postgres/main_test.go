package postgres_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"

	"git.example.org/shop/orders/v2/internal/config"
	"git.example.org/shop/orders/v2/internal/postgres"
	"git.example.org/shop/orders/v2/internal/secret"
	"git.example.org/shop/orders/v2/test/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// discard is a log that nobody reads.
var discard = slog.New(slog.DiscardHandler)

// defaults returns the settings that hold if nobody sets any.
func defaults(t *testing.T) postgres.Config {
	t.Helper()
	loaded, err := config.Load(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Config.Database
}

// open returns a migrated database of its own, with the defaults and what set
// makes of them.
func open(t *testing.T, set func(*postgres.Config)) *postgres.Database {
	t.Helper()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.New(t))
	if set != nil {
		set(&cfg)
	}
	return openWith(t, cfg, discard)
}

func openWith(t *testing.T, cfg postgres.Config, log *slog.Logger) *postgres.Database {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(context.Background(), cfg, "test", noop.Meter{}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// eventually asks again until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: did not happen within %s", what, patience)
		}
	}
}
