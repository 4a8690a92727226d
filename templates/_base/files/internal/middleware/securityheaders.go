package middleware

import (
	"log/slog"
	"maps"
	"net/http"
)

// SecurityHeaders sets the strictest headers that suit an API: browsers may not frame, sniff, store or load anything. A
// handler can override a header. If clients reach the service only by HTTPS, every response has HSTS.
func SecurityHeaders(https bool) Layer {
	headers := http.Header{
		"X-Content-Type-Options":  {"nosniff"},
		"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
		"Cache-Control":           {"no-store"},
	}
	if https {
		headers.Set("Strict-Transport-Security", "max-age=63072000")
	}
	return newLayer("security_headers", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		maps.Copy(w.Header(), headers)
		next.ServeHTTP(w, r)
	}, slog.Bool("hsts", https))
}
