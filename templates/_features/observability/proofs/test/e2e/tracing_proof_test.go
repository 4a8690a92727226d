//go:build !windows

package e2e

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/acme/sample-service/test/collector"
)

// tracedWith starts the service with settings and variables of OpenTelemetry.
func tracedWith(t *testing.T, set settings, variables ...string) *process {
	t.Helper()
	cmd := serve(t, t.TempDir(), set)
	cmd.Env = append(cmd.Env, variables...)
	return run(t, cmd).listening()
}

func TestACallerDoesNotDecideAboutSampling(t *testing.T) {
	for ratio, want := range map[string]int{"0": 0, "1": 1} {
		received := collector.New(t)
		p := tracedWith(t, settings{"tracing.sample_ratio": ratio}, exportSoon, "OTEL_EXPORTER_OTLP_ENDPOINT="+received.HTTP())
		a := newClient(t, "http://"+p.api).ask(http.MethodGet, "/v1/notes", "", "Traceparent", traceparent).want(t, http.StatusOK, nil)
		stop(t, p)
		trace := a.Header.Get("X-Trace-Id")
		spans := requests(received)
		if len(spans) != want || trace == callerTrace {
			t.Fatalf("ratio %s: got trace %s and %+v, want %d spans of a new trace", ratio, trace, spans, want)
		}
		if want == 1 && (spans[0].TraceID != trace || spans[0].ParentID != "" || !slices.Equal(spans[0].Links, []string{callerTrace})) {
			t.Errorf("got %+v, want a root span that links to the caller", spans[0])
		}
	}
}

func TestProbesAreNotTraced(t *testing.T) {
	received := collector.New(t)
	p := tracedWith(t, nil, exportSoon, "OTEL_EXPORTER_OTLP_ENDPOINT="+received.HTTP())
	c := newClient(t, "http://"+p.api)
	for range 3 {
		c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
		c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
	}
	c.ask(http.MethodGet, "/health/deep", "").want(t, http.StatusNotFound, nil)
	stop(t, p)
	if got := requests(received); len(got) != 1 || got[0].Attributes["url.path"] != "/health/deep" {
		t.Errorf("got %+v, want only the request that is no probe", got)
	}
}

// Without limits, each wait for the collector would last ten minutes.
func TestAMissingCollectorDelaysNothing(t *testing.T) {
	refused := httptest.NewServer(nil)
	refused.Close()
	p := tracedWith(t, nil,
		"OTEL_EXPORTER_OTLP_ENDPOINT="+refused.URL, exportSoon, "OTEL_EXPORTER_OTLP_TIMEOUT=600000",
		"OTEL_BSP_EXPORT_TIMEOUT=600000", "OTEL_METRIC_EXPORT_TIMEOUT=600000", "OTEL_BSP_MAX_QUEUE_SIZE=50")
	c := newClient(t, "http://"+p.api)
	for range 300 {
		c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	}
	metrics := newClient(t, "http://"+p.metrics)
	eventually(t, "lost spans are counted", func() bool {
		for line := range strings.Lines(metrics.ask(http.MethodGet, "/metrics", "").body) {
			if strings.HasPrefix(line, "otel_sdk_") && strings.Contains(line, "error_type") {
				return true
			}
		}
		return false
	})
	began := time.Now()
	stop(t, p)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the stop took %s, want at most 5s", took)
	}
}

// The interval of the export is a minute, so these are the metrics of the last export.
func TestTheLastMetricsAreExportedAtTheEnd(t *testing.T) {
	received := collector.New(t)
	p := traced(t, received)
	newClient(t, "http://"+p.api).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	stop(t, p)
	if got := received.Metrics(); !slices.Contains(got, "http.server.request.duration") {
		t.Errorf("got %q, want the duration of requests", got)
	}
}

func TestAWrongVariableOfOpenTelemetryIsAWarning(t *testing.T) {
	p := tracedWith(t, nil, "OTEL_TRACES_EXPORTER=zipkin", "OTEL_METRICS_EXPORTER=prometheus", "OTEL_TRACES_SAMPLER=jaeger_remote")
	newClient(t, "http://"+p.api).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	p.await("spans are not exported: check OTEL_TRACES_EXPORTER and OTEL_EXPORTER_OTLP_*", "level", "WARN")
	p.await("telemetry failed", "error", "unsupported sampler: jaeger_remote")
	stop(t, p)
}

