package tracing

import (
	"context"
	"net/url"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// newSpanExporter returns what sends spans. Beside the protocol, it reads the
// variables itself. Nothing is connected before there is something to send.
func newSpanExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	if traces.protocol() == protocolGRPC {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

// newMetricExporter returns what sends metrics, likewise.
func newMetricExporter(ctx context.Context) (sdkmetric.Exporter, error) {
	if metrics.protocol() == protocolGRPC {
		return otlpmetricgrpc.New(ctx)
	}
	return otlpmetrichttp.New(ctx)
}

// destination says for the log where a signal goes.
func (s signal) destination() string {
	to := s.endpoint()
	if to == "" {
		return "off"
	}
	if u, err := url.Parse(to); err == nil {
		to = u.Redacted()
	}
	return s.protocol() + " " + to
}
