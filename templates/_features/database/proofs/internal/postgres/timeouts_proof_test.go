package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/health"
	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
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
