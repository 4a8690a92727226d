package middleware

import (
	"log/slog"
	"net/http"
)

// SecurityHeaders puts the usual headers on every response. They are the strictest that an API can bear: nothing may
// be framed, sniffed, stored or loaded. What only concerns pages with links and windows, such as Referrer-Policy, is left
// out, as every header costs time with every response. A route that needs less replaces a header by setting its own.
// https says that callers reach the service by TLS only, its own or a proxy's; browsers are then told so for two years.
func SecurityHeaders(https bool) Layer {
	type header struct {
		name  string
		value []string
	}
	headers := []header{
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
		{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
		{"Cache-Control", []string{"no-store"}},
	}
	if https {
		headers = append(headers, header{"Strict-Transport-Security", []string{"max-age=63072000; includeSubDomains"}})
	}
	return Layer{
		Name:  "security_headers",
		Attrs: []slog.Attr{slog.Bool("hsts", https)},
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				for _, header := range headers {
					h[header.name] = header.value // shared: nobody changes the values of a header in place
				}
				next.ServeHTTP(w, r)
			})
		},
	}
}
