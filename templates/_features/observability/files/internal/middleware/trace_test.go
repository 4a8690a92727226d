package middleware

import (
	"context"
	"net/http"
	"net/http/httptest"
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
	"example.com/acme/sample-service/internal/request"
)

// The trace of a caller, which is sampled.
const (
	callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan  = "00f067aa0ba902b7"
	traceparent  = "00-" + callersTrace + "-" + callersSpan + "-01"
)

func w3c() propagation.TextMapPropagator {
	return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
}

// traced is a site behind the chain with its traces, and what was recorded and logged.
type traced struct {
	stand
	spans *tracetest.SpanRecorder
}

func tracedOf(t testing.TB, s site, sampler sdktrace.Sampler, secure bool) traced {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(spans))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	out := new(lines)
	log, _, err := logging.New(logging.Config{Level: "debug", Format: "json"}, "sample-service", out)
	if err != nil {
		t.Fatal(err)
	}
	chain := slices.Insert(chainOf(t, s, defaults(), log), 1, Trace(provider, w3c(), secure, true))
	return traced{stand{Handler: chain.Then(s), log: out}, spans}
}

// one returns the only span.
func (s traced) one(t testing.TB) sdktrace.ReadOnlySpan {
	t.Helper()
	ended := s.spans.Ended()
	if len(ended) != 1 {
		t.Fatalf("got %d spans, want 1", len(ended))
	}
	return ended[0]
}

func attributesOf(span sdktrace.ReadOnlySpan) map[string]any {
	all := make(map[string]any)
	for _, a := range span.Attributes() {
		all[string(a.Key)] = a.Value.AsInterface()
	}
	return all
}

func tracedSite() site {
	return site{
		"/health":  {route: Route{Template: "/health", Probe: true}, serve: hello},
		"/notes/1": {route: Route{Template: "/notes/{id}"}, serve: hello},
		"/fault": {route: Route{Template: "/fault"}, serve: func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, problem.New(http.StatusServiceUnavailable, "", "10.0.0.7 is down"))
		}},
		"/panic": {route: Route{Template: "/panic"}, serve: func(http.ResponseWriter, *http.Request) { panic("boom") }},
		"/half": {route: Route{Template: "/half"}, serve: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("half an answer"))
			panic(http.ErrAbortHandler)
		}},
		"/silent": {route: Route{Template: "/silent"}, serve: func(http.ResponseWriter, *http.Request) {}},
	}
}

