//go:build !windows

package e2e

import (
	"net/http"
	"slices"
	"testing"

	"example.com/acme/sample-service/test/collector"
)

// traced starts the service, which exports to the collector.
func traced(t *testing.T, received *collector.Collector) *process {
	t.Helper()
	cmd := serve(t, t.TempDir(), nil)
	cmd.Env = append(cmd.Env, "OTEL_EXPORTER_OTLP_ENDPOINT="+received.HTTP())
	return run(t, cmd).listening()
}

// requests returns the spans of requests, without those of queries and the like.
func requests(received *collector.Collector) []collector.Span {
	return slices.DeleteFunc(received.Spans(""), func(s collector.Span) bool { return s.Attributes["http.request.method"] == "" })
}

func TestTheLastSpansAreExportedAtTheEnd(t *testing.T) {
	received := collector.New(t)
	p := traced(t, received)
	c := newClient(t, "http://"+p.api)
	for range 50 {
		c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	}
	stop(t, p)
	if got := len(requests(received)); got != 50 {
		t.Errorf("got %d spans, want 50", got)
	}
}
