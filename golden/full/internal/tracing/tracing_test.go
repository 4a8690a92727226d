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

func TestEnvironmentDecidesWhatIsExported(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
	for _, tt := range []struct {
		variables       []string
		traces, metrics bool
	}{
		{nil, false, false},
		{[]string{endpoint}, true, true},
		{[]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:4318/v1/traces"}, true, false},
		{[]string{"OTEL_TRACES_EXPORTER=otlp"}, true, false},
		{[]string{"OTEL_METRICS_EXPORTER=console"}, false, true},
		{[]string{endpoint, "OTEL_TRACES_EXPORTER=none"}, false, true},
		{[]string{endpoint, "OTEL_METRICS_EXPORTER=prometheus"}, true, false}, // the service has its own endpoint
		{[]string{endpoint, "OTEL_SDK_DISABLED=TRUE"}, false, false},
	} {
		t.Run(strings.Join(tt.variables, " "), func(t *testing.T) {
			setenv(t, tt.variables...)
			if traces, metrics := exported("TRACES"), exported("METRICS"); traces != tt.traces || metrics != tt.metrics {
				t.Errorf("got traces %t and metrics %t, want %t and %t", traces, metrics, tt.traces, tt.metrics)
			}
		})
	}
}

// A diagnostic never takes the service down, and what is ignored is in the log.
func TestWrongVariableIsAWarning(t *testing.T) {
	for _, tt := range []struct{ variable, want string }{
		{"OTEL_TRACES_EXPORTER=zipkin", "spans are not exported"},
		{"OTEL_METRICS_EXPORTER=statsd", "metrics are not exported"},
		{"OTEL_TRACES_SAMPLER=jaeger_remote", "unsupported sampler: jaeger_remote"},
		{"OTEL_PROPAGATORS=w3c", "unknown propagator"},
		{"OTEL_RESOURCE_ATTRIBUTES=team", "team"},
		{"OTEL_EXPORTER_OTLP_HEADERS=hunter2", "parse headers"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://user:hunter2@collector:port", "parse url"},
	} {
		t.Run(tt.variable, func(t *testing.T) {
			setenv(t, "OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_METRICS_EXPORTER=none", tt.variable)
			tracing, out := open(t, Config{})
			meters := sdkmetric.NewMeterProvider(tracing.MetricOptions(t.Context())...)
			record(t, tracing)
			if err := meters.Shutdown(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
			if text := out.String(); !strings.Contains(text, `"level":"WARN"`) || !strings.Contains(text, tt.want) || strings.Contains(text, "hunter2") {
				t.Errorf("got %s, want a warning about %s without secrets", text, tt.want)
			}
		})
	}
}

func TestSamplerIsTheSettingOrTheVariable(t *testing.T) {
	for _, tt := range []struct {
		ratio            float64
		sampler          string
		minimum, maximum int
	}{
		{1, "", 1000, 1000},
		{0, "", 0, 0},
		{0.1, "", 40, 200}, // more than six standard deviations
		{1, "always_off", 0, 0},
		{0, "parentbased_always_on", 1000, 1000},
		{0, "unknown", 0, 0},
	} {
		setenv(t, "OTEL_TRACES_SAMPLER="+tt.sampler)
		tracing, _ := open(t, Config{SampleRatio: tt.ratio})
		sampled := 0
		for range 1000 {
			_, span := tracing.Provider().Tracer("test").Start(t.Context(), "work")
			if span.SpanContext().IsSampled() {
				sampled++
			}
			span.End()
		}
		tracing.Close(context.WithoutCancel(t.Context()))
		if sampled < tt.minimum || sampled > tt.maximum {
			t.Errorf("%+v: got %d of 1000", tt, sampled)
		}
	}
}

func TestDisabledTracingRecordsNothing(t *testing.T) {
	received := collector.New(t)
	setenv(t, "OTEL_SDK_DISABLED=true", "OTEL_EXPORTER_OTLP_ENDPOINT="+received.HTTP())
	tracing, _ := open(t, Config{SampleRatio: 1})
	if span := record(t, tracing); span.IsValid() || len(received.Spans("")) > 0 || len(tracing.MetricOptions(t.Context())) != 1 {
		t.Errorf("got span %v, and %d at the collector", span, len(received.Spans("")))
	}
}

func TestSampleRatioIsChecked(t *testing.T) {
	for ratio, valid := range map[float64]bool{0: true, 0.1: true, 1: true, -0.1: false, 1.1: false} {
		if errs := (Config{SampleRatio: ratio}).Validate(); (len(errs) == 0) != valid {
			t.Errorf("%v: got %v", ratio, errs)
		}
	}
}
