package httpserver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"git.example.org/shop/orders/v2/internal/problem"
)

// internalShutdownTimeout is the time limit for scrapes that are in progress when the service stops.
const internalShutdownTimeout = time.Second

// errCutOff means that requests were still open at the end of the shutdown. The log has a line for each of them.
var errCutOff = errors.New("requests were cut off at the end of the shutdown; " +
	"raise server.shutdown_timeout, or lower server.write_timeout and server.request_timeout")

// Endpoint is an open listener and the handler for its requests.
type Endpoint struct {
	Server  *Server
	Handler http.Handler
}

// Run serves both endpoints until ctx is done, and then shuts down:
//
//  1. It calls drain, which fails the readiness probe. Requests are served as before; each response asks its client to
//     close the connection.
//  2. After the drain delay it accepts no more connections and waits for open requests.
//  3. Shortly before the shutdown timeout it cancels the requests that are still open. They are answered with 503, and
//     Run returns an error.
//  4. The internal listener stops last, so that metrics cover the shutdown.
//
// If a listener fails, Run returns its error and stops the other one without a drain delay.
func Run(ctx context.Context, cfg Config, drain func(), api, internal Endpoint) error {
	requests, cancelRequests := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancelRequests(nil)

	var serving sync.WaitGroup
	defer serving.Wait()
	failed := make(chan error, 2)
	for _, e := range []Endpoint{api, internal} {
		e.Server.log.InfoContext(ctx, "listening", slog.String("addr", e.Server.Addr().String()))
		serving.Go(func() {
			if err := e.Server.serve(requests, e.Handler); err != nil {
				failed <- err
			}
		})
	}

	var failure error
	select {
	case <-ctx.Done():
	case failure = <-failed:
	}

	began := time.Now()
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.ShutdownTimeout)
	defer cancel()
	drain()
	api.Server.draining.Store(true)
	if failure == nil {
		api.Server.log.InfoContext(ctx, "draining",
			slog.String("drain_delay", cfg.DrainDelay.String()), slog.String("shutdown_timeout", cfg.ShutdownTimeout.String()))
		select {
		case <-time.After(cfg.DrainDelay):
		case failure = <-failed:
		}
	}

	cutOff := time.AfterFunc(cfg.LongestRequest(), func() { cancelRequests(problem.ErrShuttingDown) })
	err := api.Server.shutdown(deadline)
	if !cutOff.Stop() {
		err = errors.Join(err, errCutOff)
	}
	if err == nil {
		api.Server.log.InfoContext(ctx, "drained", slog.String("duration", time.Since(began).String()))
	}

	last, cancelLast := context.WithTimeout(context.WithoutCancel(ctx), internalShutdownTimeout)
	defer cancelLast()
	_ = internal.Server.shutdown(last) // a scrape that takes longer may be cut off
	return errors.Join(failure, err)
}
