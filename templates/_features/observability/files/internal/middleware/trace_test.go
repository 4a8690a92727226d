package middleware

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"example.com/acme/sample-service/internal/logging"
	"example.com/acme/sample-service/internal/problem"
)

// The trace of a caller, which is sampled.
const (
	callerTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callerSpan  = "00f067aa0ba902b7"
	traceparent = "00-" + callerTrace + "-" + callerSpan + "-01"
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
	return tracedServer{newServerOf(t, routes, provider, trustIncoming), spans}
}

func newServerOf(t testing.TB, routes testRouter, provider trace.TracerProvider, trustIncoming bool) testServer {
	t.Helper()
	out := new(logBuffer)
	log, _, err := logging.New(logging.Config{Level: "info", Format: "json"}, "sample-service", out)
	if err != nil {
		t.Fatal(err)
	}
	propagator := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	chain := slices.Insert(newChain(t, routes, defaultOptions(), log), 1, Trace(provider, propagator, true, trustIncoming))
	return testServer{Handler: chain.Then(routes), log: out}
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
	"/fault":   {route: Route{Template: "/fault"}, serve: refuseTraced(http.StatusServiceUnavailable)},
	"/panic":   {route: Route{Template: "/panic"}, serve: func(http.ResponseWriter, *http.Request) { panic("boom") }},
	"/abort": {route: Route{Template: "/abort"}, serve: func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}},
}

func refuseTraced(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, problem.New(status, "", "10.0.0.7 is down"))
	}
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

func TestTraceStatus(t *testing.T) {
	for path, want := range map[string]struct {
		status    int64
		errorType any
		name      string
	}{
		"/notes/1": {200, nil, "GET /notes/{id}"},
		"/nowhere": {404, nil, "GET"},
		"/fault":   {503, "503", "GET /fault"},
		"/panic":   {500, "500", "GET /panic"},
		"/abort":   {500, "undelivered", "GET /abort"},
	} {
		s := newTracedServer(t, tracedRoutes, sdktrace.AlwaysSample(), false)
		func() {
			defer func() { _ = recover() }() // as the server does
			s.do(get(path))
		}()
		span, attrs := s.span(t)
		failed := span.Status().Code == codes.Error
		if attrs["http.response.status_code"] != want.status || attrs["error.type"] != want.errorType ||
			span.Name() != want.name || failed != (want.errorType != nil) {
			t.Errorf("%s: got %s with %v, %v, want %+v", path, span.Name(), attrs, span.Status(), want)
		}
		if span.Status().Description != "" || len(span.Events()) > 0 {
			t.Errorf("%s: got %v and %v, want the cause in the log only", path, span.Status(), span.Events())
		}
	}
}

func TestProbesAreNotTraced(t *testing.T) {
	s := newTracedServer(t, tracedRoutes, sdktrace.AlwaysSample(), false)
	if w := s.do(get("/health")); len(s.spans.Started()) > 0 || w.Header().Get("X-Trace-Id") != "" {
		t.Errorf("got %d spans and %v, want none", len(s.spans.Started()), w.Header())
	}
}

func TestCallersDecideOnlyIfTrusted(t *testing.T) {
	notSampled := strings.TrimSuffix(traceparent, "1") + "0"
	always, never := sdktrace.ParentBased(sdktrace.AlwaysSample()), sdktrace.ParentBased(sdktrace.NeverSample())
	for _, tt := range []struct {
		name, traceparent string
		trusted           bool
		sampler           sdktrace.Sampler
		sampled           bool
	}{
		{"not trusted, sampled", traceparent, false, never, false},
		{"not trusted, not sampled", notSampled, false, always, true},
		{"trusted, sampled", traceparent, true, never, true},
		{"trusted, not sampled", notSampled, true, always, false},
		{"no caller", "", true, always, true},
		{"malformed", "00-" + callerTrace + "-xx-01", true, never, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var ids trace.SpanContext
			var bag baggage.Baggage
			s := newTracedServer(t, testRouter{"/notes/1": {serve: func(_ http.ResponseWriter, r *http.Request) {
				ids, bag = trace.SpanContextFromContext(r.Context()), baggage.FromContext(r.Context())
			}}}, tt.sampler, tt.trusted)
			r := get("/notes/1")
			r.Header.Set("Traceparent", tt.traceparent)
			r.Header.Set("Baggage", "tenant=blue")
			w := s.do(r)

			continued := tt.trusted && strings.Contains(tt.traceparent, callerSpan)
			if ids.IsSampled() != tt.sampled || (ids.TraceID().String() == callerTrace) != continued {
				t.Errorf("got %v, want continued %t, sampled %t", ids, continued, tt.sampled)
			}
			if got := bag.Member("tenant").Value() == "blue"; got != tt.trusted {
				t.Errorf("got baggage %t, want %t", got, tt.trusted)
			}
			line := s.log.accessLine(t)
			traceID := ids.TraceID().String()
			if w.Header().Get("X-Trace-Id") != traceID || line["trace_id"] != traceID || line["span_id"] != ids.SpanID().String() {
				t.Errorf("got %v and %v, want the ids %v", w.Header(), line, ids)
			}
			if !tt.sampled {
				return
			}
			span, _ := s.span(t)
			linked := len(span.Links()) == 1 && span.Links()[0].SpanContext.SpanID().String() == callerSpan
			if linked != (!tt.trusted && tt.traceparent != "") {
				t.Errorf("got links %v", span.Links())
			}
		})
	}
}

func TestTracesAreOffWithoutAProvider(t *testing.T) {
	s := newServerOf(t, tracedRoutes, noop.NewTracerProvider(), false)
	w := s.do(get("/notes/1"))
	if w.Code != http.StatusOK || w.Header().Get("X-Trace-Id") != "" || s.log.accessLine(t)["trace_id"] != nil {
		t.Errorf("got %d %v and %s, want no ids", w.Code, w.Header(), s.log)
	}
}
