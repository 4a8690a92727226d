package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
)

// recorded installs a global tracer provider that keeps all spans, until the test ends.
func recorded(t *testing.T) *tracetest.SpanRecorder {
	t.Helper()
	before := otel.GetTracerProvider()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	otel.SetTracerProvider(provider)
	t.Cleanup(func() {
		otel.SetTracerProvider(before)
		_ = provider.Shutdown(context.WithoutCancel(t.Context()))
	})
	return spans
}

// named returns the ended spans with a name.
func named(spans *tracetest.SpanRecorder, name string) []sdktrace.ReadOnlySpan {
	var found []sdktrace.ReadOnlySpan
	for _, s := range spans.Ended() {
		if s.Name() == name {
			found = append(found, s)
		}
	}
	return found
}

func TestQueryHasASpanWithoutItsArguments(t *testing.T) {
	spans := recorded(t)
	notes := open(t, nil).Notes()
	ctx, request := otel.Tracer("test").Start(t.Context(), "request")
	n := note.Note{ID: note.NewID(), Owner: "ada-4711", Title: "title-4711", Body: "body-4711", Version: 1, CreatedAt: time.Now(), UpdatedAt: time.Now()}
	if err := notes.Create(ctx, n); err != nil {
		t.Fatal(err)
	}
	if err := notes.Create(ctx, n); !errors.Is(err, domain.ErrExists) {
		t.Fatalf("got %v, want %v", err, domain.ErrExists)
	}
	request.End()

	created := named(spans, "CreateNote")
	if len(created) != 2 {
		t.Fatalf("got %d spans of CreateNote, want one for each call", len(created))
	}
	for _, s := range created {
		if s.SpanKind() != trace.SpanKindClient || s.Parent().SpanID() != request.SpanContext().SpanID() {
			t.Errorf("got a %s span within %s, want a client span within the request", s.SpanKind(), s.Parent().SpanID())
		}
		attrs := attribute.NewSet(s.Attributes()...)
		if got, _ := attrs.Value("db.system.name"); got.AsString() != "postgresql" {
			t.Errorf("got database %q, want postgresql", got.AsString())
		}
	}
	for _, s := range spans.Ended() {
		said := []string{s.Name(), s.Status().Description}
		for _, a := range s.Attributes() {
			said = append(said, a.Value.String())
		}
		for _, e := range s.Events() {
			for _, a := range e.Attributes {
				said = append(said, a.Value.String())
			}
		}
		for _, text := range said {
			if strings.Contains(text, "4711") || strings.Contains(text, n.ID) {
				t.Errorf("%s contains an argument: %s", s.Name(), text)
			}
		}
	}
}
