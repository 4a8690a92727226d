package middleware

import (
	"log/slog"
	"net/http"

	"github.com/acme/billing-api/internal/bytesize"
	"github.com/acme/billing-api/internal/problem"
)

// BodyLimit refuses request bodies above the limit of the service or of the route: at once when the length is
// announced, else when the handler reads past the limit.
func BodyLimit(limit bytesize.Size) Layer {
	return Layer{
		Name:  "body_limit",
		Attrs: []slog.Attr{slog.String("limit", limit.String())},
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Body == nil || r.Body == http.NoBody {
					next.ServeHTTP(w, r)
					return
				}
				n := int64(limit)
				if own := RouteFrom(r.Context()).MaxBodyBytes; own > 0 {
					n = own
				}
				if r.ContentLength > n {
					problem.Write(w, r, problem.From(r.Context(), &http.MaxBytesError{Limit: n}))
					return
				}
				r.Body = http.MaxBytesReader(w, r.Body, n)
				next.ServeHTTP(w, r)
			})
		},
	}
}