func TestASpanDescribesItsRequest(t *testing.T) {
	s := tracedOf(t, tracedSite(), sdktrace.AlwaysSample(), true)
	r := get("http://notes.example.com:8443/notes/1?q=tea&api_key=k-4711")
	r.Header.Set("User-Agent", "test/1.0")
	r.Header.Set("X-Forwarded-For", "198.51.100.9") // of somebody who is no trusted proxy
	s.do(r)

	span := s.one(t)
	if span.Name() != "GET /notes/{id}" || span.SpanKind() != trace.SpanKindServer {
		t.Errorf("got %s %s, want the server span GET /notes/{id}", span.SpanKind(), span.Name())
	}
	want := map[string]any{
		"http.request.method":       "GET",
		"http.route":                "/notes/{id}",
		"http.response.status_code": int64(200),
		"url.scheme":                "https",
		"url.path":                  "/notes/1",
		"url.query":                 "api_key=%5Bredacted%5D&q=tea",
		"server.address":            "notes.example.com",
		"server.port":               int64(8443),
		"client.address":            "192.0.2.1",
		"network.protocol.version":  "1.1",
		"user_agent.original":       "test/1.0",
	}
	if diff := cmp.Diff(want, attributesOf(span)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if span.Status().Code != codes.Unset {
		t.Errorf("got status %v, want none", span.Status())
	}
}

func TestOnlyAFailureOfTheServiceIsAnError(t *testing.T) {
	for path, want := range map[string]struct {
		status int64
		code   codes.Code
		name   string
	}{
		"/notes/1": {200, codes.Unset, "GET /notes/{id}"},
		"/nowhere": {404, codes.Unset, "GET"},
		"/fault":   {503, codes.Error, "GET /fault"},
		"/panic":   {500, codes.Error, "GET /panic"},
		"/half":    {500, codes.Error, "GET /half"},
	} {
		t.Run(path, func(t *testing.T) {
			s := tracedOf(t, tracedSite(), sdktrace.AlwaysSample(), false)
			func() {
				defer func() { _ = recover() }() // as the server does
				s.do(get(path))
			}()
			span := s.one(t)
			attrs := attributesOf(span)
			if attrs["http.response.status_code"] != want.status || span.Status().Code != want.code || span.Name() != want.name {
				t.Errorf("got %s, status %v, %v, want %+v", span.Name(), attrs["http.response.status_code"], span.Status(), want)
			}
			if span.Status().Description != "" || len(span.Events()) > 0 {
				t.Errorf("got %v and %v, want the cause in the log only", span.Status(), span.Events())
			}
			if _, failed := attrs["error.type"]; failed != (want.code == codes.Error) {
				t.Errorf("got error.type %v", attrs["error.type"])
			}
		})
	}
}

func TestACallerThatLeftIsNoError(t *testing.T) {
	s := tracedOf(t, tracedSite(), sdktrace.AlwaysSample(), false)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	s.do(get("/silent").WithContext(ctx))
	span := s.one(t)
	if got := attributesOf(span)["http.response.status_code"]; got != int64(499) || span.Status().Code != codes.Unset {
		t.Errorf("got status %v, %v, want 499 as in the log", got, span.Status())
	}
}

func TestWhatCallersChooseIsBounded(t *testing.T) {
	s := tracedOf(t, tracedSite(), sdktrace.AlwaysSample(), false)
	long := strings.Repeat("x", 10_000)
	r := httptest.NewRequest(strings.Repeat("BREW", 100), "/"+long+"?q="+long, nil)
	r.Host = long
	r.Header.Set("User-Agent", long)
	r.Header.Set("X-Anything", "not recorded")
	s.do(r)
	span := s.one(t)
	if span.Name() != "HTTP" {
		t.Errorf("got name %.50s, want HTTP", span.Name())
	}
	for name, value := range attributesOf(span) {
		if text, ok := value.(string); ok && (len(text) > 256 || strings.Contains(text, "not recorded")) {
			t.Errorf("%s has %d bytes", name, len(text))
		}
	}
	if got := attributesOf(span)["http.request.method"]; got != "_OTHER" {
		t.Errorf("got method %v, want _OTHER", got)
	}
}

func TestProbesAreNotTraced(t *testing.T) {
	s := tracedOf(t, tracedSite(), sdktrace.AlwaysSample(), false)
	w := s.do(get("/health"))
	if n := len(s.spans.Started()); n > 0 || w.Header().Get(request.HeaderTraceID) != "" {
		t.Errorf("got %d spans and %v, want none", n, w.Header())
	}
	s.do(get("/health/other")) // whose path begins like that of a probe
	s.one(t)
}

func TestATraceGoesOnWithItsDecision(t *testing.T) {
	for _, tt := range []struct {
		name, traceparent string
		sampler           sdktrace.Sampler
		sampled           bool
	}{
		{"sampled by the caller", traceparent, sdktrace.ParentBased(sdktrace.NeverSample()), true},
		{"not sampled by the caller", strings.TrimSuffix(traceparent, "1") + "0", sdktrace.ParentBased(sdktrace.AlwaysSample()), false},
		{"begun here", "", sdktrace.ParentBased(sdktrace.AlwaysSample()), true},
		{"begun here, not sampled", "", sdktrace.ParentBased(sdktrace.NeverSample()), false},
		{"malformed", "00-" + callersTrace + "-xx-01", sdktrace.ParentBased(sdktrace.NeverSample()), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var span trace.SpanContext
			var bag baggage.Baggage
			pages := tracedSite()
			pages["/notes/1"] = page{route: pages["/notes/1"].route, serve: func(_ http.ResponseWriter, r *http.Request) {
				span, bag = trace.SpanContextFromContext(r.Context()), baggage.FromContext(r.Context())
			}}
			s := tracedOf(t, pages, tt.sampler, false)
			r := get("/notes/1")
			if tt.traceparent != "" {
				r.Header.Set("Traceparent", tt.traceparent)
			}
			r.Header.Set("Baggage", "tenant=blue")
			w := s.do(r)

			ids := [2]string{span.TraceID().String(), span.SpanID().String()}
			continued := strings.Contains(tt.traceparent, callersSpan)
			if span.IsSampled() != tt.sampled || (ids[0] == callersTrace) != continued || ids[1] == callersSpan {
				t.Errorf("got trace %s, sampled %t, want %t", ids[0], span.IsSampled(), tt.sampled)
			}
			if got := bag.Member("tenant").Value(); got != "blue" {
				t.Errorf("got baggage %q, want blue", got)
			}
			if got := [2]string{w.Header().Get("X-Trace-Id"), w.Header().Get("X-Span-Id")}; got != ids {
				t.Errorf("got %v on the response, want %v", got, ids)
			}
			line := s.log.one(t)
			if got := [2]string{line["trace_id"].(string), line["span_id"].(string)}; got != ids {
				t.Errorf("got %v in the log, want %v", got, ids)
			}
			if tt.sampled && continued {
				if parent := s.one(t).Parent(); parent.SpanID().String() != callersSpan || !parent.IsRemote() {
					t.Errorf("got parent %v, want the span of the caller", parent)
				}
			}
		})
	}
}

