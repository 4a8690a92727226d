package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
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
	return openWith(t, cfg, discard)
}

func openWith(t *testing.T, cfg postgres.Config, log *slog.Logger) *postgres.Database {
	t.Helper()
	if errs := cfg.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	db, err := postgres.Open(context.Background(), cfg, "test", noop.NewMeterProvider(), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	return db
}

// buffer is a log that several goroutines can write.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// entries returns the lines with a message.
func (b *buffer) entries(t *testing.T, msg string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(b.String()) {
		entry := make(map[string]any)
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry["msg"] == msg {
			found = append(found, entry)
		}
	}
	return found
}

// patience is how long a test waits for a condition.
const patience = 20 * time.Second
