package middleware

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/logging"
	"github.com/acme/billing-api/internal/problem"
	"github.com/acme/billing-api/internal/request"
)

func TestChainOrder(t *testing.T) {
	var got []string
	layer := func(name string) Layer {
		return newLayer(name, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			got = append(got, name)
			next.ServeHTTP(w, r)
		})
	}
	handler := func(http.ResponseWriter, *http.Request) { got = append(got, "handler") }
	Chain{layer("a"), {}, layer("b")}.Then(http.HandlerFunc(handler)).ServeHTTP(nil, nil)
	if want := []string{"a", "b", "handler"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestConfigValidate(t *testing.T) {
	good := Config{TrustedProxies: []string{"10.0.0.0/8", "2001:db8::1"}, MaxInFlight: 1, MaxBodyBytes: 1}
	if errs := good.Validate(); errs != nil {
		t.Errorf("got %v, want no error", errs)
	}
	var keys []string
	for _, e := range (Config{TrustedProxies: []string{"proxy.example.com"}}).Validate() {
		keys = append(keys, e.Key)
	}
	if want := []string{"trusted_proxies", "max_in_flight", "max_body_bytes"}; !slices.Equal(keys, want) {
		t.Errorf("got errors for %v, want %v", keys, want)
	}
}

// Every error has a request id, the security headers, the common shape, one log line and one
// measurement.
func TestEveryErrorPassesTheWholeChain(t *testing.T) {
	routes := testRouter{
		"/ok": {serve: serveHello},
		"/fault": {route: Route{Template: "/fault"}, serve: func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, problem.From(r.Context(), errors.New("internal detail")))
		}},
		"/panic": {route: Route{Template: "/panic"}, serve: func(http.ResponseWriter, *http.Request) {
			panic("internal detail")
		}},
		"/small": {route: Route{Template: "/small", MaxBodyBytes: 4}, method: http.MethodPost, serve: serveDrain},
		"/slow": {route: Route{Template: "/slow", Timeout: 1}, serve: func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}},
	}
	for _, tt := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/nowhere", 404, "not_found"},
		{"DELETE", "/ok", 405, "method_not_allowed"},
		{"POST", "/small", 413, "body_too_large"},
		{"GET", "/fault", 500, "internal_error"},
		{"GET", "/panic", 500, "internal_error"},
		{"GET", "/slow", 503, "deadline_exceeded"},
	} {
		t.Run(tt.code+tt.path, func(t *testing.T) {
			meter, registry := newMeter(t)
			opts := defaultOptions()
			opts.https, opts.meter = true, meter
			s := newTestServer(t, routes, opts)
			w := s.do(httptest.NewRequest(tt.method, tt.path, strings.NewReader("12345")))

			p, id := readProblem(t, w), w.Header().Get(request.HeaderRequestID)
			if w.Code != tt.status || p.Status != tt.status || p.Code != tt.code || id == "" || p.RequestID != id {
				t.Errorf("got %d %+v with request id %q, want %d %s", w.Code, p, id, tt.status, tt.code)
			}
			if strings.Contains(w.Body.String(), "internal detail") {
				t.Errorf("the response contains the cause: %s", w.Body)
			}
			if w.Header().Get("X-Content-Type-Options") == "" || w.Header().Get("Strict-Transport-Security") == "" {
				t.Errorf("got headers %v, want security headers", w.Header())
			}
			line := s.log.accessLine(t)
			if line["status"] != float64(tt.status) || line["request_id"] != id {
				t.Errorf("got access line %v", line)
			}
			if cause, _ := line["error"].(string); strings.Contains(cause, "internal detail") != (tt.status == 500) {
				t.Errorf("got error %q in the access line of status %d", cause, tt.status)
			}
			if got := scrape(t, registry, "http_server_request_duration_seconds_count{"); got != 1 {
				t.Errorf("got %v measurements, want 1", got)
			}
		})
	}
}

// BenchmarkChain measures a small response that passes every layer.
func BenchmarkChain(b *testing.B) {
	routes := testRouter{"/ok": {serve: serveHello}}
	log, _, err := logging.New(logging.Config{Level: "info", Format: "json"}, "billing-api", io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	h := newChain(b, routes, defaultOptions(), log).Then(routes)
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), get("/ok"))
	}
}
