package middleware

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"example.com/acme/sample-service/internal/problem"
)

// The trace of a caller, which is sampled.
const (
	callerTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callerSpan  = "00f067aa0ba902b7"
	traceparent = "00-" + callerTrace + "-" + callerSpan + "-01"
)

func TestTraceStatus(t *testing.T) {
	routes := testRouter{
		"/notes/1": {route: Route{Template: "/notes/{id}"}, serve: serveHello},
		"/fault": {route: Route{Template: "/fault"}, serve: func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, problem.New(http.StatusServiceUnavailable, "", "10.0.0.7 is down"))
		}},
		"/panic": {route: Route{Template: "/panic"}, serve: func(http.ResponseWriter, *http.Request) { panic("boom") }},
		"/abort": {route: Route{Template: "/abort"}, serve: func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}},
	}
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
		s := newTracedServer(t, routes, sdktrace.AlwaysSample(), false)
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
	log, out := newLog(t, slog.LevelInfo)
	off := Trace(noop.NewTracerProvider(), propagation.TraceContext{}, true, false)
	s := testServer{slices.Insert(newChain(t, tracedRoutes, defaultOptions(), log), 1, off).Then(tracedRoutes), out}
	w := s.do(get("/notes/1"))
	if w.Code != http.StatusOK || w.Header().Get("X-Trace-Id") != "" || s.log.accessLine(t)["trace_id"] != nil {
		t.Errorf("got %d %v and %s, want no ids", w.Code, w.Header(), s.log)
	}
}
