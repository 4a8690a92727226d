package middleware

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/acme/billing-api/internal/problem"
)

// Limits for discarding the body of a rejected request.
const (
	maxDiscarded   = 1 << 20
	discardTimeout = time.Second
)

// InFlight limits the number of requests served at one time, and with it the memory for their bodies. Above the limit
// it answers 503 with Retry-After and discards the body. Probes are exempt. A request holds its slot until its response is sent.
func InFlight(limit int, meter metric.Meter) (Layer, error) {
	rejected, err := meter.Int64Counter("http.server.rejected_requests",
		metric.WithUnit("{request}"), metric.WithDescription("Number of requests refused without being served."))
	if err != nil {
		return Layer{}, err
	}
	overloaded := metric.WithAttributes(attribute.String("reason", problem.CodeOverloaded))
	slots := make(chan struct{}, limit)
	return newLayer("in_flight", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		x := exchangeFrom(r.Context())
		if x.route.Probe {
			next.ServeHTTP(w, r)
			return
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
			x.response.flushComplete(x.late())
		default:
			rejected.Add(r.Context(), 1, overloaded)
			// A client that still sends its body would see a reset connection instead of the response.
			if r.Header.Get("Expect") == "" {
				_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(discardTimeout))
				_, _ = io.CopyN(io.Discard, r.Body, maxDiscarded)
			}
			problem.Write(w, r, problem.New(http.StatusServiceUnavailable, problem.CodeOverloaded,
				"too many requests in flight; the limit is http.max_in_flight"))
		}
	}, slog.Int("limit", limit)), nil
}

// BodyLimit refuses request bodies larger than limit, or than the limit of the route. It refuses a declared length at
// once, and an undeclared one when the handler reads past the limit.
func BodyLimit(limit int64) Layer {
	return newLayer("body_limit", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		allowed := cmp.Or(exchangeFrom(r.Context()).route.MaxBodyBytes, limit)
		if r.ContentLength > allowed {
			problem.Write(w, r, problem.From(r.Context(), &http.MaxBytesError{Limit: allowed}))
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, allowed)
		}
		next.ServeHTTP(w, r)
	}, slog.Int64("bytes", limit))
}

// writeGrace is the time for sending the response of a request that used its whole deadline.
const writeGrace = 5 * time.Second

// Timeout sets the deadline of each request, for its context and for reading its body. It is the timeout of the route,
// or limit. A stream has none: its context ends when drained is closed. If the context ends before the handler has sent
// anything, Timeout sends the error.
func Timeout(limit time.Duration, drained <-chan struct{}) Layer {
	return newLayer("timeout", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		x := exchangeFrom(r.Context())
		conn := http.NewResponseController(w) // fails only in tests, without a connection
		ctx := r.Context()
		if x.route.Stream {
			_ = conn.SetReadDeadline(time.Time{})
			_ = conn.SetWriteDeadline(time.Time{})
			stream, end := context.WithCancelCause(ctx)
			defer end(nil)
			go func() {
				select {
				case <-drained:
					end(problem.ErrShuttingDown)
				case <-stream.Done():
				}
			}()
			ctx = stream
		} else {
			x.deadline = x.start.Add(cmp.Or(x.route.Timeout, limit))
			timed, cancel := context.WithDeadline(ctx, x.deadline)
			defer cancel()
			ctx = timed
			if r.Body != nil && r.Body != http.NoBody {
				_ = conn.SetReadDeadline(x.deadline)
			}
			if x.route.Timeout > 0 { // server.write_timeout assumes the default timeout
				_ = conn.SetWriteDeadline(x.deadline.Add(writeGrace))
			}
		}
		next.ServeHTTP(w, r.WithContext(ctx))
		if err := ctx.Err(); err != nil && x.response.status == 0 {
			problem.Write(w, r, problem.From(ctx, err))
		}
	}, slog.Duration("limit", limit))
}
