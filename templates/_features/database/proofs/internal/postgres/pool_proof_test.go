package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/test/postgrestest"
)

// New connections use the whole new URL, not only its credentials.
func TestParametersOfANewURLAreUsed(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	file := filepath.Join(t.TempDir(), "url")
	write := func(url string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(url), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(address)
	cfg := defaults(t)
	cfg.URL = secret.FromFile(file, []byte(address))
	cfg.MinIdleConnections = 0
	db := openWith(t, cfg)
	session := func() (path, application string) {
		t.Helper()
		row := db.Pool().QueryRow(t.Context(), "SELECT current_setting('search_path'), current_setting('application_name')")
		if err := row.Scan(&path, &application); err != nil {
			t.Fatal(err)
		}
		return path, application
	}
	_, name := session()

	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	write(address + separator + "search_path=public,audit&target_session_attrs=read-write")
	db.Pool().Reset()
	if path, application := session(); path != "public,audit" || application != name {
		t.Errorf("got search path %q and application %q, want public,audit and %q", path, application, name)
	}
	postgrestest.Exec(t, address, "ALTER DATABASE "+databaseOf(address)+" SET default_transaction_read_only = on")
	db.Pool().Reset()
	if err := db.Pool().Ping(t.Context()); err == nil {
		t.Error("got a session with a read-only server, want none")
	}
}

// A diagnostic never fails a connection, even if the server refuses it.
func TestPoolIsComparedWithTheServerOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		instances int
		prepare   string
		want      string // logged once; empty means nothing
	}{
		{1, "SELECT 1", ""},
		{60, "SELECT 1", "the server has too few connections for all instances"},
		{1, "CREATE SCHEMA other; CREATE VIEW other.pg_settings AS SELECT 1 AS x", "cannot read max_connections; skipped the connection check"},
	} {
		cfg := defaults(t)
		address := postgrestest.New(t)
		postgrestest.Exec(t, address, tt.prepare, "ALTER DATABASE "+databaseOf(address)+" SET search_path = other, pg_catalog, public")
		cfg.URL = secret.New(address)
		cfg.MaxInstances = tt.instances
		out := new(buffer)
		db := openLogged(t, cfg, slog.New(slog.NewJSONHandler(out, nil)))
		for range 3 {
			conn, err := db.Pool().Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
		}
		// The first connection makes the comparison, and another one may be ready before it.
		for deadline := time.Now().Add(10 * time.Second); !strings.Contains(out.String(), tt.want) && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		if text := out.String(); strings.Count(text, `"level":"WARN"`) != min(len(tt.want), 1) || !strings.Contains(text, tt.want) {
			t.Errorf("%d instances: got %s, want %q", tt.instances, text, tt.want)
		}
	}
}

// A server that accepts connections and refuses to set up their sessions is down for the backoff.
func TestBackoffGrowsWhileTheSetUpOfSessionsFails(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	postgrestest.Exec(t, address, `CREATE SCHEMA other; CREATE SEQUENCE other.attempts;
		CREATE FUNCTION other.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS
		$$ BEGIN PERFORM nextval('other.attempts'); RAISE 'refused'; END $$`,
		"ALTER DATABASE "+databaseOf(address)+" SET search_path = other, pg_catalog, public")
	cfg := defaults(t)
	cfg.URL = secret.New(address)
	cfg.MinIdleConnections = 0
	store := openWith(t, cfg).Notes()
	for began := time.Now(); time.Since(began) < 3*time.Second; time.Sleep(time.Millisecond) {
		if answers(t.Context(), store) {
			t.Fatal("the store answers")
		}
	}
	var attempts int
	if err := postgrestest.Connect(t, address).QueryRow(t.Context(), "SELECT last_value FROM other.attempts").Scan(&attempts); err != nil {
		t.Fatal(err)
	}
	// The pauses are at least 50, 100, 200, 400, 800 and 1000 ms. The first attempts may be concurrent.
	if attempts > 12 {
		t.Errorf("got %d attempts in 3s, want at most 12", attempts)
	}
}

