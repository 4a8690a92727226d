package middleware

import (
	"log/slog"
	"net/http"
	"time"

	"git.example.org/shop/orders/v2/internal/logging"
)

// Bounds for what callers choose and what errors say: a log line has a size that can be planned with.
const (
	maxLoggedUserAgent = 256
	maxLoggedPath      = 256
	maxLoggedError     = 2048
)

// AccessLog writes one line for each request, whatever becomes of it: at level error for 5xx and info otherwise, with
// the headers and the query at level debug. The calls of the platform's probes are worth a line only when they fail.
func AccessLog(log *slog.Logger) Layer {
	return Layer{
		Name: "access_log",
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				x := exchangeFrom(r.Context())
				// Deferred, because an aborted response leaves this layer as a panic.
				defer logAccess(log.Handler(), x, r)
				next.ServeHTTP(w, r)
			})
		},
	}
}

func logAccess(out slog.Handler, x *exchange, r *http.Request) {
	ctx := r.Context()
	status := x.status(ctx)
	level := accessLevel(status, x.route.Probe)
	if !out.Enabled(ctx, level) {
		return
	}
	now := time.Now()
	var buf [24]slog.Attr // on the stack
	attrs := append(buf[:0],
		slog.String("method", bounded(r.Method, 16)),
		slog.String("route", x.record.Route),
		slog.Int("status", status),
		slog.Int64("duration_us", now.Sub(x.start).Microseconds()), // whole, which is encoded faster
		slog.Int64("bytes", x.response.bytes),
		slog.Int64("request_bytes", x.body.bytes),
		slog.String("client_addr", clientAddr(x)),
		slog.String("protocol", r.Proto),
		slog.String("user_agent", bounded(r.UserAgent(), maxLoggedUserAgent)),
	)
	if x.record.Route == "" {
		// Only where no template says it: paths hold ids and are without bound.
		attrs = append(attrs, slog.String("path", bounded(r.URL.Path, maxLoggedPath)))
	}
	if x.record.APIVersion != "" {
		attrs = append(attrs, slog.String("api_version", x.record.APIVersion))
	}
	if x.record.ClientID != "" {
		attrs = append(attrs, slog.String("client_id", x.record.ClientID))
	}
	if status >= http.StatusInternalServerError && x.record.Err != nil {
		attrs = append(attrs, slog.String("error", bounded(x.record.Err.Error(), maxLoggedError)))
	}
	if out.Enabled(ctx, slog.LevelDebug) {
		attrs = append(attrs,
			slog.String("query", logging.Query(r.URL.RawQuery)),
			slog.Attr{Key: "request_headers", Value: logging.Header(r.Header)},
			slog.Attr{Key: "response_headers", Value: logging.Header(x.response.Header())},
		)
	}
	// What may be sensitive is masked above. A log that cannot be written has nowhere to report that.
	_ = logging.Write(ctx, out, now, level, "request", attrs...)
}

func accessLevel(status int, probe bool) slog.Level {
	switch {
	case probe && status < http.StatusBadRequest:
		return slog.LevelDebug
	case probe: // a service that says it is not ready works as intended
		return slog.LevelWarn
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	}
	return slog.LevelInfo
}

func clientAddr(x *exchange) string {
	if !x.record.ClientAddr.IsValid() {
		return "" // a Unix socket
	}
	return x.record.ClientAddr.String()
}

// bounded cuts s to at most limit bytes. A character that is cut in two is shown as a replacement by the encoder.
func bounded(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return s[:limit]
}
