//go:build !windows

package e2e

import (
	"net/http"
	"strings"
	"testing"
)

func TestErrorsHaveTheRequestIDAndOneLogLine(t *testing.T) {
	p := start(t, t.TempDir(), nil)
	c := newClient(t, "http://"+p.api)
	var refusal struct {
		Status    int
		RequestID string `json:"request_id"`
	}
	a := c.ask(http.MethodGet, "/v1/nothing", "", "X-Request-Id", "e2e-4711").want(t, http.StatusNotFound, &refusal)
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("got %s, want a problem", kind)
	}
	id := a.Header.Get("X-Request-Id")
	if id == "" || refusal.RequestID != id || refusal.Status != http.StatusNotFound {
		t.Errorf("got %+v with header %q, want one id and the status", refusal, id)
	}
	if a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("refusal has no security headers")
	}
	stop(t, p)
	lines := 0
	for _, entry := range p.log {
		if entry["request_id"] == id {
			lines++
		}
	}
	if lines != 1 {
		t.Errorf("request has %d lines in the log, want 1", lines)
	}
}

func TestMetricsHaveTheirOwnListener(t *testing.T) {
	p := start(t, t.TempDir(), nil)
	api, metrics := newClient(t, "http://"+p.api), newClient(t, "http://"+p.metrics)
	api.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	api.ask(http.MethodGet, "/v1/notes/none", "").want(t, http.StatusNotFound, nil)
	api.ask("BREW", "/coffee", "")

	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		api.ask(http.MethodGet, path, "").want(t, http.StatusNotFound, nil)
	}
	for _, path := range []string{"/health", "/v1/notes", "/debug/pprof/"} {
		metrics.ask(http.MethodGet, path, "").want(t, http.StatusNotFound, nil)
	}
	// A request is counted after its response.
	const idle = `http_server_active_requests{http_request_method="GET",url_scheme="http"} 0`
	var shown string
	eventually(t, "no request is active", func() bool {
		shown = metrics.ask(http.MethodGet, "/metrics", "").want(t, http.StatusOK, nil).body
		return strings.Contains(shown, idle)
	})
	for _, want := range []string{
		`http_server_request_duration_seconds_bucket{http_request_method="GET",http_response_status_code="200",http_route="/v1/notes",network_protocol_version="1.1",url_scheme="http",le="0.001"}`,
		`http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="404",http_route="/v1/notes/{id}",network_protocol_version="1.1",url_scheme="http"} 1`,
		`http_request_method="_OTHER"`,
		"http_server_request_body_size_bytes_count{",
		"http_server_response_body_size_bytes_count{",
		`api_version_requests_total{api_version="v1"`,
		`service_version="` + buildVersion + `"`,
		"\ngo_goroutine_count ",
		"\nprocess_cpu_seconds_total ",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, unwanted := range []string{"server_address", p.api, "otel_scope", "coffee", "BREW"} {
		if strings.Contains(shown, unwanted) {
			t.Errorf("metrics contain %q", unwanted)
		}
	}
}
