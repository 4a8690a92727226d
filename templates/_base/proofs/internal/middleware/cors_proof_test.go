package middleware

import (
	"strings"
	"testing"
)

func TestCORSIsOffUnlessOriginsAndMethodsAreAllowed(t *testing.T) {
	for name, cfg := range map[string]CORSConfig{
		"nothing configured": {},
		"no origins":         {AllowedMethods: []string{"GET"}},
		"no methods":         {AllowedOrigins: []string{appOrigin}},
	} {
		opts := defaultOptions()
		opts.cors = cfg
		s := newTestServer(t, testRouter{"/ok": {serve: serveHello}}, opts)
		if w := s.do(preflight(appOrigin, "GET", "")); w.Code != 405 {
			t.Errorf("%s: got status %d for a preflight, want 405", name, w.Code)
		}
		r := get("/ok")
		r.Header.Set("Origin", appOrigin)
		h := s.do(r).Header()
		if h.Get("Access-Control-Allow-Origin") != "" || strings.Contains(strings.Join(h.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: got headers %v, want none of CORS", name, h)
		}
	}
}

func TestCORSConfigValidatesEveryForm(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*CORSConfig)
		key    string
	}{
		"good with port":     {func(c *CORSConfig) { c.AllowedOrigins = []string{"http://localhost:3000"} }, ""},
		"any origin":         {func(c *CORSConfig) { c.AllowedOrigins = []string{"*"} }, ""},
		"origin without //":  {func(c *CORSConfig) { c.AllowedOrigins = []string{"app.example.com"} }, "allowed_origins"},
		"origin in capitals": {func(c *CORSConfig) { c.AllowedOrigins = []string{"https://App.example.com"} }, "allowed_origins"},
		"origin null":        {func(c *CORSConfig) { c.AllowedOrigins = []string{"null"} }, "allowed_origins"},
		"empty origin":       {func(c *CORSConfig) { c.AllowedOrigins = []string{""} }, "allowed_origins"},
		"lower-case method":  {func(c *CORSConfig) { c.AllowedMethods = []string{"get"} }, "allowed_methods"},
		"wildcard method":    {func(c *CORSConfig) { c.AllowedMethods = []string{"*"} }, "allowed_methods"},
		"exposed wildcard":   {func(c *CORSConfig) { c.ExposedHeaders = []string{"*"} }, "exposed_headers"},
	} {
		testCORSConfig(t, name, tt.change, tt.key)
	}
}

// Without the header, a browser caches a preflight for five seconds.
func TestCORSMaxAgeZeroDisablesTheCacheOfBrowsers(t *testing.T) {
	opts := defaultOptions()
	opts.cors.AllowedOrigins = []string{appOrigin}
	s := newTestServer(t, testRouter{"/ok": {serve: serveHello}}, opts)
	if got := s.do(preflight(appOrigin, "GET", "")).Header().Get("Access-Control-Max-Age"); got != "0" {
		t.Errorf("got max age %q, want 0", got)
	}
}
