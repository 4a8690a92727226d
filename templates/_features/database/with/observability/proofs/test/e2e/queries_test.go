//go:build !windows

package e2e

import (
	"net/http"
	"testing"

	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"example.com/acme/sample-service/test/collector"
)

func TestQueryIsPartOfTheTraceOfItsRequest(t *testing.T) {
	received := collector.New(t)
	p := traced(t, received)
	c := newClient(t, "http://"+p.api)
	a := c.ask(http.MethodPost, "/v1/notes", `{"owner":"ada","title":"First"}`).want(t, http.StatusCreated, nil)
	c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
	stop(t, p)

	queries := 0
	for _, s := range received.Spans("") {
		switch {
		case s.TraceID != a.Header.Get("X-Trace-Id"):
			t.Errorf("got span %s of no request, such as a check", s.Name)
		case s.Name == "CreateNote":
			queries++
			if s.Kind != trace.Span_SPAN_KIND_CLIENT || s.ParentID != a.Header.Get("X-Span-Id") || s.Attributes["db.system.name"] != "postgresql" {
				t.Errorf("got %+v, want a query within the span of the request", s)
			}
		}
	}
	if queries != 1 {
		t.Errorf("got %+v, want one query", received.Spans(""))
	}
}
