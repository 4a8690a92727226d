package tracing

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"

	_ "github.com/acme/billing-api/test/cleanenv"
	"github.com/acme/billing-api/test/collector"
)

// setenv sets variables for a test. The environment has no other variables of OpenTelemetry.
func setenv(t *testing.T, variables ...string) {
	t.Helper()
	t.Setenv("OTEL_GO_X_OBSERVABILITY", "") // restores the variable, which Open sets
	for _, entry := range variables {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}

// open opens the tracing of a service called shop, and returns what it logs.
func open(t *testing.T, cfg Config) (*Tracing, *bytes.Buffer) {
	t.Helper()
	out := new(bytes.Buffer)
	tracing := Open(t.Context(), cfg, slog.New(slog.NewJSONHandler(out, nil)), "shop", "v1.2.3", "staging")
	return tracing, out
}

// record records a span called work, exports it and returns its context.
func record(t *testing.T, tracing *Tracing) trace.SpanContext {
	t.Helper()
	_, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
	span.End()
	tracing.Close(context.WithoutCancel(t.Context()))
	return span.SpanContext()
}

func TestSpansAndMetricsReachTheCollector(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			received := collector.New(t)
			endpoint := received.HTTP()
			if protocol == "grpc" {
				endpoint = received.GRPC()
			}
			setenv(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL="+protocol, "OTEL_RESOURCE_ATTRIBUTES=team=blue")
			tracing, out := open(t, Config{SampleRatio: 1})
			meters := sdkmetric.NewMeterProvider(tracing.MetricOptions(t.Context())...)
			counter, err := meters.Meter("test").Int64Counter("work.done")
			if err != nil {
				t.Fatal(err)
			}
			counter.Add(t.Context(), 1)
			if err := meters.Shutdown(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
			span := record(t, tracing)

			spans := received.Spans(span.TraceID().String())
			if len(spans) != 1 || spans[0].Name != "work" {
				t.Fatalf("got %+v, want the span: %s", spans, out)
			}
			for name, want := range map[string]string{
				"service.name": "shop", "service.version": "v1.2.3", "deployment.environment.name": "staging", "team": "blue",
			} {
				if got := spans[0].Resource[name]; got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			if !slices.Contains(received.Metrics(), "work.done") {
				t.Errorf("got metrics %v, want work.done", received.Metrics())
			}
		})
	}
}
