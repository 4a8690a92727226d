package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/health"
	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/test/postgrestest"
)

func TestExhaustedPoolIsDegraded(t *testing.T) {
	t.Parallel()
	db, release := locked(t, discard, func(cfg *postgres.Config) {
		cfg.MaxConnections, cfg.MinIdleConnections = 2, 0
		cfg.AcquireTimeout, cfg.StatementTimeout = 2*time.Second, patience
	})
	began := time.Now()
	// Two calls use both connections, and a third one waits for a connection.
	errs := make(chan error, 3)
	for i := range cap(errs) {
		go func() { errs <- db.Notes().Create(t.Context(), notetest.Note(i)) }()
	}
	checks := health.New(health.Config{CheckTimeout: patience}, discard, "", "", "")
	checks.Add("database", db.Ready)
	eventually(t, "the pool is degraded", func() bool {
		report := checks.Ready(t.Context())
		if !report.Ready {
			t.Fatalf("got %+v, want ready", report)
		}
		found := report.Dependencies["database"]
		return found.Degraded && strings.Contains(found.Message, "answered others recently")
	})
	quick := health.New(health.Config{CheckTimeout: 500 * time.Millisecond}, discard, "", "", "")
	quick.Add("database", db.Ready)
	if report := quick.Ready(t.Context()); !report.Ready || !report.Dependencies["database"].Degraded {
		t.Errorf("with a shorter time limit: got %+v, want degraded", report)
	}
	if err := <-errs; !errors.Is(err, domain.ErrUnavailable) {
		t.Errorf("the call that waits: got %v, want %v", err, domain.ErrUnavailable)
	}
	if took := time.Since(began); took > patience/2 { // the statements time out after patience
		t.Errorf("the call that waits: took %s, want 2s", took)
	}
	release()
	for range cap(errs) - 1 {
		if err := <-errs; err != nil {
			t.Errorf("after the lock: got %v", err)
		}
	}
	if report := checks.Ready(t.Context()); report.Dependencies["database"].Degraded {
		t.Errorf("got %+v with an idle pool", report)
	}
}

// locked opens a database whose notes are locked, so that every statement waits until release is called.
func locked(t *testing.T, log *slog.Logger, set func(*postgres.Config)) (db *postgres.Database, release func()) {
	t.Helper()
	address := postgrestest.New(t)
	cfg := defaults(t)
	cfg.URL = secret.New(address)
	set(&cfg)
	db = openLogged(t, cfg, log)
	tx, err := postgrestest.Connect(t, address).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE notes IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() {
		if err := tx.Rollback(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(release)
	return db, release
}

func TestStatementTimesOut(t *testing.T) {
	t.Parallel()
	for _, pooler := range []string{"session", "transaction"} {
		t.Run(pooler, func(t *testing.T) {
			t.Parallel()
			db, release := locked(t, discard, func(cfg *postgres.Config) {
				cfg.Pooler, cfg.StatementTimeout = pooler, 500*time.Millisecond
			})
			if err := db.Notes().Create(t.Context(), notetest.Note(1)); !errors.Is(err, domain.ErrUnavailable) {
				t.Errorf("got %v, want %v", err, domain.ErrUnavailable)
			}
			release()
			if err := db.Notes().Create(t.Context(), notetest.Note(1)); err != nil {
				t.Errorf("after the lock: got %v", err)
			}
		})
	}
}

func TestSlowQueryIsLoggedWithoutArguments(t *testing.T) {
	t.Parallel()
	out := new(buffer)
	db, release := locked(t, slog.New(slog.NewJSONHandler(out, nil)), func(cfg *postgres.Config) { cfg.SlowQuery = 50 * time.Millisecond })
	private := notetest.Note(1)
	private.Title = "nobody's business"
	time.AfterFunc(time.Second, release) // the query has begun by then, even on a busy machine
	if err := db.Notes().Create(t.Context(), private); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Notes().Get(t.Context(), private.ID); err != nil { // is fast
		t.Fatal(err)
	}
	var found []map[string]any
	for _, entry := range out.entries(t, "slow query") {
		if entry["query_name"] == "CreateNote" {
			found = append(found, entry)
		}
	}
	if len(found) != 1 || found[0]["rows"] != 1.0 || found[0]["duration_us"].(float64) < 50_000 {
		t.Errorf("got %v, want one line with its rows and duration", found)
	}
	if text := out.String(); strings.Contains(text, private.Title) || strings.Contains(text, private.ID) {
		t.Errorf("the log holds arguments: %s", text)
	}
}
