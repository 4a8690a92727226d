package middleware

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// tracedServer is a testServer with a trace layer whose spans are recorded.
type tracedServer struct {
	testServer
	spans *tracetest.SpanRecorder
}

func newTracedServer(t testing.TB, routes testRouter, sampler sdktrace.Sampler, trustIncoming bool) tracedServer {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(spans))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	log, out := newLog(t, slog.LevelInfo)
	propagator := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	chain := slices.Insert(newChain(t, routes, defaultOptions(), log), 1, Trace(provider, propagator, true, trustIncoming))
	return tracedServer{testServer{Handler: chain.Then(routes), log: out}, spans}
}

// span returns the only span and its attributes.
func (s tracedServer) span(t testing.TB) (sdktrace.ReadOnlySpan, map[string]any) {
	t.Helper()
	ended := s.spans.Ended()
	if len(ended) != 1 {
		t.Fatalf("got %d spans, want 1", len(ended))
	}
	attrs := make(map[string]any)
	for _, a := range ended[0].Attributes() {
		attrs[string(a.Key)] = a.Value.AsInterface()
	}
	return ended[0], attrs
}

var tracedRoutes = testRouter{
	"/health":  {route: Route{Template: "/health", Probe: true}, serve: serveHello},
	"/notes/1": {route: Route{Template: "/notes/{id}"}, serve: serveHello},
}

func TestTraceAttributes(t *testing.T) {
	s := newTracedServer(t, tracedRoutes, sdktrace.AlwaysSample(), false)
	r := get("http://notes.example.com:8443/notes/1?q=tea&api_key=k&sig=s&key=k&code=c&auth=a")
	r.Header.Set("User-Agent", "test/1.0")
	r.Header.Set("X-Forwarded-For", "198.51.100.9") // not from a trusted proxy
	s.do(r)

	span, got := s.span(t)
	if span.Name() != "GET /notes/{id}" || span.SpanKind() != trace.SpanKindServer || span.Status().Code != codes.Unset {
		t.Errorf("got %s %s %v, want the server span GET /notes/{id}", span.SpanKind(), span.Name(), span.Status())
	}
	const mask = "%5Bredacted%5D"
	want := map[string]any{
		"http.request.method":       "GET",
		"http.route":                "/notes/{id}",
		"http.response.status_code": int64(200),
		"url.scheme":                "https",
		"url.path":                  "/notes/1",
		"url.query":                 "api_key=" + mask + "&auth=" + mask + "&code=" + mask + "&key=" + mask + "&q=tea&sig=" + mask,
		"server.address":            "notes.example.com",
		"server.port":               int64(8443),
		"client.address":            "192.0.2.1",
		"network.protocol.version":  "1.1",
		"user_agent.original":       "test/1.0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestProbesAreNotTraced(t *testing.T) {
	s := newTracedServer(t, tracedRoutes, sdktrace.AlwaysSample(), false)
	if w := s.do(get("/health")); len(s.spans.Started()) > 0 || w.Header().Get("X-Trace-Id") != "" {
		t.Errorf("got %d spans and %v, want none", len(s.spans.Started()), w.Header())
	}
}