// A server that accepts connections and freezes must not hold a slot of the pool for ever.
func TestSetUpOfASessionTimesOut(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	postgrestest.Exec(t, address, `CREATE SCHEMA other;
		CREATE FUNCTION other.set_config(text, text, boolean) RETURNS text LANGUAGE SQL AS $$ SELECT pg_sleep(60)::text $$`,
		"ALTER DATABASE "+databaseOf(address)+" SET search_path = other, pg_catalog, public")
	cfg := defaults(t)
	cfg.URL = secret.New(address)
	cfg.MinIdleConnections, cfg.ConnectTimeout, cfg.AcquireTimeout = 0, time.Second, 100*time.Millisecond
	db := openWith(t, cfg)
	if err := db.Notes().Create(t.Context(), notetest.Note(1)); !errors.Is(err, domain.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, domain.ErrUnavailable)
	}
	eventually(t, "the slot of the pool is free", func() bool { return db.Pool().Stat().TotalConns() == 0 })
}

func TestConnectionsThatTheServerEndsAreReplaced(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	cfg := defaults(t)
	cfg.URL = secret.New(address)
	db := openWith(t, cfg)
	eventually(t, "the store answers", func() bool { return answers(t.Context(), db.Notes()) })
	postgrestest.Exec(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	eventually(t, "the store answers", func() bool { return answers(t.Context(), db.Notes()) })
}

// A connection in use must not delay the end of the process.
func TestCloseDoesNotWaitForConnectionsInUse(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.New(t))
	out := new(buffer)
	db := openLogged(t, cfg, slog.New(slog.NewJSONHandler(out, nil)))
	conn, err := db.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release := sync.OnceFunc(conn.Release)
	defer release()
	time.AfterFunc(patience, release)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	db.Close(ctx)
	if len(out.entries(t, "some connections to the database were not closed in time")) != 1 {
		t.Errorf("got %s, want a warning", out)
	}
}

func TestNotesMeetTheContractBehindATransactionPooler(t *testing.T) {
	notetest.Run(t, func(t *testing.T) note.Store {
		return open(t, func(cfg *postgres.Config) { cfg.Pooler = "transaction" }).Notes()
	})
}

func TestQueriesAndPoolAreMeasured(t *testing.T) {
	t.Parallel()
	reader := sdk.NewManualReader()
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.New(t))
	cfg.MaxConnections, cfg.MinIdleConnections = 3, 1
	db, err := postgres.Open(t.Context(), cfg, "test", sdk.NewMeterProvider(sdk.WithReader(reader)), discard)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	if err := db.Notes().Create(t.Context(), notetest.Note(1)); err != nil {
		t.Fatal(err)
	}
	if err := db.Notes().Create(t.Context(), notetest.Note(1)); err == nil {
		t.Fatal("created a note twice")
	}
	conn, err := db.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()

	got := collect(t, reader)
	for name, want := range map[string]int64{
		"db.client.operation.duration CreateNote": 2,
		"db.client.operation.errors CreateNote":   1,
		"pgxpool.acquired_connections":            1,
		"pgxpool.max_connections":                 3,
		"pgxpool.canceled_acquires":               0,
	} {
		if n, ok := got[name]; !ok || n != want {
			t.Errorf("%s: got %d, %t, want %d", name, n, ok, want)
		}
	}
}

// collect returns the values of sums and gauges and the counts of histograms, by name and operation.
func collect(t *testing.T, reader *sdk.ManualReader) map[string]int64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &data); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]int64)
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			name := func(set attribute.Set) string {
				operation, _ := set.Value("db.operation.name")
				return strings.TrimSpace(m.Name + " " + operation.AsString())
			}
			switch points := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range points.DataPoints {
					found[name(p.Attributes)] = p.Value
				}
			case metricdata.Gauge[int64]:
				for _, p := range points.DataPoints {
					found[name(p.Attributes)] = p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range points.DataPoints {
					found[name(p.Attributes)] = int64(p.Count)
				}
			}
		}
	}
	return found
}
