package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, cfg Config) *Telemetry {
	t.Helper()
	source := resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("service.version", "v1.2.3"))
	telemetry, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler), sdk.WithResource(source))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { telemetry.Close(context.WithoutCancel(t.Context())) })
	return telemetry
}

func TestInstrumentsAreShownByTheirPrometheusNames(t *testing.T) {
	telemetry := open(t, Config{})
	duration, err := telemetry.Meter().Float64Histogram("work.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(0.5, 1))
	if err != nil {
		t.Fatal(err)
	}
	done, err := telemetry.Meter().Int64Counter("work.done", metric.WithUnit("{item}"))
	if err != nil {
		t.Fatal(err)
	}
	duration.Record(t.Context(), 0.7, metric.WithAttributes(attribute.String("work.kind", "heavy")))
	done.Add(t.Context(), 3)

	w := httptest.NewRecorder()
	telemetry.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if kind := w.Header().Get("Content-Type"); w.Code != http.StatusOK || !strings.HasPrefix(kind, "text/plain") {
		t.Fatalf("got %d %s, want 200 and text", w.Code, kind)
	}
	for _, want := range []string{
		`work_duration_seconds_bucket{work_kind="heavy",le="0.5"} 0`,
		`work_duration_seconds_bucket{work_kind="heavy",le="1"} 1`,
		`work_done_total 3`,
		`target_info{service_name="shop",service_version="v1.2.3"} 1`,
		"\ngo_goroutine_count ",
		"\ngo_memory_used_bytes{",
		"\nprocess_open_fds ",
		"\nprocess_start_time_seconds ",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(w.Body.String(), "otel_scope") {
		t.Error("series carry the labels of their scope")
	}
}
