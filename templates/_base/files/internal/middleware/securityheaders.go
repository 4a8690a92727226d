package middleware

import (
	"log/slog"
	"net/http"
)

// SecurityHeaders puts the usual headers on every response. They are the strictest that an API can bear: nothing may
// be framed, sniffed, stored or loaded. A route that needs less replaces a header by setting its own. https says that
// callers reach the service by TLS only, its own or a proxy's; browsers are then told so for two years.
func SecurityHeaders(https bool) Layer {
	headers := map[string][]string{
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
		"Referrer-Policy":              {"no-referrer"},
		"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
		"Cache-Control":                {"no-store"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
	}
	if https {
		headers["Strict-Transport-Security"] = []string{"max-age=63072000; includeSubDomains"}
	}
	return Layer{
		Name:  "security_headers",
		Attrs: []slog.Attr{slog.Bool("hsts", https)},
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				for name, value := range headers {
					h[name] = value // shared: nobody changes the elements of a header's values in place
				}
				next.ServeHTTP(w, r)
			})
		},
	}
}
