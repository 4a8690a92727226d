package middleware

import (
	"net/http"
	"testing"
)

func TestCORSRefusesPreflightsOfOtherOrigins(t *testing.T) {
	listed := CORSConfig{
		AllowedOrigins: []string{appOrigin}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"Content-Type"},
	}
	with := func(change func(*CORSConfig)) CORSConfig {
		c := listed
		change(&c)
		return c
	}
	for _, tt := range []struct {
		name string
		cfg  CORSConfig
		req  *http.Request
	}{
		{"origin with the same prefix", listed, preflight(appOrigin+".evil.com", "PUT", "")},
		{"null origin", listed, preflight("null", "PUT", "")},
		{"no methods", with(func(c *CORSConfig) { c.AllowedMethods = nil }), preflight(appOrigin, "GET", "")},
		{"no headers", with(func(c *CORSConfig) { c.AllowedHeaders = nil }), preflight(appOrigin, "GET", "content-type")},
		{"nothing configured", CORSConfig{}, preflight(appOrigin, "GET", "")},
	} {
		testPreflight(t, tt.name, tt.cfg, tt.req, "")
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
