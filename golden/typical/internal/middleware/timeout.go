package middleware

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"git.example.org/shop/orders/v2/internal/problem"
)

// writeGrace is what remains for sending the answer of a request that used its whole time.
const writeGrace = 5 * time.Second

// Timeout gives each request a deadline: that of its route, else limit. The context ends there, and a body that is still
// being sent is no longer waited for. A handler that gives up without an answer, as it should, is answered for with 503.
// Streams have no deadline, and the server's own limits for reading and writing are lifted for them.
func Timeout(limit time.Duration) Layer {
	return Layer{
		Name:  "timeout",
		Attrs: []slog.Attr{slog.Duration("limit", limit)},
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				route := RouteFrom(r.Context())
				// A connection without deadlines, as in tests, is refused by the controller: then there is none to move.
				if route.Stream {
					conn := http.NewResponseController(w)
					_ = conn.SetReadDeadline(time.Time{})
					_ = conn.SetWriteDeadline(time.Time{})
					next.ServeHTTP(w, r)
					return
				}
				d := limit
				if route.Timeout > 0 {
					// The server's limit for writing is made for the usual deadline.
					d = route.Timeout
					_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + writeGrace))
				}
				serveWithin(d, next, w, r)
			})
		},
	}
}

func serveWithin(d time.Duration, next http.Handler, w http.ResponseWriter, r *http.Request) {
	at := time.Now().Add(d)
	ctx, release := withDeadline(r.Context(), at)
	defer release()
	r = r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		_ = http.NewResponseController(w).SetReadDeadline(at)
		r.Body = &timedBody{ReadCloser: r.Body}
	}
	next.ServeHTTP(w, r)
	if exchangeFrom(ctx).response.status == 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		problem.Write(w, r, problem.From(ctx, ctx.Err()))
	}
}

// timedBody tells a slow caller from a broken transfer.
type timedBody struct{ io.ReadCloser }

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	var timeout net.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
	case errors.As(err, &timeout) && timeout.Timeout():
		err = problem.ErrBodyTimeout
	default:
		err = &problem.BodyError{Err: err}
	}
	return n, err
}
