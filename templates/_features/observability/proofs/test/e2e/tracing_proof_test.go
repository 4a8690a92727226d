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

func TestACallerDoesNotDecideAboutSampling(t *testing.T) {
	for ratio, want := range map[string]int{"0": 0, "1": 1} {
		received := collector.New(t)
		p := traced(t, settings{"tracing.sample_ratio": ratio}, exportSoon, "OTEL_EXPORTER_OTLP_ENDPOINT="+received.HTTP())
		a := newClient(t, "http://"+p.api, nil).ask(http.MethodGet, "/v1/notes", "", "Traceparent", traceparent).want(t, http.StatusOK, nil)
		stop(t, p)
		trace := a.Header.Get("X-Trace-Id")
		spans := requests(received, "")
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
	p := traced(t, nil, exportSoon, "OTEL_EXPORTER_OTLP_ENDPOINT="+received.HTTP())
	c := newClient(t, "http://"+p.api, nil)
	for range 3 {
		c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
		c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
	}
	c.ask(http.MethodGet, "/health/deep", "").want(t, http.StatusNotFound, nil)
	stop(t, p)
	if got := requests(received, ""); len(got) != 1 || got[0].Attributes["url.path"] != "/health/deep" {
		t.Errorf("got %+v, want only the request that is no probe", got)
	}
}

// Without limits, each wait for the collector would last ten minutes.
func TestAMissingCollectorDelaysNothing(t *testing.T) {
	refused := httptest.NewServer(nil)
	refused.Close()
	p := traced(t, nil,
		"OTEL_EXPORTER_OTLP_ENDPOINT="+refused.URL, exportSoon, "OTEL_EXPORTER_OTLP_TIMEOUT=600000",
		"OTEL_BSP_EXPORT_TIMEOUT=600000", "OTEL_METRIC_EXPORT_TIMEOUT=600000", "OTEL_BSP_MAX_QUEUE_SIZE=50")
	c := newClient(t, "http://"+p.api, nil)
	for range 300 {
		c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	}
	metrics := newClient(t, "http://"+p.metrics, nil)
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

func TestAWrongVariableOfOpenTelemetryIsAWarning(t *testing.T) {
	p := traced(t, nil, "OTEL_TRACES_EXPORTER=zipkin", "OTEL_METRICS_EXPORTER=prometheus", "OTEL_TRACES_SAMPLER=jaeger_remote")
	newClient(t, "http://"+p.api, nil).ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	p.await("spans are not exported: check OTEL_TRACES_EXPORTER and OTEL_EXPORTER_OTLP_*", "level", "WARN")
	p.await("telemetry failed", "error", "unsupported sampler: jaeger_remote")
	stop(t, p)
}
