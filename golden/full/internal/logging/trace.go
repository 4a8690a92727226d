package logging

import (
	"context"
	"encoding/hex"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/acme/billing-api/internal/request"
)

// traceAttrs appends the ids of the span that ctx is in, whether it is sampled or
// not. Those of the request's own span stand in the record, ready to be written.
func traceAttrs(ctx context.Context, rec *request.Record, attrs []slog.Attr) []slog.Attr {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return attrs
	}
	var spanID [2 * len(trace.SpanID{})]byte
	id := span.SpanID()
	hex.Encode(spanID[:], id[:])
	if string(spanID[:]) == rec.SpanID {
		return append(attrs, slog.String("trace_id", rec.TraceID), slog.String("span_id", rec.SpanID))
	}
	return append(attrs, slog.String("trace_id", span.TraceID().String()), slog.String("span_id", string(spanID[:])))
}
