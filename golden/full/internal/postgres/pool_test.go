package postgres_test

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/note/notetest"
	"github.com/acme/billing-api/internal/postgres"
	"github.com/acme/billing-api/internal/secret"
	"github.com/acme/billing-api/test/postgrestest"
)

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
