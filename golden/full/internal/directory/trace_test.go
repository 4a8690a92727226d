package directory

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/request"
)

// tracedContext records the spans that are made in the context that it returns.
func tracedContext(t *testing.T) (context.Context, trace.Span, *tracetest.SpanRecorder) {
	t.Helper()
	before := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	t.Cleanup(func() { otel.SetTextMapPropagator(before) })
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	ctx, span := provider.Tracer("test").Start(t.Context(), "request")
	t.Cleanup(func() { span.End() })
	return ctx, span, spans
}

func TestACallIsASpanThatTheDirectoryLearnsOf(t *testing.T) {
	ctx, caller, spans := tracedContext(t)
	member, err := baggage.NewMember("tenant", "blue")
	if err != nil {
		t.Fatal(err)
	}
	bag, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	ctx = request.With(baggage.ContextWithBaggage(ctx, bag), &request.Record{ID: "req_1"})

	asked := make(chan http.Header, 1)
	d := served(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header
		w.WriteHeader(http.StatusNotFound)
	})
	if known, err := d.Knows(ctx, "ada"); known || err != nil {
		t.Fatalf("got %t, %v, want an unknown owner", known, err)
	}

	ended := spans.Ended()
	if len(ended) != 1 {
		t.Fatalf("got %d spans, want 1", len(ended))
	}
	span := ended[0]
	if span.Name() != "GET /{owner}" || span.SpanKind() != trace.SpanKindClient || span.Parent().SpanID() != caller.SpanContext().SpanID() {
		t.Errorf("got %s %s within %s, want the client span GET /{owner} within %s", span.SpanKind(), span.Name(), span.Parent().SpanID(), caller.SpanContext().SpanID())
	}
	attrs := attribute.NewSet(span.Attributes()...)
	for name, want := range map[attribute.Key]string{"http.request.method": "GET", "server.address": "127.0.0.1"} {
		if got, _ := attrs.Value(name); got.AsString() != want {
			t.Errorf("%s: got %q, want %q", name, got.AsString(), want)
		}
	}
	if got, _ := attrs.Value("http.response.status_code"); got.AsInt64() != http.StatusNotFound {
		t.Errorf("got status %v, want 404", got)
	}

	header := <-asked
	traceID, spanID := span.SpanContext().TraceID().String(), span.SpanContext().SpanID().String()
	for name, want := range map[string]string{
		"Traceparent":  "00-" + traceID + "-" + spanID + "-01",
		"Baggage":      "tenant=blue",
		"X-Trace-Id":   traceID,
		"X-Span-Id":    spanID,
		"X-Request-Id": "req_1",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestACallThatFailsIsASpanThatSaysSo(t *testing.T) {
	ctx, _, spans := tracedContext(t)
	closed := httptest.NewServer(nil)
	closed.Close()
	if _, err := open(t, closed.URL, time.Second).Knows(ctx, "ada"); !errors.Is(err, note.ErrUnavailable) {
		t.Fatalf("got %v, want %v", err, note.ErrUnavailable)
	}
	ended := spans.Ended()
	if len(ended) != 1 || ended[0].Status().Code != codes.Error {
		t.Errorf("got %v, want one span with an error", ended)
	}
}

func TestOutsideOfATraceNoIDsAreMadeUp(t *testing.T) {
	asked := make(chan http.Header, 1)
	d := served(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.Header })
	if _, err := d.Knows(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	if header := <-asked; header.Get("X-Trace-Id") != "" || header.Get("Traceparent") != "" {
		t.Errorf("got %v, want no trace", header)
	}
}
