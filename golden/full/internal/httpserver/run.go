package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// internalStopTimeout bounds the wait for a scrape that is under way.
const internalStopTimeout = time.Second

// Endpoint is an open listener and what it serves.
type Endpoint struct {
	Server  *Server
	Handler http.Handler
}

// Run serves on both listeners until ctx is done, and then stops:
//
//  1. drain makes the readiness probe fail, while requests are served as
//     before. Each answer asks its client to leave the connection.
//  2. After the drain delay, load balancers look elsewhere. No connection is
//     accepted any more, and open requests may finish.
//  3. No request outlives the request timeout, so whatever is open after that
//     is a stream, which ends when its context does.
//  4. The internal listener goes last, so that the end can be watched.
//
// Requests that are open at the end of the shutdown timeout are cut off, which
// is an error. So is a listener that fails: then the other one stops too, and
// there is no drain delay.
func Run(ctx context.Context, cfg Config, drain func(), api, internal Endpoint) error {
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()

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
	api.Server.leaving.Store(true)
	if failure == nil {
		api.Server.log.InfoContext(ctx, "draining",
			slog.String("drain_delay", cfg.DrainDelay.String()), slog.String("shutdown_timeout", cfg.ShutdownTimeout.String()))
		failure = pause(cfg.DrainDelay, failed)
	}

	lastRequest := time.AfterFunc(cfg.RequestTimeout, endRequests)
	defer lastRequest.Stop()
	err := api.Server.stop(deadline)
	if err == nil {
		api.Server.log.InfoContext(ctx, "drained", slog.String("duration", time.Since(began).String()))
	}
	internal.Server.finish(ctx)
	return errors.Join(failure, err)
}

// pause waits for d, or until a listener fails.
func pause(d time.Duration, failed <-chan error) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case err := <-failed:
		return err
	}
}

// serve serves until the listener closes. Contexts of requests descend from base.
func (s *Server) serve(base context.Context, handler http.Handler) error {
	s.http.BaseContext = func(net.Listener) context.Context { return base }
	s.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.leaving.Load() {
			w.Header().Set("Connection", "close") // which HTTP/2 turns into GOAWAY
		}
		handler.ServeHTTP(w, r)
	})
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listener %s: %w", s.name, err)
	}
	return nil
}

// stop accepts nothing more, and waits for open requests as long as ctx allows.
// Those that are open then are cut off.
func (s *Server) stop(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
		return fmt.Errorf("listener %s: requests were cut off: %w", s.name, err)
	}
	return nil
}

// finish stops a listener whose requests may be cut off.
func (s *Server) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), internalStopTimeout)
	defer cancel()
	_ = s.stop(ctx)
}
