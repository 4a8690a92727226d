package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/test/postgrestest"
)

// openBehind returns a database behind a proxy.
func openBehind(t *testing.T, set func(*postgres.Config)) (*postgres.Database, *proxy) {
	t.Helper()
	proxy := newProxy(t, postgrestest.New(t))
	cfg := defaults(t)
	cfg.URL = secret.New(proxy.URL())
	if set != nil {
		set(&cfg)
	}
	return openWith(t, cfg), proxy
}

func TestServerMayBeDownAtTheStart(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t, postgrestest.New(t))
	proxy.Cut()
	cfg := defaults(t)
	cfg.URL = secret.New(proxy.URL())
	db := openWith(t, cfg)
	store := db.Notes()
	paused := false
	for range 5 {
		for what, err := range map[string]error{
			"Create": store.Create(t.Context(), notetest.Note(1)),
			"Update": store.Update(t.Context(), notetest.Note(1), 1),
			"Delete": store.Delete(t.Context(), notetest.Note(1).ID, 1),
		} {
			if !errors.Is(err, domain.ErrUnavailable) {
				t.Errorf("%s: got %v, want %v", what, err, domain.ErrUnavailable)
			}
			paused = paused || strings.Contains(err.Error(), "waiting before the next attempt to connect")
		}
	}
	if !paused {
		t.Error("each of many callers tried to connect")
	}
	if err := db.Ready(t.Context()); err == nil {
		t.Error("got ready without a server")
	}

	proxy.Restore()
	eventually(t, "the store answers", func() bool { return answers(t.Context(), store) })
	eventually(t, "the check passes", func() bool { return db.Ready(t.Context()) == nil })
}

func TestServerThatIsLostUnderLoadComesBack(t *testing.T) {
	t.Parallel()
	db, proxy := openBehind(t, nil)
	store := db.Notes()
	var done, refused, number atomic.Int64
	var load sync.WaitGroup
	leave := make(chan struct{})
	for range 16 {
		load.Go(func() {
			for {
				select {
				case <-leave:
					return
				default:
				}
				err := store.Create(t.Context(), notetest.Note(int(number.Add(1))))
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, domain.ErrUnavailable):
					refused.Add(1)
				default:
					t.Errorf("got %v, want %v or none", err, domain.ErrUnavailable)
				}
			}
		})
	}
	for range 3 {
		before := done.Load()
		eventually(t, "requests are served", func() bool { return done.Load() > before+50 })
		before = refused.Load()
		proxy.Cut()
		eventually(t, "requests are refused", func() bool { return refused.Load() > before+50 })
		if err := db.Ready(t.Context()); err == nil {
			t.Error("got ready without a server")
		}
		proxy.Restore()
		eventually(t, "the check passes", func() bool { return db.Ready(t.Context()) == nil })
	}
	before := done.Load()
	eventually(t, "requests are served", func() bool { return done.Load() > before+50 })
	close(leave)
	load.Wait()
}

func TestNoConnectionIsLeft(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	proxy := newProxy(t, address)
	cfg := defaults(t)
	cfg.URL = secret.New(proxy.URL())
	db := openWith(t, cfg)
	outside := postgrestest.Connect(t, address)
	connections := func() int {
		t.Helper()
		var n int
		if err := outside.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for round := range 3 {
		var load sync.WaitGroup
		for range 50 {
			load.Go(func() { answers(t.Context(), db.Notes()) })
		}
		load.Wait()
		if n := connections(); n > cfg.MaxConnections {
			t.Errorf("round %d: got %d connections, want at most %d", round, n, cfg.MaxConnections)
		}
		proxy.Cut()
		eventually(t, "the server has no connection", func() bool { return connections() == 0 })
		proxy.Restore()
		eventually(t, "the store answers", func() bool { return answers(t.Context(), db.Notes()) })
	}
	db.Close(t.Context())
	eventually(t, "the server has no connection", func() bool { return connections() == 0 })
}

func TestServerThatDoesNotAnswerHoldsNobodyForLong(t *testing.T) {
	t.Parallel()
	db, proxy := openBehind(t, func(cfg *postgres.Config) {
		cfg.ConnectTimeout, cfg.AcquireTimeout = 200*time.Millisecond, 300*time.Millisecond
	})
	proxy.Silence()
	began := time.Now()
	_, err := db.Notes().List(t.Context(), note.Query{Limit: 1})
	if !errors.Is(err, domain.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, domain.ErrUnavailable)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("the caller was held for %s", took)
	}
	hasty, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := db.Ready(hasty); err == nil {
		t.Error("got ready without an answer")
	}
	proxy.Restore()
	eventually(t, "the store answers", func() bool { return answers(t.Context(), db.Notes()) })
}
