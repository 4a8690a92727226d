// Package telemetry collects the metrics of the service and exports them to Prometheus.
//
// Instruments use the OpenTelemetry API, so they do not depend on where their values go.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

// scope names the instruments of this service.
const scope = "github.com/acme/billing-api"

// flushTimeout is the time limit for exporting the last values at shutdown.
const flushTimeout = time.Second

// Telemetry holds the meter provider and the Prometheus registry.
type Telemetry struct {
	cfg      Config
	log      *slog.Logger
	provider *sdk.MeterProvider
	registry *prometheus.Registry
}

// Open starts collecting metrics. Options add the resource, and other exporters.
func Open(ctx context.Context, cfg Config, log *slog.Logger, options ...sdk.Option) (*Telemetry, error) {
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(
		otelprometheus.WithRegisterer(registry),
		otelprometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
		otelprometheus.WithoutScopeInfo(), // scope labels would add three labels to every series
	)
	if err != nil {
		return nil, fmt.Errorf("telemetry: open: %w", err)
	}
	provider := sdk.NewMeterProvider(append(options, sdk.WithReader(exporter))...)
	otel.SetMeterProvider(provider) // libraries record on the global one
	t := &Telemetry{cfg: cfg, log: log, provider: provider, registry: registry}
	if err := errors.Join(
		runtime.Start(runtime.WithMeterProvider(provider)),
		registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})),
	); err != nil {
		t.Close(ctx)
		return nil, fmt.Errorf("telemetry: open: %w", err)
	}
	return t, nil
}

// Meter returns the meter for the instruments of this service.
func (t *Telemetry) Meter() metric.Meter { return t.provider.Meter(scope) }

// CountLostLogLines registers a counter of the log lines that could not be written.
func (t *Telemetry) CountLostLogLines(lost func() int64) error {
	_, err := t.Meter().Int64ObservableCounter("log.lines.lost",
		metric.WithUnit("{line}"), metric.WithDescription("Log lines that could not be written."),
		metric.WithInt64Callback(func(_ context.Context, out metric.Int64Observer) error {
			out.Observe(lost())
			return nil
		}))
	return err
}

// Handler serves /metrics, and profiles if the settings allow them. Serve it on an internal listener only.
func (t *Telemetry) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true,
		ErrorLog:          slog.NewLogLogger(t.log.Handler(), slog.LevelError),
		ErrorHandling:     promhttp.ContinueOnError,
	}))
	if t.cfg.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// Close exports the last values before ctx is done.
func (t *Telemetry) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.ErrorContext(ctx, "the last metrics were not exported", slog.Any("error", err))
	}
}
