package middleware

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func preflight(origin, method, headers string) *http.Request {
	r := httptest.NewRequest(http.MethodOptions, "/ok", nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	if headers != "" {
		r.Header.Set("Access-Control-Request-Headers", headers)
	}
	return r
}

// testPreflight checks the response to a preflight, and that it passes the layers outside of CORS only.
func testPreflight(t *testing.T, name string, cfg CORSConfig, req *http.Request, allowed string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		meter, registry := newMeter(t)
		opts := defaultOptions()
		opts.cors, opts.meter = cfg, meter
		authenticate := newLayer("authenticate", func(http.ResponseWriter, *http.Request, http.Handler) {
			t.Error("a preflight reached authentication")
		})
		routes := testRouter{"/ok": {serve: serveHello}}
		log, out := newLog(t, slog.LevelInfo)
		s := testServer{append(newChain(t, routes, opts, log), authenticate).Then(routes), out}
		w := s.do(req)
		h := w.Header()
		if got := h.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("got allowed origin %q, want %q", got, allowed)
		}
		if allowed != "" && h.Get("Access-Control-Max-Age") != "600" {
			t.Errorf("got max age %q, want 600", h.Get("Access-Control-Max-Age"))
		}
		if vary := strings.Join(h.Values("Vary"), ","); !strings.Contains(vary, "Origin") {
			t.Errorf("got Vary %q, want Origin in it", vary)
		}
		if w.Code != http.StatusNoContent || h.Get("X-Request-Id") == "" || h.Get("X-Content-Type-Options") == "" {
			t.Errorf("got %d %v, want 204 with request id and security headers", w.Code, h)
		}
		s.log.accessLine(t)
		if got := scrape(t, registry, "http_server_request_duration_seconds_count{", `method="OPTIONS"`); got != 1 {
			t.Errorf("got %v measurements, want 1", got)
		}
	})
}

func TestCORSPreflight(t *testing.T) {
	listed := CORSConfig{
		AllowedOrigins: []string{appOrigin}, AllowedMethods: []string{"GET", "PUT"},
		AllowedHeaders: []string{"Content-Type", "X-Request-Id"}, MaxAge: 10 * time.Minute,
	}
	with := func(change func(*CORSConfig)) CORSConfig {
		c := listed
		change(&c)
		return c
	}
	for _, tt := range []struct {
		name    string
		cfg     CORSConfig
		req     *http.Request
		allowed string // origin in the answer
	}{
		{"listed origin", listed, preflight(appOrigin, "PUT", "content-type,x-request-id"), appOrigin},
		{"other origin", listed, preflight("https://evil.example.com", "PUT", ""), ""},
		{"origin with the same prefix", listed, preflight(appOrigin+".evil.com", "PUT", ""), ""},
		{"null origin", listed, preflight("null", "PUT", ""), ""},
		{"no headers", with(func(c *CORSConfig) { c.AllowedHeaders = nil }), preflight(appOrigin, "GET", "content-type"), ""},
		{"method that is not listed", listed, preflight(appOrigin, "DELETE", ""), ""},
		{"header that is not listed", listed, preflight(appOrigin, "PUT", "x-other"), ""},
		{"any origin", with(func(c *CORSConfig) { c.AllowedOrigins = []string{"*"} }), preflight(appOrigin, "GET", ""), "*"},
	} {
		testPreflight(t, tt.name, tt.cfg, tt.req, tt.allowed)
	}
}

func TestCORSConfigValidate(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*CORSConfig)
		key    string
	}{
		"good":                 {func(*CORSConfig) {}, ""},
		"origin with path":     {func(c *CORSConfig) { c.AllowedOrigins = []string{appOrigin + "/"} }, "allowed_origins"},
		"origin with wildcard": {func(c *CORSConfig) { c.AllowedOrigins = []string{"https://*.example.com"} }, "allowed_origins"},
		"unknown method":       {func(c *CORSConfig) { c.AllowedMethods = []string{"FETCH"} }, "allowed_methods"},
		"header with space":    {func(c *CORSConfig) { c.AllowedHeaders = []string{"x y"} }, "allowed_headers"},
		"negative age":         {func(c *CORSConfig) { c.MaxAge = -1 }, "max_age"},
		"any origin with credentials": {func(c *CORSConfig) {
			c.AllowedOrigins, c.AllowCredentials = []string{"*"}, true
		}, "allow_credentials"},
		"any header with credentials": {func(c *CORSConfig) {
			c.AllowedHeaders, c.AllowCredentials = []string{"*"}, true
		}, "allow_credentials"},
	} {
		testCORSConfig(t, name, tt.change, tt.key)
	}
}

// testCORSConfig checks that Validate reports an error for key, or none if key is empty.
func testCORSConfig(t *testing.T, name string, change func(*CORSConfig), key string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		c := CORSConfig{AllowedOrigins: []string{appOrigin}, AllowedMethods: []string{"GET"}}
		change(&c)
		errs := c.Validate()
		if key == "" && errs != nil || key != "" && (len(errs) == 0 || errs[0].Key != key) {
			t.Errorf("got %v, want an error for %q", errs, key)
		}
	})
}
