// Package tracing records traces and exports them, and the metrics of the service, with OpenTelemetry.
//
// Environment variables configure the export, as for every program that uses OpenTelemetry. Without an endpoint nothing
// is exported. Telemetry never takes the service down: the package logs a wrong variable as a warning and goes on. A slow
// or missing collector loses spans. It delays no request, and the exit by at most flushTimeout.
package tracing

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// flushTimeout is how long Close waits for the last spans to be exported.
const flushTimeout = 1500 * time.Millisecond

// Tracing holds the tracer provider of the service, and what its metrics need to be exported.
type Tracing struct {
	log        *slog.Logger
	resource   *resource.Resource
	provider   trace.TracerProvider
	propagator propagation.TextMapPropagator
	shutdown   func(context.Context) error
}

// Open starts to record traces. It sets the global tracer provider and propagator, which instrumented libraries use.
func Open(ctx context.Context, cfg Config, log *slog.Logger, service, version, environment string) *Tracing {
	otel.SetErrorHandler(newErrorHandler(log))
	otel.SetLogger(newLogger(log))

	t := &Tracing{
		log:      log,
		resource: newResource(ctx, service, version, environment),
		// Baggage can hold personal data, so it leaves the service only if OTEL_PROPAGATORS names it.
		propagator: autoprop.NewTextMapPropagator(propagation.TraceContext{}),
		provider:   noop.NewTracerProvider(),
		shutdown:   func(context.Context) error { return nil },
	}
	if !disabled() {
		provider := sdktrace.NewTracerProvider(t.options(ctx, cfg)...)
		t.provider, t.shutdown = provider, provider.Shutdown
	}
	otel.SetTracerProvider(t.provider)
	otel.SetTextMapPropagator(t.propagator)
	log.InfoContext(ctx, "tracing", slog.Bool("spans_exported", exported("TRACES")), slog.Bool("metrics_exported", exported("METRICS")),
		slog.Float64("sample_ratio", cfg.SampleRatio), slog.String("sampler_override", os.Getenv("OTEL_TRACES_SAMPLER")))
	return t
}

func (t *Tracing) options(ctx context.Context, cfg Config) []sdktrace.TracerProviderOption {
	// Without an exporter, spans only have the ids for logs and headers. Recording them would take a fifth of the CPU time.
	unrecorded := []sdktrace.TracerProviderOption{sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample()))}
	if !exported("TRACES") {
		return unrecorded
	}
	countSpans()
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		t.log.WarnContext(ctx, "spans are not exported: check OTEL_TRACES_EXPORTER and OTEL_EXPORTER_OTLP_*", slog.Any("error", err))
		return unrecorded
	}
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(t.resource), sdktrace.WithBatcher(exporter)}
	// The SDK reads OTEL_TRACES_SAMPLER. It warns of a name that it does not know, and the setting applies.
	if !slices.Contains(samplers, strings.ToLower(os.Getenv("OTEL_TRACES_SAMPLER"))) {
		options = append(options, sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(cfg.SampleRatio))))
	}
	return options
}

// samplers are the values of OTEL_TRACES_SAMPLER that the SDK knows.
var samplers = []string{
	"always_on", "always_off", "traceidratio",
	"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
}

// newResource describes the service. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override the arguments.
func newResource(ctx context.Context, service, version, environment string) *resource.Resource {
	r, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.name", service),
			attribute.String("service.version", version),
			attribute.String("service.instance.id", uuid.NewString()),
			attribute.String("deployment.environment.name", environment),
		),
		resource.WithFromEnv(),
	)
	if err != nil {
		otel.Handle(err) // r has the attributes that are valid
	}
	return r
}

// MetricOptions returns the options of the meter provider: the resource, and the reader that exports metrics by OTLP.
// Call it once.
func (t *Tracing) MetricOptions(ctx context.Context) []sdkmetric.Option {
	options := []sdkmetric.Option{sdkmetric.WithResource(t.resource)}
	if !exported("METRICS") {
		return options
	}
	reader, err := autoexport.NewMetricReader(ctx)
	if err != nil {
		t.log.WarnContext(ctx, "metrics are not exported: check OTEL_METRICS_EXPORTER and OTEL_EXPORTER_OTLP_*", slog.Any("error", err))
		return options
	}
	return append(options, sdkmetric.WithReader(reader))
}

// Provider returns the tracer provider of the service.
func (t *Tracing) Provider() trace.TracerProvider { return t.provider }

// Propagator returns the propagator, which reads and writes the headers of a trace.
func (t *Tracing) Propagator() propagation.TextMapPropagator { return t.propagator }

// Close exports the last spans. It gives up after flushTimeout, or when ctx is done.
func (t *Tracing) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	if err := t.shutdown(ctx); err != nil {
		t.log.WarnContext(ctx, "the last spans were not exported", slog.Any("error", err))
	}
}

// exported reports whether the environment asks for a signal, TRACES or METRICS, to be exported. Without this check
// autoexport would export to localhost when no variable is set.
func exported(signal string) bool {
	exporter := os.Getenv("OTEL_" + signal + "_EXPORTER")
	switch {
	case disabled() || exporter == "none":
		return false
	case exporter == "prometheus": // the service always serves /metrics
		return false
	case exporter != "":
		return true
	}
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != ""
}

func disabled() bool { return strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") }

// countSpans makes the SDK count the spans that it exports and drops, for alerts. The SDK counts only if this
// experimental variable is set.
func countSpans() {
	const variable = "OTEL_GO_X_OBSERVABILITY"
	if os.Getenv(variable) == "" {
		_ = os.Setenv(variable, "true") // fails only for a malformed name
	}
}
