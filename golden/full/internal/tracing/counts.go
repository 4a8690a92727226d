package tracing

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// counts is what became of the spans that were recorded.
type counts struct {
	exported atomic.Int64 // the collector has them
	failed   atomic.Int64 // the collector did not take them
	dropped  atomic.Int64 // the queue was full
}

// Count lets meter show what becomes of spans, by the names that OpenTelemetry has
// for this.
func (t *Tracing) Count(meter metric.Meter) error {
	failed := metric.WithAttributes(attribute.String("error.type", "_OTHER"))
	full := metric.WithAttributes(attribute.String("error.type", "queue_full"))
	_, err := meter.Int64ObservableCounter("otel.sdk.exporter.span.exported",
		metric.WithUnit("{span}"), metric.WithDescription("Spans that were sent; with error.type, those that the collector did not take."),
		metric.WithInt64Callback(func(_ context.Context, out metric.Int64Observer) error {
			out.Observe(t.sent.exported.Load())
			out.Observe(t.sent.failed.Load(), failed)
			return nil
		}))
	if err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	_, err = meter.Int64ObservableCounter("otel.sdk.processor.span.processed",
		metric.WithUnit("{span}"), metric.WithDescription("Spans that left the queue; with error.type, those that found it full and were dropped."),
		metric.WithInt64Callback(func(_ context.Context, out metric.Int64Observer) error {
			out.Observe(t.sent.exported.Load() + t.sent.failed.Load())
			out.Observe(t.sent.dropped.Load(), full)
			return nil
		}))
	if err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	return nil
}
