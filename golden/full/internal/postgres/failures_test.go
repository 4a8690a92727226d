package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/acme/billing-api/internal/domain"
	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/note/notetest"
	"github.com/acme/billing-api/internal/postgres"
	"github.com/acme/billing-api/internal/secret"
	"github.com/acme/billing-api/test/postgrestest"
)

func TestMissingDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.URL = secret.New(fmt.Sprintf("postgres://nobody@/nothing?host=%s", t.TempDir()))
	db := openWith(t, cfg)
	paused := false
	for range 5 {
		err := db.Notes().Create(t.Context(), notetest.Note(1))
		if !errors.Is(err, domain.ErrUnavailable) {
			t.Fatalf("got %v, want %v", err, domain.ErrUnavailable)
		}
		paused = paused || strings.Contains(err.Error(), "waiting before the next attempt to connect")
	}
	if !paused {
		t.Error("each call tried to connect")
	}
	if ready, _, message := readiness(t, db); ready {
		t.Errorf("got ready without a server: %s", message)
	}
}

func TestPasswordIsReadForEachNewConnection(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	role := strings.Replace(databaseOf(address), "test_", "role_", 1)
	postgrestest.Exec(t, address,
		"CREATE ROLE "+role+" LOGIN PASSWORD 'first'",
		"GRANT ALL ON ALL TABLES IN SCHEMA public TO "+role)
	t.Cleanup(func() {
		postgrestest.Exec(t, address, "DROP OWNED BY "+role, "DROP ROLE "+role)
	})
	file := filepath.Join(t.TempDir(), "password")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	cfg := defaults(t)
	cfg.URL = secret.New(withUser(t, address, role))
	cfg.Password = secret.FromFile(file, []byte("first"))
	out := new(buffer)
	db := openLogged(t, cfg, slog.New(slog.NewJSONHandler(out, nil)))
	eventually(t, "the store answers", func() bool { return answers(t.Context(), db.Notes()) })

	// The old password and all connections become invalid.
	write("second")
	postgrestest.Exec(t, address, "ALTER ROLE "+role+" PASSWORD 'second'",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+role+"'")
	eventually(t, "the store answers with the new password", func() bool { return answers(t.Context(), db.Notes()) })

	// If the file cannot be read, the last password stays in use.
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	postgrestest.Exec(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+role+"'")
	eventually(t, "the store answers with the last password", func() bool { return answers(t.Context(), db.Notes()) })
	if len(out.entries(t, "cannot use the new credentials of the database; the last ones stay in use")) == 0 {
		t.Error("the log does not say that the file is gone")
	}
}

// After a failover the old primary is a standby, and sessions with it are useless.
func TestConnectionsToAReadOnlyServerAreReplaced(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	cfg := defaults(t)
	cfg.URL = secret.New(address)
	cfg.MinIdleConnections = 0
	db := openWith(t, cfg)
	postgrestest.Exec(t, address, "ALTER DATABASE "+databaseOf(address)+" SET default_transaction_read_only = on")
	if err := db.Notes().Create(t.Context(), notetest.Note(1)); !errors.Is(err, domain.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, domain.ErrUnavailable)
	}
	eventually(t, "the connection is closed", func() bool { return db.Pool().Stat().TotalConns() == 0 })
	if !answers(t.Context(), db.Notes()) { // opens another session, which can read
		t.Error("the store does not answer")
	}
	if ready, _, message := readiness(t, db); ready || !strings.Contains(message, "accepts no writes") {
		t.Errorf("got ready %t and %q, want unready", ready, message)
	}

	postgrestest.Exec(t, address, "SET default_transaction_read_only = off", "ALTER DATABASE "+databaseOf(address)+" RESET default_transaction_read_only")
	if err := db.Notes().Create(t.Context(), notetest.Note(1)); err != nil {
		t.Errorf("got %v from the new primary", err)
	}
	if ready, _, message := readiness(t, db); !ready {
		t.Errorf("got unready: %s", message)
	}
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

func TestStatementsAreNamedOnlyWhereSessionsLast(t *testing.T) {
	t.Parallel()
	for pooler, want := range map[string]bool{"session": true, "transaction": false} {
		t.Run(pooler, func(t *testing.T) {
			t.Parallel()
			db := open(t, func(cfg *postgres.Config) { cfg.Pooler, cfg.MaxConnections, cfg.MinIdleConnections = pooler, 1, 0 })
			store := db.Notes()
			for i := range 3 {
				if err := store.Create(t.Context(), notetest.Note(i)); err != nil {
					t.Fatal(err)
				}
				if _, err := store.List(t.Context(), note.Query{Limit: 10}); err != nil {
					t.Fatal(err)
				}
			}
			session, err := db.Pool().Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer session.Release()
			var named int
			var timeout string
			if err := session.QueryRow(t.Context(), "SELECT count(*), current_setting('statement_timeout') FROM pg_prepared_statements",
				pgx.QueryExecModeSimpleProtocol).Scan(&named, &timeout); err != nil {
				t.Fatal(err)
			}
			if (named > 0) != want {
				t.Errorf("got %d prepared statements, want some: %t", named, want)
			}
			if (timeout != "0") != want {
				t.Errorf("got statement_timeout %s of the session, want one: %t", timeout, want)
			}
		})
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

// openLogged is like openWith, with a log.
func openLogged(t *testing.T, cfg postgres.Config, log *slog.Logger) *postgres.Database {
	t.Helper()
	db, err := postgres.Open(context.Background(), cfg, "test", noop.NewMeterProvider(), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	return db
}

// withUser returns a URL with another role.
func withUser(t *testing.T, address, user string) string {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("postgres://%s@/%s?host=%s&port=%d", user, config.Database, config.Host, config.Port)
}

// databaseOf returns the name of the database in a URL of postgrestest.
func databaseOf(address string) string { return filepath.Base(strings.Split(address, "?")[0]) }

// answers reports whether the store answers.
func answers(ctx context.Context, store note.Store) bool {
	_, err := store.Get(ctx, notetest.Note(1).ID)
	return errors.Is(err, domain.ErrNotFound)
}

// eventually waits until a condition holds.
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
