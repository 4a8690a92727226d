package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"git.example.org/shop/orders/v2/internal/problem"
)

// Recover turns a panic into a 500 and writes the stack to the log. When the header has left already, nothing can be
// said any more: the connection is aborted, so that the caller does not take half an answer for a whole one.
func Recover(log *slog.Logger) Layer {
	return Layer{
		Name: "recover",
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() {
					if v := recover(); v != nil {
						recovered(log, w, r, v)
					}
				}()
				next.ServeHTTP(w, r)
			})
		},
	}
}

func recovered(log *slog.Logger, w http.ResponseWriter, r *http.Request, v any) {
	ctx := r.Context()
	x := exchangeFrom(ctx)
	err, ok := v.(error)
	if errors.Is(err, http.ErrAbortHandler) { // a handler's own way to give up a connection: no bug, no stack
		x.panicked = ctx.Err() == nil
		panic(http.ErrAbortHandler)
	}
	x.panicked = true
	if ok {
		err = fmt.Errorf("panic: %w", err)
	} else {
		err = fmt.Errorf("panic: %v", v)
	}
	log.LogAttrs(ctx, slog.LevelError, "panic while serving a request",
		slog.String("route", x.record.Route),
		slog.String("error", bounded(err.Error(), maxLoggedError)),
		slog.String("stack", string(debug.Stack())))
	if x.response.status != 0 {
		x.record.Err = err
		panic(http.ErrAbortHandler)
	}
	problem.Write(w, r, problem.New(http.StatusInternalServerError, "", "").WithCause(err))
}