// The trace of a caller, which is sampled.
const (
	callerTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callerSpan  = "00f067aa0ba902b7"
	traceparent = "00-" + callerTrace + "-" + callerSpan + "-01"
)

// exportSoon is a variable that makes a service export its spans without the usual delay.
const exportSoon = "OTEL_BSP_SCHEDULE_DELAY=10"

// The client of the test calls two instances within one trace.
func TestATraceGoesThroughTwoInstances(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			received := collector.New(t)
			endpoint := received.HTTP()
			if protocol == "grpc" {
				endpoint = received.GRPC()
			}
			spanIDs := map[string]string{}
			for _, name := range []string{"first", "second"} {
				p := tracedWith(t, settings{"service.name": name, "tracing.sample_ratio": "0", "tracing.trust_incoming": "true"},
					exportSoon, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL="+protocol)
				c := newClient(t, "http://"+p.api)
				a := c.ask(http.MethodGet, "/v1/notes", "", "Traceparent", traceparent, "X-Request-Id", "e2e-4711").want(t, http.StatusOK, nil)
				spanIDs[name] = a.Header.Get("X-Span-Id")
				line := p.await("request", "request_id", "e2e-4711")
				if a.Header.Get("X-Trace-Id") != callerTrace || line["trace_id"] != callerTrace || line["span_id"] != spanIDs[name] {
					t.Errorf("%s: got headers %v and log %v, want the trace of the caller", name, a.Header, line)
				}
				c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil) // is not sampled
				stop(t, p)
			}
			spans := requests(received)
			if len(spans) != 2 {
				t.Fatalf("got %+v, want one span of each instance", spans)
			}
			for _, s := range spans {
				if s.SpanID != spanIDs[s.Resource["service.name"]] || s.TraceID != callerTrace || s.ParentID != callerSpan || s.Attributes["http.route"] != "/v1/notes" {
					t.Errorf("got %+v, want a child of the span of the caller", s)
				}
			}
			if got := received.Metrics(); !slices.Contains(got, "http.server.request.duration") {
				t.Errorf("got metrics %v, want those of requests", got)
			}
		})
	}
}

func TestMetricsHaveExemplars(t *testing.T) {
	p := tracedWith(t, nil, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.New(t).HTTP())
	a := newClient(t, "http://"+p.api).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	metrics := newClient(t, "http://"+p.metrics)
	want := `# {trace_id="` + a.Header.Get("X-Trace-Id") + `"`
	eventually(t, "a bucket has the exemplar "+want, func() bool { // the response is sent before it is measured
		shown := metrics.ask(http.MethodGet, "/metrics", "", "Accept", "application/openmetrics-text; version=1.0.0").want(t, http.StatusOK, nil).body
		for line := range strings.Lines(shown) {
			if strings.HasPrefix(line, "http_server_request_duration_seconds_bucket{") && strings.Contains(line, want) {
				return true
			}
		}
		return false
	})
}

func TestWithoutAnEndpointNothingIsExported(t *testing.T) {
	p := tracedWith(t, nil)
	a := newClient(t, "http://"+p.api).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	if line := p.await("request", "trace_id", a.Header.Get("X-Trace-Id")); line["span_id"] != a.Header.Get("X-Span-Id") {
		t.Errorf("got %v, want the ids of the response", line)
	}
	if got := newClient(t, "http://"+p.metrics).ask(http.MethodGet, "/metrics", "").want(t, http.StatusOK, nil).body; strings.Contains(got, "otel_sdk_span") {
		t.Errorf("got counts of spans, want none without an exporter:\n%s", got)
	}
	if line := p.await("tracing", "", nil); line["spans_exported"] != false || line["metrics_exported"] != false {
		t.Errorf("got %v, want no export", line)
	}
	stop(t, p)
	for _, entry := range p.log {
		if entry["level"] != "INFO" {
			t.Errorf("got %v, want no warnings", entry)
		}
	}
}
