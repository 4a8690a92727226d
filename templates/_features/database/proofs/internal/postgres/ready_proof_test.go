package postgres_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/test/postgrestest"
)

// The last answer counts, not the age of the connection that gave it.
func TestReadinessCountsTheAnswersToRequests(t *testing.T) {
	t.Parallel()
	db := open(t, func(cfg *postgres.Config) {
		cfg.MaxConnections, cfg.MinIdleConnections, cfg.StatementTimeout = 1, 0, 2*time.Second
	})
	for began := time.Now(); time.Since(began) < 3500*time.Millisecond; time.Sleep(50 * time.Millisecond) { // 3.25s is recent
		if !answers(t.Context(), db.Notes()) {
			t.Fatal("the store does not answer")
		}
	}
	conn, err := db.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if ready, degraded, message := readiness(t, db); !ready || !degraded {
		t.Errorf("got ready %t, degraded %t and %q, want degraded", ready, degraded, message)
	}
}

// Other clients have taken every slot of the server. The service serves with the connections that it has.
func TestReadinessNeedsNoNewConnectionWhileRequestsSucceed(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	cfg := defaults(t)
	cfg.URL = secret.New(address)
	cfg.MinIdleConnections = 0
	db := openWith(t, cfg)
	conn, err := db.Pool().Acquire(t.Context()) // of a request
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	postgrestest.Exec(t, strings.Replace(address, databaseOf(address), "postgres", 1), "ALTER DATABASE "+databaseOf(address)+" ALLOW_CONNECTIONS false")
	if ready, degraded, message := readiness(t, db); !ready || !degraded {
		t.Errorf("got ready %t, degraded %t and %q, want degraded", ready, degraded, message)
	}
}

// The document tells operators what a role needs that does not own the schema.
func TestDocumentedGrantsAreEnough(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/database.md")
	if err != nil {
		t.Fatal(err)
	}
	address := postgrestest.New(t)
	role := strings.Replace(databaseOf(address), "test_", "service_", 1)
	grants := regexp.MustCompile(`GRANT .* TO service;`).FindAllString(string(document), -1)
	if len(grants) != 2 {
		t.Fatalf("got the grants %q, want two", grants)
	}
	postgrestest.Exec(t, address, "CREATE ROLE "+role+" LOGIN PASSWORD 'secret'")
	t.Cleanup(func() { postgrestest.Exec(t, address, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	for _, grant := range grants {
		postgrestest.Exec(t, address, strings.Replace(grant, "TO service", "TO "+role, 1))
	}
	cfg := defaults(t)
	cfg.URL, cfg.Password = secret.New(withUser(t, address, role)), secret.New("secret")
	db := openWith(t, cfg)
	if ready, degraded, message := readiness(t, db); !ready || degraded {
		t.Errorf("got ready %t, degraded %t and %q, want ready", ready, degraded, message)
	}
	store, n := db.Notes(), notetest.Note(1)
	if err := errors.Join(store.Create(t.Context(), n), store.Update(t.Context(), n, 1), store.Delete(t.Context(), n.ID, n.Version)); err != nil {
		t.Error(err)
	}
}

// A lock can block every statement of the service while the server is well. Without ready instances, clients would not
// even get the 503 of the service.
func TestReadinessIsDegradedWhileEveryStatementIsCancelled(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	cfg := defaults(t)
	cfg.URL, cfg.StatementTimeout = secret.New(address), 300*time.Millisecond
	db := openWith(t, cfg)
	if ready, degraded, message := readiness(t, db); !ready || degraded {
		t.Fatalf("got ready %t, degraded %t and %q, want ready", ready, degraded, message)
	}
	blocker, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer blocker.Close(context.WithoutCancel(t.Context()))
	if _, err := blocker.Exec(t.Context(), "BEGIN; LOCK notes, goose_db_version"); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 5*time.Second; { // 2.55s is recent
		answered := answers(t.Context(), db.Notes())
		if ready, degraded, message := readiness(t, db); !ready || !degraded || answered {
			t.Fatalf("got ready %t, degraded %t, %q and an answer %t, want degraded", ready, degraded, message, answered)
		}
	}
	if _, err := blocker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the service is ready", func() bool {
		ready, degraded, _ := readiness(t, db)
		return ready && !degraded
	})
}
