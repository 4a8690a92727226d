package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
	"example.com/acme/sample-service/internal/postgres"
	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/test/postgrestest"
)

func TestPasswordIsReadForEachNewConnection(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	role := strings.Replace(filepath.Base(strings.Split(address, "?")[0]), "test_", "role_", 1)
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
	db := openWith(t, cfg, slog.New(slog.NewJSONHandler(out, nil)))
	eventually(t, "the store answers", func() bool { return answers(t.Context(), db.Notes()) })

	// The old password ends, and with it every connection.
	write("second")
	postgrestest.Exec(t, address, "ALTER ROLE "+role+" PASSWORD 'second'",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+role+"'")
	eventually(t, "the store answers with the new password", func() bool { return answers(t.Context(), db.Notes()) })

	// A file that cannot be read takes nothing away.
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	postgrestest.Exec(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+role+"'")
	eventually(t, "the store answers with the last password", func() bool { return answers(t.Context(), db.Notes()) })
	if len(out.entries(t, "the credentials of the database cannot be read, the last ones stay in use")) == 0 {
		t.Error("nothing in the log tells that the file is gone")
	}
}

// withUser returns the URL for another user.
func withUser(t *testing.T, address, user string) string {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("postgres://%s@/%s?host=%s&port=%d", user, config.Database, config.Host, config.Port)
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
			session, err := db.Session(t.Context())
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

func TestNotesMeetTheContractBehindATransactionPooler(t *testing.T) {
	notetest.Run(t, func(t *testing.T) note.Store {
		return open(t, func(cfg *postgres.Config) { cfg.Pooler = "transaction" }).Notes()
	})
}

func TestPoolThatDoesNotFitTheServerIsReportedOnce(t *testing.T) {
	t.Parallel()
	for instances, want := range map[int]int{1: 0, 100_000: 1} {
		cfg := defaults(t)
		cfg.URL = secret.New(postgrestest.New(t))
		cfg.MaxInstances = instances
		out := new(buffer)
		db := openWith(t, cfg, slog.New(slog.NewJSONHandler(out, nil)))
		for range 3 {
			session, err := db.Session(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer session.Release()
		}
		if got := out.entries(t, "the server has not enough connections for all instances"); len(got) != want {
			t.Errorf("%d instances: got %v, want %d lines", instances, got, want)
		}
	}
}

func TestMeterTellsHowThePoolIsUsed(t *testing.T) {
	t.Parallel()
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	cfg := defaults(t)
	cfg.URL = secret.New(postgrestest.New(t))
	cfg.MaxConnections, cfg.MinIdleConnections = 3, 1
	db, err := postgres.Open(t.Context(), cfg, "test", provider.Meter("test"), discard)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if !answers(t.Context(), db.Notes()) {
		t.Fatal("the store does not answer")
	}
	session, err := db.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Release()

	got := collect(t, reader)
	for name, want := range map[string]int64{
		"db.client.connection.count used":       1,
		"db.client.connection.max":              3,
		"db.client.connection.idle.min":         1,
		"db.client.connection.pending_requests": 0,
		"db.client.connection.timeouts":         0,
		"db.client.connection.wait_time":        2,
		"db.client.connection.use_time":         1,
	} {
		if n, ok := got[name]; !ok || n != want {
			t.Errorf("%s: got %d, %t, want %d", name, n, ok, want)
		}
	}
	if _, ok := got["db.client.connection.count idle"]; !ok {
		t.Error("nothing tells the idle connections")
	}
}

// collect returns sums, and the counts of histograms, by name and state.
func collect(t *testing.T, reader *sdk.ManualReader) map[string]int64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &data); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]int64)
	name := func(m metricdata.Metrics, set attribute.Set) string {
		if pool, ok := set.Value("db.client.connection.pool.name"); !ok || pool.AsString() == "" {
			t.Errorf("%s: does not name its pool", m.Name)
		}
		state, _ := set.Value("db.client.connection.state")
		return strings.TrimSpace(m.Name + " " + state.AsString())
	}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch points := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range points.DataPoints {
					found[name(m, p.Attributes)] = p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range points.DataPoints {
					found[name(m, p.Attributes)] = int64(p.Count)
				}
			default:
				t.Errorf("%s: is a %T", m.Name, m.Data)
			}
		}
	}
	return found
}
