package middleware

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/logging"
	"github.com/acme/billing-api/internal/problem"
	"github.com/acme/billing-api/internal/request"
)

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

func TestAccessLogFields(t *testing.T) {
	opts := defaultOptions()
	opts.config.TrustedProxies = []string{"192.0.2.0/24"}
	route := Route{Template: "/v1/notes", APIVersion: "v1"}
	serve := func(w http.ResponseWriter, r *http.Request) {
		_, _ = r.Body.Read(make([]byte, 8))
		serveHello(w, r)
	}
	s := newTestServer(t, testRouter{"/v1/notes": {method: "POST", route: route, serve: serve}}, opts)
	r := httptest.NewRequest(http.MethodPost, "/v1/notes?token=abc", strings.NewReader("12345"))
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set(request.HeaderCorrelationID, "order-7")
	r.Header.Set(request.HeaderClientID, "shop")
	r.Header.Set("User-Agent", strings.Repeat("a", 1000))
	s.do(r)

	line := s.log.accessLine(t)
	for key, want := range map[string]any{
		"level": "INFO", "msg": "request", "service": "billing-api", "correlation_id": "order-7",
		"method": "POST", "route": "/v1/notes", "status": 200.0, "bytes": 17.0, "request_bytes": 5.0,
		"client_addr": "203.0.113.9", "protocol": "HTTP/1.1", "user_agent": strings.Repeat("a", maxLoggedUserAgent),
		"api_version": "v1", "client_id": "shop",
	} {
		if line[key] != want {
			t.Errorf("got %s %v, want %v", key, line[key], want)
		}
	}
	for _, key := range []string{"path", "error", "undelivered", "query", "request_headers"} {
		if got, ok := line[key]; ok {
			t.Errorf("got %s %v, want none", key, got)
		}
	}
}

// BenchmarkChain measures a small response that passes every layer.
func BenchmarkChain(b *testing.B) {
	routes := testRouter{"/ok": {serve: serveHello}}
	log, _ := logging.New(logging.Config{Format: "json"}, "billing-api", io.Discard)
	h := newChain(b, routes, defaultOptions(), log).Then(routes)
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), get("/ok"))
	}
}

func TestPanicAfterTheHeaderAbortsTheConnection(t *testing.T) {
	s := newTestServer(t, testRouter{"/partial": {serve: func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		panic("too late for a 500")
	}}}, defaultOptions())
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("got %v: the client takes a partial response for a complete one", err)
		}
	}()
	s.do(get("/partial"))
}

func TestClientThatLeavesIsNoError(t *testing.T) {
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	s := newTestServer(t, testRouter{"/ok": {route: Route{Template: "/ok"}, serve: abort}}, defaultOptions())
	ctx, leave := context.WithCancel(t.Context())
	leave()
	defer func() {
		if line := s.log.accessLine(t); recover() == nil || line["status"] != 499.0 || line["level"] != "INFO" {
			t.Errorf("got %v, want status 499 at level INFO", line)
		}
	}()
	s.do(get("/ok").WithContext(ctx))
}
