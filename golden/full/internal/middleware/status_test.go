package middleware

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/acme/billing-api/internal/problem"
	"github.com/acme/billing-api/internal/request"
)

// refuse answers with a problem of the status, as the layers and handlers further in do.
func refuse(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, problem.New(status, "", "secret-of-the-inside"))
	}
}

func TestEveryErrorHasIDAndHeadersAndShapeAndIsLoggedOnceAndCountedOnce(t *testing.T) {
	small := page{method: http.MethodPost, route: Route{Template: "/small", MaxBodyBytes: 4}, serve: readAll}
	pages := site{
		"/ok":    {route: Route{Template: "/ok"}, serve: hello},
		"/small": small,
		"/panic": {route: Route{Template: "/panic"}, serve: func(http.ResponseWriter, *http.Request) { panic("boom") }},
		"/fault": {route: Route{Template: "/fault"}, serve: func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, problem.From(r.Context(), errors.New("secret-of-the-inside")))
		}},
		"/slow": {route: Route{Template: "/slow", Timeout: time.Nanosecond}, serve: func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}},
		"/slow-body": {method: http.MethodPost, route: Route{Template: "/slow-body"}, serve: readAll},
	}
	tests := []struct {
		status int
		code   string
		route  string
		req    func() *http.Request
	}{
		{401, "unauthenticated", "/401", nil},
		{403, "forbidden", "/403", nil},
		{404, "not_found", "", func() *http.Request { return get("/nowhere") }},
		{405, "method_not_allowed", "", func() *http.Request { return httptest.NewRequest(http.MethodDelete, "/ok", nil) }},
		{406, "not_acceptable", "/ok", func() *http.Request {
			r := get("/ok")
			r.Header.Set("Accept-Encoding", "identity;q=0")
			return r
		}},
		{408, "request_timeout", "/slow-body", func() *http.Request {
			return httptest.NewRequest(http.MethodPost, "/slow-body", slowBody{})
		}},
		{409, "conflict", "/409", nil},
		{410, "gone", "/410", nil},
		{412, "precondition_failed", "/412", nil},
		{413, "body_too_large", "/small", func() *http.Request {
			return httptest.NewRequest(http.MethodPost, "/small", strings.NewReader("12345"))
		}},
		{415, "unsupported_media_type", "/415", nil},
		{422, "validation_failed", "/422", nil},
		{428, "precondition_required", "/428", nil},
		{429, "rate_limited", "/429", nil},
		{500, "internal_error", "/panic", func() *http.Request { return get("/panic") }},
		{500, "internal_error", "/fault", func() *http.Request { return get("/fault") }},
		{503, "unavailable", "/503", nil},
		{503, "deadline_exceeded", "/slow", func() *http.Request { return get("/slow") }},
	}
	for _, tt := range tests {
		t.Run(strings.Trim(tt.code+tt.route, "/"), func(t *testing.T) {
			if tt.req == nil {
				pages[tt.route] = page{route: Route{Template: tt.route}, serve: refuse(tt.status)}
				tt.req = func() *http.Request { return get(tt.route) }
			}
			meter, scrape := prometheusMeter(t)
			set := defaults()
			set.https, set.meter = true, meter
			s := standOf(t, pages, set)
			w := s.do(tt.req())

			if w.Code != tt.status {
				t.Fatalf("got status %d, want %d\n%s", w.Code, tt.status, w.Body)
			}
			p := problemOf(t, w)
			if p.Status != tt.status || p.Code != tt.code || p.Title != http.StatusText(tt.status) {
				t.Errorf("got problem %+v, want status %d, code %s, title %s", p, tt.status, tt.code, http.StatusText(tt.status))
			}
			id := w.Header().Get(request.HeaderRequestID)
			if id == "" || p.RequestID != id {
				t.Errorf("got request id %q in the header and %q in the body, want the same", id, p.RequestID)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options":    "nosniff",
				"X-Frame-Options":           "DENY",
				"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
				"Strict-Transport-Security": "max-age=63072000; includeSubDomains",
				"Cache-Control":             "no-store",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("got %s %q, want %q", name, got, want)
				}
			}
			if tt.status >= 500 && bytes.Contains(w.Body.Bytes(), []byte("secret-of-the-inside")) {
				t.Errorf("the cause left the service: %s", w.Body)
			}
			line := s.log.one(t)
			if line["status"] != float64(tt.status) || line["route"] != tt.route || line["request_id"] != id {
				t.Errorf("got access line %v", line)
			}
			if tt.code == "internal_error" && line["error"] == nil {
				t.Errorf("the access line does not tell the cause: %v", line)
			}
			if got := scrape(`http_server_request_duration_seconds_count{`, `http_response_status_code="`); got != 1 {
				t.Errorf("counted %v requests, want 1", got)
			}
		})
	}
}

// slowBody is a body whose time is up.
type slowBody struct{}

func (slowBody) Read([]byte) (int, error) { return 0, problem.ErrBodyTimeout }
