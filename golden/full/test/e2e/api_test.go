//go:build !windows

package e2e

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type noteBody struct {
	ID      string
	Owner   string
	Title   string
	Body    string
	Version int
}

func TestProbes(t *testing.T) {
	p := start(t, t.TempDir(), settings{"service.name": "shop"})
	c := newClient(t, "http://"+p.api, nil)

	var live struct{ Status, Service, Version, Commit string }
	c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, &live)
	if live.Status != "healthy" || live.Service != "shop" || live.Version != buildVersion || live.Commit == "" {
		t.Errorf("got %+v, want healthy, shop, %s and a commit", live, buildVersion)
	}

	var ready struct {
		Ready        bool
		Dependencies map[string]struct{ Healthy bool }
	}
	c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, &ready)
	if !ready.Ready || len(ready.Dependencies) == 0 {
		t.Errorf("got %+v, want ready with dependencies", ready)
	}
	for name, dependency := range ready.Dependencies {
		if !dependency.Healthy {
			t.Errorf("%s is not healthy", name)
		}
	}
}

func TestLifeOfANote(t *testing.T) {
	p := start(t, t.TempDir(), nil)
	c := newClient(t, "http://"+p.api, nil)

	var created, read, changed noteBody
	a := c.ask(http.MethodPost, "/v1/notes", `{"owner":"ada","title":"Groceries","body":"Milk"}`).want(t, http.StatusCreated, &created)
	path := a.Header.Get("Location")
	if path != "/v1/notes/"+created.ID {
		t.Errorf("got location %q of note %q", path, created.ID)
	}

	a = c.ask(http.MethodGet, path, "").want(t, http.StatusOK, &read)
	if diff := cmp.Diff(created, read); diff != "" {
		t.Errorf("read is not what was created: %s", diff)
	}
	tag := a.Header.Get("ETag")
	c.ask(http.MethodGet, path, "", "If-None-Match", tag).want(t, http.StatusNotModified, nil)

	var page struct{ Notes []noteBody }
	c.ask(http.MethodGet, "/v1/notes?owner=ada", "").want(t, http.StatusOK, &page)
	if diff := cmp.Diff([]noteBody{created}, page.Notes); diff != "" {
		t.Errorf("list is not what was created: %s", diff)
	}

	update := `{"title":"Groceries","body":"Bread"}`
	c.ask(http.MethodPut, path, update).want(t, http.StatusPreconditionRequired, nil)
	c.ask(http.MethodPut, path, update, "If-Match", tag).want(t, http.StatusOK, &changed)
	if changed.Body != "Bread" || changed.Version != created.Version+1 {
		t.Errorf("got %+v, want the change as the next version", changed)
	}
	c.ask(http.MethodPut, path, update, "If-Match", tag).want(t, http.StatusPreconditionFailed, nil)

	c.ask(http.MethodDelete, path, "", "If-Match", `"2"`).want(t, http.StatusNoContent, nil)
	c.ask(http.MethodGet, path, "").want(t, http.StatusNotFound, nil)
}

func TestErrorsHaveTheRequestIDAndOneLogLine(t *testing.T) {
	p := start(t, t.TempDir(), nil)
	c := newClient(t, "http://"+p.api, nil)
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
	api, metrics := newClient(t, "http://"+p.api, nil), newClient(t, "http://"+p.metrics, nil)
	api.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	api.ask(http.MethodGet, "/v1/notes/none", "").want(t, http.StatusNotFound, nil)
	api.ask("BREW", "/coffee", "")

	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		api.ask(http.MethodGet, path, "").want(t, http.StatusNotFound, nil)
	}
	for _, path := range []string{"/health", "/v1/notes", "/debug/pprof/"} {
		metrics.ask(http.MethodGet, path, "").want(t, http.StatusNotFound, nil)
	}
	shown := metrics.ask(http.MethodGet, "/metrics", "").want(t, http.StatusOK, nil).body
	for _, want := range []string{
		`http_server_request_duration_seconds_bucket{http_request_method="GET",http_response_status_code="200",http_route="/v1/notes",network_protocol_version="1.1",url_scheme="http",le="0.001"}`,
		`http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="404",http_route="/v1/notes/{id}",network_protocol_version="1.1",url_scheme="http"} 1`,
		`http_request_method="_OTHER"`,
		`http_server_active_requests{http_request_method="GET",url_scheme="http"} 0`,
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

// stop ends an idle service and expects exit code 0.
func stop(t *testing.T, p *process) {
	t.Helper()
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
}
