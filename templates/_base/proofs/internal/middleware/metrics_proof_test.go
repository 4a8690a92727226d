package middleware

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMetrics(t *testing.T) {
	meter, registry := newMeter(t)
	opts := defaultOptions()
	opts.meter = meter
	active := 0.0
	serve := func(w http.ResponseWriter, r *http.Request) {
		active = scrape(t, registry, `http_server_active_requests{http_request_method="POST",url_scheme="http"}`)
		_, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "done")
	}
	s := newTestServer(t, testRouter{"/v1/notes": {method: "POST", route: Route{Template: "/v1/notes"}, serve: serve}}, opts)
	s.do(httptest.NewRequest(http.MethodPost, "/v1/notes", strings.NewReader("0123456789")))

	const labels = `{http_request_method="POST",http_response_status_code="201",http_route="/v1/notes",` +
		`network_protocol_version="1.1",url_scheme="http"`
	for sample, want := range map[string]float64{
		"http_server_request_duration_seconds_count" + labels + "}":                   1,
		"http_server_request_body_size_bytes_sum" + labels + "}":                      10,
		"http_server_response_body_size_bytes_sum" + labels + "}":                     4,
		`http_server_active_requests{http_request_method="POST",url_scheme="http"} 0`: 0,
	} {
		if got := scrape(t, registry, sample); got != want {
			t.Errorf("got %v for %s, want %v", got, sample, want)
		}
	}
	if active != 1 {
		t.Errorf("got %v active requests during the request, want 1", active)
	}
}

func TestMetricsErrorType(t *testing.T) {
	for path, want := range map[string]string{"/ok": "", "/nowhere": "", "/panic": "500"} {
		meter, registry := newMeter(t)
		opts := defaultOptions()
		opts.meter = meter
		newTestServer(t, testRouter{
			"/ok":    {serve: serveHello},
			"/panic": {serve: func(http.ResponseWriter, *http.Request) { panic("boom") }},
		}, opts).do(get(path))
		label := `error_type="` + want + `"`
		if got := scrape(t, registry, "http_server_request_duration_seconds_count", label) == 1; got != (want != "") {
			t.Errorf("got %s %t for %s", label, got, path)
		}
	}
}
