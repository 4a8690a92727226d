package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/acme/billing-api/internal/problem"
)

// Recover turns a panic into a response with status 500, and logs the stack. If the header has been sent, it aborts the
// connection instead, so that the client does not take a partial response for a complete one.
func Recover(log *slog.Logger) Layer {
	return newLayer("recover", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		defer func() {
			if v := recover(); v != nil {
				recovered(log, w, r, v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func recovered(log *slog.Logger, w http.ResponseWriter, r *http.Request, v any) {
	ctx := r.Context()
	x := exchangeFrom(ctx)
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) { // the handler gave up the connection: not a bug
		x.aborted = true
		panic(http.ErrAbortHandler)
	}
	x.panicked = true
	err := fmt.Errorf("panic: %v", v)
	log.LogAttrs(ctx, slog.LevelError, "panic in a request",
		slog.String("route", x.record.Route),
		slog.String("error", bounded(err.Error(), maxLoggedError)),
		slog.String("stack", string(debug.Stack())))
	if x.response.status != 0 {
		x.record.Err = err
		panic(http.ErrAbortHandler)
	}
	problem.Write(w, r, problem.New(http.StatusInternalServerError, "", "").WithCause(err))
}