func TestSwitchedOffNothingIsMade(t *testing.T) {
	out := new(lines)
	log, _, err := logging.New(logging.Config{Level: "info", Format: "json"}, "sample-service", out)
	if err != nil {
		t.Fatal(err)
	}
	s := tracedSite()
	chain := slices.Insert(chainOf(t, s, defaults(), log), 1, Trace(noop.NewTracerProvider(), w3c(), false, true))
	w := httptest.NewRecorder()
	chain.Then(s).ServeHTTP(w, get("/notes/1"))
	if w.Code != http.StatusOK || w.Header().Get("X-Trace-Id") != "" || out.one(t)["trace_id"] != nil {
		t.Errorf("got %d %v and %s, want no ids", w.Code, w.Header(), out)
	}
}

func TestHostIsSplit(t *testing.T) {
	for in, want := range map[string]struct {
		host string
		port int
	}{
		"": {}, "a.b": {"a.b", 0}, "a.b:80": {"a.b", 80}, "a.b:": {"a.b", 0}, "a.b:x": {"a.b", 0}, "a.b:99999": {"a.b", 0},
		"[::1]": {"::1", 0}, "[::1]:8080": {"::1", 8080},
	} {
		if host, port := splitHost(in); host != want.host || port != want.port {
			t.Errorf("%q: got %q and %d, want %+v", in, host, port, want)
		}
	}
}

// BenchmarkTrace is what the layer costs a request on top of the record: in a trace that is recorded, in one that is
// not, and when OpenTelemetry is switched off.
func BenchmarkTrace(b *testing.B) {
	for _, w := range tracedWorkloads(b) {
		b.Run(w.name, func(b *testing.B) {
			run := w.run()
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}

// tracedWorkloads are those of the layer; see workload.
func tracedWorkloads(t testing.TB) []workload {
	t.Helper()
	providerOf := func(sampler sdktrace.Sampler) trace.TracerProvider {
		provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler), sdktrace.WithSpanProcessor(discard{}))
		t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
		return provider
	}
	continued := benchRequest()
	continued.Header.Set("Traceparent", traceparent)
	return []workload{
		{"trace/recorded", Chain{Trace(providerOf(sdktrace.AlwaysSample()), w3c(), false, true)}, benchRequest(), 16},
		{"trace/continued", Chain{Trace(providerOf(sdktrace.AlwaysSample()), w3c(), false, true)}, continued, 19},
		{"trace/not_sampled", Chain{Trace(providerOf(sdktrace.NeverSample()), w3c(), false, true)}, benchRequest(), 9},
		{"trace/off", Chain{Trace(noop.NewTracerProvider(), w3c(), false, true)}, benchRequest(), 5},
	}
}

// discard is a processor that keeps nothing.
type discard struct{}

func (discard) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (discard) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (discard) Shutdown(context.Context) error                  { return nil }
func (discard) ForceFlush(context.Context) error                { return nil }
