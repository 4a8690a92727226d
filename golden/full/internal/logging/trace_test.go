package logging

import (
	"bytes"
	"context"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/acme/billing-api/internal/request"
)

// spanOf returns a context in a span that is not sampled.
func spanOf(ctx context.Context, id byte) (context.Context, trace.SpanContext) {
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 15: id}, SpanID: trace.SpanID{2, 7: id}})
	return trace.ContextWithSpanContext(ctx, span), span
}

func TestLinesHaveTheIDsOfTheSpanTheyAreWrittenIn(t *testing.T) {
	served, request1 := spanOf(t.Context(), 1)
	rec := &request.Record{ID: "req_1", TraceID: request1.TraceID().String(), SpanID: request1.SpanID().String()}
	served = request.With(served, rec)
	inner, call := spanOf(served, 2)
	background, job := spanOf(t.Context(), 3)

	for name, tt := range map[string]struct {
		ctx  context.Context
		span trace.SpanContext
	}{"request": {served, request1}, "call within it": {inner, call}, "background": {background, job}} {
		var buf bytes.Buffer
		jsonLogger(t, &buf).InfoContext(tt.ctx, "stored")
		got := line(t, &buf)
		if got["trace_id"] != tt.span.TraceID().String() || got["span_id"] != tt.span.SpanID().String() {
			t.Errorf("%s: got %v, want the ids of %v", name, got, tt.span)
		}
	}

	var buf bytes.Buffer
	jsonLogger(t, &buf).InfoContext(t.Context(), "started")
	got := line(t, &buf)
	if _, ok := got["trace_id"]; ok {
		t.Errorf("got %v outside of a span, want no ids", got)
	}
}
