package middleware

import (
	"fmt"
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

// The layer keeps the attribute sets of earlier requests. No request may be counted with the set of another one.
func TestEachRequestIsCountedWithItsOwnAttributes(t *testing.T) {
	meter, registry := newMeter(t)
	opts := defaultOptions()
	opts.meter = meter
	status := 0
	serve := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	s := newTestServer(t, testRouter{
		"/a": {route: Route{Template: "/a"}, serve: serve},
		"/b": {route: Route{Template: "/b"}, serve: serve},
	}, opts)
	var series [][]string
	for _, path := range []string{"/a", "/b"} {
		for _, status = range []int{200, 404, 503} {
			for proto, version := range map[string]string{"HTTP/1.0": "1.0", "HTTP/1.1": "1.1", "HTTP/2.0": "2"} {
				for range 2 {
					r := get(path)
					r.Proto = proto
					s.do(r)
				}
				series = append(series, []string{
					fmt.Sprintf(`http_response_status_code="%d"`, status), `http_route="` + path + `"`, `network_protocol_version="` + version + `"`,
				})
			}
		}
	}
	for _, labels := range series {
		if got := scrape(t, registry, append(labels, "http_server_request_duration_seconds_count")...); got != 2 {
			t.Errorf("got %v requests with %v, want 2", got, labels)
		}
	}
}
