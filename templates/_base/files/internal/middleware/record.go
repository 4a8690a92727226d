package middleware

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"example.com/acme/sample-service/internal/request"
)

// Record creates the record of each request: its ids, the address of its client and its route. It
// sets the ids on the response. It must be the outermost layer.
func Record(routeOf func(*http.Request) Route, cfg Config) Layer {
	// Config.Validate has refused malformed entries.
	proxies, _ := request.ParseProxies(cfg.TrustedProxies)
	return newLayer("record", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		x := &exchange{
			start: time.Now(), route: routeOf(r),
			response: response{ResponseWriter: w, head: r.Method == http.MethodHead},
		}
		rec := &x.record
		rec.ReadIDs(r.Header)
		rec.ClientAddr = proxies.ClientAddr(r.RemoteAddr, r.Header["X-Forwarded-For"])
		rec.Route, rec.APIVersion = x.route.Template, x.route.APIVersion
		w.Header().Set(request.HeaderRequestID, rec.ID)
		if rec.CorrelationID != "" {
			w.Header().Set(request.HeaderCorrelationID, rec.CorrelationID)
		}
		if ambiguousFraming(r) {
			w.Header().Set("Connection", "close")
		}

		r = r.WithContext(context.WithValue(request.With(r.Context(), rec), exchangeKey{}, x))
		if r.Body != nil && r.Body != http.NoBody {
			x.body.ReadCloser = r.Body
			r.Body = &x.body
		}
		next.ServeHTTP(&x.response, r)
	}, slog.Int("trusted_proxies", len(proxies)))
}

// ambiguousFraming reports whether a proxy in front may disagree about where the body ends (RFC 9112, section 6.1): net/http
// hides whether a chunked request also had a Content-Length, or an HTTP/1.0 request a Transfer-Encoding.
func ambiguousFraming(r *http.Request) bool {
	return r.ProtoMajor == 1 && (r.ProtoMinor == 0 || len(r.TransferEncoding) > 0)
}
