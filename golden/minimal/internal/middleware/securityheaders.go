package middleware

import (
	"log/slog"
	"net/http"
)

// SecurityHeaders sets the strictest headers that suit an API: browsers may not frame, sniff, store or load anything. A
// handler that needs less sets its own value. https says that clients reach the service only by HTTPS; then HSTS is on.
func SecurityHeaders(https bool) Layer {
	headers := map[string]string{
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		"Cache-Control":           "no-store",
	}
	if https {
		headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	return newLayer("security_headers", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	}, slog.Bool("hsts", https))
}
