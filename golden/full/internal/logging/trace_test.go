package logging

import (
	"bytes"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/acme/billing-api/internal/request"
)

func TestLinesHaveTheIDsOfTheirSpan(t *testing.T) {
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 15: 2}, SpanID: trace.SpanID{2, 7: 3}})
	ctx := trace.ContextWithSpanContext(request.With(t.Context(), &request.Record{ID: "req_1"}), span)
	var buf bytes.Buffer
	jsonLogger(t, &buf).InfoContext(ctx, "stored")
	got := readLine(t, &buf)
	if got["trace_id"] != span.TraceID().String() || got["span_id"] != span.SpanID().String() {
		t.Errorf("got %v, want the ids of %v", got, span)
	}

	buf.Reset()
	jsonLogger(t, &buf).InfoContext(t.Context(), "started")
	if got, ok := readLine(t, &buf)["trace_id"]; ok {
		t.Errorf("got %v outside of a span, want no id", got)
	}
}
