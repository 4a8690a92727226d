// Package tracing records traces by OpenTelemetry, and sends them, and the
// metrics, to a collector by OTLP.
//
// Nothing is sent, and nobody is called, unless a variable of OpenTelemetry says
// where. A collector that is slow or gone costs spans, never a request: they wait
// in a queue of fixed size, and what does not fit is dropped and counted. It does
// not hold up the end of the process either.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
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

// flushTimeout bounds how long the end of the process waits for the last spans to
// leave it.
const flushTimeout = 1500 * time.Millisecond

// Tracing holds the tracer provider, and what sends telemetry away.
type Tracing struct {
	log        *slog.Logger
	resource   *resource.Resource
	metrics    sdkmetric.Exporter // nil if metrics are not sent
	queue      *queue             // nil if traces are not sent
	provider   trace.TracerProvider
	propagator propagation.TextMapPropagator
	sent       counts
	shutdown   func(context.Context) error
}

// Open starts to record traces for the build of a service in an environment. It
// makes the tracer provider and the propagator those of the process, which is
// where instrumented libraries look for them.
func Open(ctx context.Context, cfg Config, log *slog.Logger, service, version, environment string) (*Tracing, error) {
	otel.SetErrorHandler(&reporter{log: log})
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))

	t := &Tracing{log: log, propagator: autoprop.NewTextMapPropagator()}
	if err := t.open(ctx, cfg, service, version, environment); err != nil {
		return nil, fmt.Errorf("tracing: open: %w", err)
	}
	otel.SetTracerProvider(t.provider)
	otel.SetTextMapPropagator(t.propagator)
	log.InfoContext(ctx, "tracing", slog.String("sampler", cfg.samplerName()),
		slog.String("traces", traces.destination()), slog.String("metrics", metrics.destination()))
	return t, nil
}

func (t *Tracing) open(ctx context.Context, cfg Config, service, version, environment string) error {
	var err error
	t.resource, err = resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.name", service),
			attribute.String("service.version", version),
			attribute.String("service.instance.id", uuid.NewString()),
			attribute.String("deployment.environment.name", environment),
		),
		resource.WithFromEnv(), // has the last word
	)
	if err != nil {
		return err
	}
	if metrics.endpoint() != "" {
		if t.metrics, err = newMetricExporter(ctx); err != nil {
			return err
		}
	}
	if disabled() {
		t.provider = noop.NewTracerProvider()
		t.shutdown = func(context.Context) error { return nil }
		return nil
	}
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(t.resource)}
	if samplerVariable() == "" { // else the library reads it
		options = append(options, sdktrace.WithSampler(cfg.sampler()))
	}
	if traces.endpoint() != "" {
		exporter, err := newSpanExporter(ctx)
		if err != nil {
			return err
		}
		t.queue = newQueue(exporter, &t.sent)
		options = append(options, sdktrace.WithSpanProcessor(t.queue))
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.provider = provider
	t.shutdown = func(ctx context.Context) error {
		err := provider.Shutdown(ctx)
		if t.queue != nil { // which a provider that is told too late does not tell
			err = errors.Join(err, t.queue.Shutdown(ctx))
		}
		return err
	}
	return nil
}

// sampler decides about traces that begin here; about others, the caller has.
func (c Config) sampler() sdktrace.Sampler {
	return sdktrace.ParentBased(sdktrace.TraceIDRatioBased(c.SampleRatio))
}

// samplerName says which sampler is in force, in the words of the variables.
func (c Config) samplerName() string {
	if name := samplerVariable(); name != "" {
		return strings.TrimSpace(name + " " + env(os.Getenv, envSamplerArg))
	}
	return fmt.Sprintf("parentbased_traceidratio %g", c.SampleRatio)
}

// Export returns options for the metrics of the service: whose they are, and where
// they go beside Prometheus. It is called once.
func (t *Tracing) Export() []sdkmetric.Option {
	options := []sdkmetric.Option{sdkmetric.WithResource(t.resource)}
	if t.metrics != nil {
		options = append(options, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(t.metrics)))
	}
	return options
}

// Provider makes the tracers of the service.
func (t *Tracing) Provider() trace.TracerProvider { return t.provider }

// Propagator reads and writes the headers by which a trace goes from one service to
// the next.
func (t *Tracing) Propagator() propagation.TextMapPropagator { return t.propagator }

// Close sends what is left, as far as ctx allows it.
func (t *Tracing) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	if err := t.shutdown(ctx); err != nil {
		t.log.ErrorContext(ctx, "traces were not flushed", slog.Any("error", err))
	}
}
