package middleware

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const page1 = "https://app.example.com"

func preflight(origin, method, headers string) *http.Request {
	r := httptest.NewRequest(http.MethodOptions, "/ok", nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	if headers != "" {
		r.Header.Set("Access-Control-Request-Headers", headers)
	}
	return r
}

func TestPreflight(t *testing.T) {
	listed := CORSConfig{
		AllowedOrigins: []string{page1}, AllowedMethods: []string{"GET", "PUT"},
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
		{"listed origin", listed, preflight(page1, "PUT", "content-type,x-request-id"), page1},
		{"other origin", listed, preflight("https://evil.example.com", "PUT", ""), ""},
		{"origin that begins alike", listed, preflight(page1+".evil.com", "PUT", ""), ""},
		{"null origin", listed, preflight("null", "PUT", ""), ""},
		{"method that is not listed", listed, preflight(page1, "DELETE", ""), ""},
		{"header that is not listed", listed, preflight(page1, "PUT", "x-other"), ""},
		{"no origins", with(func(c *CORSConfig) { c.AllowedOrigins = nil }), preflight(page1, "GET", ""), ""},
		{"no methods", with(func(c *CORSConfig) { c.AllowedMethods = nil }), preflight(page1, "GET", ""), ""},
		{"no headers", with(func(c *CORSConfig) { c.AllowedHeaders = nil }), preflight(page1, "GET", "content-type"), ""},
		{"any origin", with(func(c *CORSConfig) { c.AllowedOrigins = []string{"*"} }), preflight(page1, "GET", ""), "*"},
		{"nothing configured", CORSConfig{}, preflight(page1, "GET", ""), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			meter, scrape := prometheusMeter(t)
			set := defaults()
			set.cors, set.meter = tt.cfg, meter
			set.last = []Layer{{Name: "authenticate", Wrap: func(http.Handler) http.Handler {
				return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a preflight reached authentication") })
			}}}
			s := standOf(t, site{"/ok": {serve: hello}}, set)
			w := s.do(tt.req)
			h := w.Header()
			if got := h.Get("Access-Control-Allow-Origin"); got != tt.allowed {
				t.Errorf("got allowed origin %q, want %q", got, tt.allowed)
			}
			if tt.allowed != "" && h.Get("Access-Control-Max-Age") != "600" {
				t.Errorf("got max age %q, want 600", h.Get("Access-Control-Max-Age"))
			}
			if vary := strings.Join(h.Values("Vary"), ","); !strings.Contains(vary, "Origin") {
				t.Errorf("got Vary %q, want Origin in it", vary)
			}
			if w.Code != http.StatusNoContent || h.Get("X-Request-Id") == "" || h.Get("X-Frame-Options") == "" {
				t.Errorf("got %d %v, want 204 with request id and security headers", w.Code, h)
			}
			s.log.one(t)
			if got := scrape("http_server_request_duration_seconds_count{", `method="OPTIONS"`); got != 1 {
				t.Errorf("counted %v, want 1", got)
			}
		})
	}
}

func TestActualRequests(t *testing.T) {
	set := defaults()
	set.cors.AllowedOrigins = []string{page1}
	set.cors.AllowCredentials = true
	set.cors.ExposedHeaders = []string{"etag"}
	s := standOf(t, site{"/ok": {serve: hello}}, set)
	for origin, want := range map[string]string{"": "", page1: page1, "https://evil.example.com": ""} {
		r := get("/ok")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		h := s.do(r).Header()
		if got := h.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("got allowed origin %q for %q, want %q", got, origin, want)
		}
		if got := h.Get("Access-Control-Allow-Credentials") == "true"; got != (want != "") {
			t.Errorf("got credentials %t for %q", got, origin)
		}
		if vary := strings.Join(h.Values("Vary"), ","); !strings.Contains(vary, "Origin") {
			t.Errorf("got Vary %q, want Origin in it", vary)
		}
	}
	r := get("/nowhere")
	r.Header.Set("Origin", page1)
	if w := s.do(r); w.Code != 404 || w.Header().Get("Access-Control-Allow-Origin") != page1 {
		t.Errorf("a page cannot read the error it got: %d %v", w.Code, w.Header())
	}
}

func TestCORSSettingsThatCannotBeHonouredAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*CORSConfig)
		key    string
	}{
		"good":                 {func(*CORSConfig) {}, ""},
		"good with port":       {func(c *CORSConfig) { c.AllowedOrigins = []string{"http://localhost:3000"} }, ""},
		"any origin":           {func(c *CORSConfig) { c.AllowedOrigins = []string{"*"} }, ""},
		"origin with path":     {func(c *CORSConfig) { c.AllowedOrigins = []string{page1 + "/"} }, "allowed_origins"},
		"origin without //":    {func(c *CORSConfig) { c.AllowedOrigins = []string{"app.example.com"} }, "allowed_origins"},
		"origin with wildcard": {func(c *CORSConfig) { c.AllowedOrigins = []string{"https://*.example.com"} }, "allowed_origins"},
		"origin in capitals":   {func(c *CORSConfig) { c.AllowedOrigins = []string{"https://App.example.com"} }, "allowed_origins"},
		"origin null":          {func(c *CORSConfig) { c.AllowedOrigins = []string{"null"} }, "allowed_origins"},
		"empty origin":         {func(c *CORSConfig) { c.AllowedOrigins = []string{""} }, "allowed_origins"},
		"unknown method":       {func(c *CORSConfig) { c.AllowedMethods = []string{"FETCH"} }, "allowed_methods"},
		"lower-case method":    {func(c *CORSConfig) { c.AllowedMethods = []string{"get"} }, "allowed_methods"},
		"wildcard method":      {func(c *CORSConfig) { c.AllowedMethods = []string{"*"} }, "allowed_methods"},
		"header with space":    {func(c *CORSConfig) { c.AllowedHeaders = []string{"x y"} }, "allowed_headers"},
		"exposed wildcard":     {func(c *CORSConfig) { c.ExposedHeaders = []string{"*"} }, "exposed_headers"},
		"negative age":         {func(c *CORSConfig) { c.MaxAge = -1 }, "max_age"},
		"any origin with credentials": {func(c *CORSConfig) {
			c.AllowedOrigins, c.AllowCredentials = []string{"*"}, true
		}, "allow_credentials"},
		"any header with credentials": {func(c *CORSConfig) {
			c.AllowedHeaders, c.AllowCredentials = []string{"*"}, true
		}, "allow_credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			c := CORSConfig{AllowedOrigins: []string{page1}, AllowedMethods: []string{"GET"}, AllowedHeaders: []string{"x-request-id"}}
			tt.change(&c)
			errs := c.Validate()
			if tt.key == "" && errs != nil || tt.key != "" && (len(errs) == 0 || errs[0].Key != tt.key) {
				t.Errorf("got %v, want an error of %q", errs, tt.key)
			}
		})
	}
}
