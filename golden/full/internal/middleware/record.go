package middleware

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/acme/billing-api/internal/request"
)

// Record makes the record of each request: its ids, where it comes from and the route it will meet. The ids are on the
// response from here on, whoever answers. It must be the outermost layer.
func Record(routes Routes, cfg Config) Layer {
	// Config.Validate has refused what cannot be parsed; an entry that is not understood is never trusted.
	proxies, _ := request.ParseProxies(cfg.TrustedProxies)
	return Layer{
		Name:  "record",
		Attrs: []slog.Attr{slog.Int("trusted_proxies", len(proxies))},
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				x := &exchange{start: time.Now()}
				rec := &x.record
				rec.ReadIDs(r.Header)
				rec.ClientAddr = proxies.ClientAddr(r.RemoteAddr, r.Header["X-Forwarded-For"])
				if route, ok := routes.Match(r); ok {
					x.route = route
					rec.Route, rec.APIVersion = route.Template, route.APIVersion
				}

				h := w.Header()
				x.answered = [2]string{rec.ID, rec.CorrelationID}
				h[request.HeaderRequestID] = x.answered[0:1:1]
				if rec.CorrelationID != "" {
					h[request.HeaderCorrelationID] = x.answered[1:2:2]
				}
				x.response.ResponseWriter = w

				ctx := context.WithValue(request.With(r.Context(), rec), exchangeKey{}, x)
				r = r.WithContext(ctx)
				if r.Body != nil && r.Body != http.NoBody {
					x.body.ReadCloser = r.Body
					r.Body = &x.body
				}
				next.ServeHTTP(&x.response, r)
			})
		},
	}
}
