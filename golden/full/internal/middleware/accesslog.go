package middleware

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/acme/billing-api/internal/logging"
)

// Bounds, in bytes, for fields whose text comes from the client or from an error.
const (
	maxLoggedUserAgent = 256
	maxLoggedPath      = 256
	maxLoggedError     = 2048
)

// AccessLog writes one line for each request: at level error for 5xx, at level info otherwise. At
// level debug the line also has the query and the headers. A probe that succeeds is logged at level debug only.
func AccessLog(log *slog.Logger) Layer {
	// logAccess masks what may be sensitive; searching each line again would cost more than writing it.
	out := logging.Unredacted(log.Handler())
	return newLayer("access_log", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		// Deferred, because an aborted response panics through this layer.
		defer logAccess(out, exchangeFrom(r.Context()), r)
		next.ServeHTTP(w, r)
	})
}

func logAccess(out slog.Handler, x *exchange, r *http.Request) {
	ctx := r.Context()
	result := x.finish(ctx)
	level := accessLevel(result.status, x.route.Probe)
	if !out.Enabled(ctx, level) {
		return
	}
	now := time.Now()
	attrs := make([]slog.Attr, 0, 20)
	attrs = append(attrs,
		slog.String("method", bounded(r.Method, 16)),
		slog.String("route", x.record.Route),
		slog.Int("status", result.status),
		slog.Int64("duration_us", now.Sub(x.start).Microseconds()),
		slog.Int64("bytes", x.response.bytes),
		slog.Int64("request_bytes", x.body.bytes),
		slog.String("client_addr", clientAddr(x)),
		slog.String("protocol", r.Proto),
		slog.String("user_agent", bounded(r.UserAgent(), maxLoggedUserAgent)),
	)
	if x.record.Route == "" {
		attrs = append(attrs, slog.String("path", bounded(r.URL.Path, maxLoggedPath)))
	}
	if x.record.APIVersion != "" {
		attrs = append(attrs, slog.String("api_version", x.record.APIVersion))
	}
	if x.record.ClientID != "" {
		attrs = append(attrs, slog.String("client_id", x.record.ClientID))
	}
	if result.undelivered {
		attrs = append(attrs, slog.Bool("undelivered", true))
	}
	if err := x.failure(); err != nil && result.status >= http.StatusInternalServerError {
		attrs = append(attrs, slog.String("error", bounded(err.Error(), maxLoggedError)))
	}
	if out.Enabled(ctx, slog.LevelDebug) {
		attrs = append(attrs,
			slog.String("query", logging.Query(r.URL.RawQuery)),
			slog.Attr{Key: "request_headers", Value: logging.Header(r.Header)},
			slog.Attr{Key: "response_headers", Value: logging.Header(x.response.Header())},
		)
	}
	line := slog.NewRecord(now, level, "request", 0)
	line.AddAttrs(attrs...)
	_ = out.Handle(ctx, line) // logging.Output counts lost lines
}

func accessLevel(status int, probe bool) slog.Level {
	switch {
	case probe && status < http.StatusBadRequest:
		return slog.LevelDebug
	case probe: // an instance that is not ready is not an error
		return slog.LevelWarn
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// clientAddr returns an empty string if the address is unknown.
func clientAddr(x *exchange) string {
	if !x.record.ClientAddr.IsValid() {
		return ""
	}
	return x.record.ClientAddr.String()
}

// bounded returns at most limit bytes of s as valid UTF-8: one invalid string can make a collector reject a whole batch.
func bounded(s string, limit int) string {
	return strings.ToValidUTF8(s[:min(len(s), limit)], "?")
}
