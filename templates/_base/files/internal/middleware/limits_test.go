package middleware

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestInFlight(t *testing.T) {
	meter, registry := newMeter(t)
	opts := defaultOptions()
	opts.meter, opts.config.MaxInFlight = meter, 2
	started, finish := make(chan struct{}), make(chan struct{})
	s := newTestServer(t, testRouter{
		"/wait": {serve: func(w http.ResponseWriter, _ *http.Request) {
			started <- struct{}{}
			<-finish
			w.WriteHeader(http.StatusNoContent)
		}},
		"/post":   {method: "POST", serve: serveDrain},
		"/health": {route: Route{Template: "/health", Probe: true}, serve: serveHello},
	}, opts)
	served := make(chan int)
	for range 2 {
		go func() { served <- s.do(get("/wait")).Code }()
		<-started
	}

	body := strings.NewReader("is discarded")
	w := s.do(httptest.NewRequest(http.MethodPost, "/post", body))
	if p := readProblem(t, w); w.Code != 503 || p.Code != "overloaded" || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d %v %s, want 503 with Retry-After", w.Code, w.Header(), w.Body)
	}
	if body.Len() != 0 {
		t.Errorf("got %d bytes left of the body, want all discarded", body.Len())
	}
	if line := s.log.accessLine(t); line["level"] != "ERROR" || line["status"] != 503.0 {
		t.Errorf("got access line %v", line)
	}
	if got := scrape(t, registry, `http_server_rejected_requests_total{reason="overloaded"}`); got != 1 {
		t.Errorf("got %v rejected requests, want 1", got)
	}
	if got := s.do(get("/health")).Code; got != http.StatusOK {
		t.Errorf("got %d for a probe, want 200", got)
	}

	close(finish)
	for range 2 {
		if got := <-served; got != http.StatusNoContent {
			t.Errorf("got %d for a request within the limit, want 204", got)
		}
	}
	if got := s.do(httptest.NewRequest(http.MethodPost, "/post", body)).Code; got != http.StatusNoContent {
		t.Errorf("got %d when there is room again, want 204", got)
	}
}

func TestBodyLimit(t *testing.T) {
	opts := defaultOptions()
	opts.config.MaxBodyBytes = 1000
	server := httptest.NewServer(newTestServer(t, testRouter{
		"/default": {method: "POST", serve: serveDrain},
		"/smaller": {method: "POST", route: Route{MaxBodyBytes: 10}, serve: serveDrain},
		"/larger":  {method: "POST", route: Route{MaxBodyBytes: 2000}, serve: serveDrain},
	}, opts))
	defer server.Close()
	for _, tt := range []struct {
		path string
		size int
		want int
	}{
		{"/default", 1000, 204}, {"/default", 1001, 413}, {"/default", 100_000, 413},
		{"/smaller", 10, 204}, {"/smaller", 11, 413},
		{"/larger", 2000, 204}, {"/larger", 2001, 413},
	} {
		text := strings.Repeat("x", tt.size)
		for name, body := range map[string]io.Reader{
			"declared": strings.NewReader(text), "chunked": struct{ io.Reader }{strings.NewReader(text)},
		} {
			resp, err := server.Client().Post(server.URL+tt.path, "text/plain", body)
			if err != nil {
				t.Fatal(err)
			}
			if _ = resp.Body.Close(); resp.StatusCode != tt.want {
				t.Errorf("got %d for %s with %d bytes, %s, want %d", resp.StatusCode, tt.path, tt.size, name, tt.want)
			}
		}
	}
}
