package tracing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"

	"example.com/acme/sample-service/test/collector"
)

func TestBaggageIsPropagatedOnlyIfAsked(t *testing.T) {
	for propagators, want := range map[string]string{"": "", "tracecontext,baggage": "tenant=blue"} {
		setenv(t, "OTEL_PROPAGATORS="+propagators)
		tracing, _ := open(t, Config{})
		sent := propagation.MapCarrier{}
		received := propagation.MapCarrier{"baggage": "tenant=blue"}
		tracing.Propagator().Inject(tracing.Propagator().Extract(t.Context(), received), sent)
		tracing.Close(context.WithoutCancel(t.Context()))
		if sent["baggage"] != want {
			t.Errorf("OTEL_PROPAGATORS=%s: got baggage %q, want %q", propagators, sent["baggage"], want)
		}
	}
}

func TestErrorsAreLoggedAFewTimesAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		h := newErrorHandler(slog.New(slog.NewJSONHandler(&out, nil)))
		const failures = 90
		for range failures {
			h.Handle(errors.New("refused"))
			time.Sleep(time.Second)
		}
		lines, suppressed := 0, 0
		for line := range strings.Lines(out.String()) {
			var entry map[string]any
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatal(err)
			}
			if entry["msg"] != "telemetry failed" || entry["level"] != "WARN" || entry["error"] != "refused" {
				t.Errorf("got %v", entry)
			}
			lines++
			suppressed += int(entry["suppressed"].(float64))
		}
		// Five at once, then one every twelve seconds.
		if counted := lines + suppressed; lines < 11 || lines > 13 || counted > failures || counted < failures-12 {
			t.Errorf("got %d lines and %d suppressed errors for %d failures", lines, suppressed, failures)
		}
	})
}

func TestInstrumentedLibrariesFindTheProvider(t *testing.T) {
	setenv(t)
	tracing, _ := open(t, Config{SampleRatio: 1})
	defer tracing.Close(context.WithoutCancel(t.Context()))
	if otel.GetTracerProvider() != tracing.Provider() {
		t.Error("the global tracer provider is another one")
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
		setenv(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.New(t).HTTP(), "OTEL_TRACES_SAMPLER="+tt.sampler)
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

// A caller that is trusted has decided for the whole trace.
func TestSamplerFollowsTheParent(t *testing.T) {
	setenv(t)
	for parent, ratio := range map[trace.TraceFlags]float64{trace.FlagsSampled: 0, 0: 1} {
		tracing, _ := open(t, Config{SampleRatio: ratio})
		ctx := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: parent, Remote: true,
		}))
		_, span := tracing.Provider().Tracer("test").Start(ctx, "work")
		if span.SpanContext().TraceFlags() != parent {
			t.Errorf("got flags %s, want %s of the parent", span.SpanContext().TraceFlags(), parent)
		}
		span.End()
		tracing.Close(context.WithoutCancel(t.Context()))
	}
}

func TestVariablesOverrideTheResource(t *testing.T) {
	setenv(t, "OTEL_SERVICE_NAME=other", "OTEL_RESOURCE_ATTRIBUTES=team=blue")
	r := newResource(t.Context(), "shop", "v1.2.3", "staging")
	for key, want := range map[attribute.Key]string{"service.name": "other", "service.version": "v1.2.3", "team": "blue"} {
		if got, _ := r.Set().Value(key); got.AsString() != want {
			t.Errorf("%s: got %q, want %q", key, got.AsString(), want)
		}
	}
}

func TestMetricsAreExportedOnlyIfAsked(t *testing.T) {
	for variable, want := range map[string]int{
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:1/v1/traces":   1, // the resource
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://127.0.0.1:1/v1/metrics": 2, // and a reader
	} {
		t.Run(variable, func(t *testing.T) {
			setenv(t, variable)
			tracing, _ := open(t, Config{})
			options := tracing.MetricOptions(t.Context())
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			_ = sdkmetric.NewMeterProvider(options...).Shutdown(ended)
			tracing.Close(ended)
			if len(options) != want {
				t.Errorf("got %d options, want %d", len(options), want)
			}
		})
	}
}

// OpenTelemetry logs its warnings at verbosity 1, and what it does at higher ones.
func TestWarningsOfOpenTelemetryAreLogged(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(slog.New(slog.NewTextHandler(&out, nil)))
	log.V(1).Info("dropped")
	log.V(4).Info("created")
	if got := out.String(); !strings.Contains(got, "dropped") || strings.Contains(got, "created") {
		t.Errorf("got %s, want the warning only", got)
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
